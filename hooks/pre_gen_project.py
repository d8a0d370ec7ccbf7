"""Refuses answers that came past the questions, as those of `cookiecutter --replay` do."""

import json
import sys

PROBLEMS = json.loads({{ cookiecutter | problems | tojson | tojson }})

if PROBLEMS:
    sys.exit("\n".join(PROBLEMS))
