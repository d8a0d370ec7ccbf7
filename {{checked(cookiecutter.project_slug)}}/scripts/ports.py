"""What both ways to serve the API share: the check of a port, and a clean end at the first signal."""

import signal
import socket
import sys
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_at_first_signal() -> None:
    """Raise KeyboardInterrupt at the first signal. Later ones must not disturb the cleaning up."""
    for number in SIGNALS:
        signal.signal(number, interrupt)


def interrupt(*_: object) -> NoReturn:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def read_port(setting: str, text: str) -> int:
    """Return the port of a setting that make passes on. Exits if it is invalid or taken."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        sys.exit(f"{setting}={text} is not a valid port; use 1 to 65535")
    if is_listening(int(text)):
        sys.exit(f"Port {text} is taken; stop what listens there, or choose another with {setting}")
    return int(text)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
