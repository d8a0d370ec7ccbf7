"""Says what was made and what to do next; or what is off, and cookiecutter takes the directory away again."""

from __future__ import annotations

import os
import sys

# `Any` is not imported: that would take as long as the rest of this.
finished: Any = {{cookiecutter | finish}}  # type: ignore[name-defined]
if "expected" in finished:  # the tool, as cruft, has not told where it renders to
    import gc

    gc.disable()  # for as short as this runs, it takes more time than it frees memory
    sys.path.insert(0, finished["template"])
    from rendered_service import finish

    finished = finish(os.getcwd(), finished["expected"])  # noqa: PTH109 - pathlib would be imported for this alone
if finished["problems"]:
    sys.exit("\n".join(["The rendered service is not as it should be:", *finished["problems"]]))
try:
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a path may have what it cannot show
    print(finished["summary"], flush=True)
except (AttributeError, OSError):  # stdout is closed, full or a pipe that nobody reads: the service is complete all the same
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - Python flushes it when it ends
