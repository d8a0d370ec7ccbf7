"""Runs schemathesis, with the given options, against the API without Docker."""

import subprocess
import sys

from local_api import PROJECT, run_api, run_table
from local_lambda import FunctionError
from ports import end_at_first_signal
{%- if service.is_jwt %}
from tokens import make_token
{%- endif %}

SCHEMATHESIS = (sys.executable, "-m", "schemathesis.cli", "run", "openapi.yaml")
{%- if service.is_jwt %}
TOKEN = ("--header", f"Authorization: Bearer {make_token('alice')}")
{%- endif %}


def main() -> None:
    end_at_first_signal()
    try:
        with run_table() as endpoint, run_api(endpoint) as url:
            result = subprocess.run([*SCHEMATHESIS, {{ "*TOKEN, " if service.is_jwt }}"--url", url, *sys.argv[1:]], cwd=PROJECT)
    except KeyboardInterrupt:
        sys.exit(130)
    except (FunctionError, ValueError) as error:  # the build failed, or template.yaml is invalid
        sys.exit(f"The API does not start: {error}")
    sys.exit(result.returncode)


if __name__ == "__main__":
    main()
