"""Removes the files of services with other answers, checks the service, sets modes, and prints what to do next."""

from __future__ import annotations

import json
import sys

sys.path.insert(0, json.loads(r'{{ hooks_directory | tojson }}'))

from render_check import finish

sys.exit(finish(json.loads(r'{{ cookiecutter | describe | tojson }}')))
