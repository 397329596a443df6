"""Ctrl-C while the command is still being imported: exit 130 with one line, without a traceback."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType

PROGRAM_NAMES = ("textrnn", "textrnn.exe", "textrnn-script.py", "-c", "-m")


def _end(_: int, __: FrameType | None) -> None:
    os.write(2, b"error: interrupted\n")
    os._exit(130)  # nothing was begun yet


def handle_early_interrupt() -> None:
    """Until somebody else listens, end at a Ctrl-C, where this process is the command and Python's handler stands."""
    is_command = os.path.basename(sys.argv[0]) in PROGRAM_NAMES
    alone = is_command and threading.current_thread() is threading.main_thread()
    if (
        alone and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):  # not where it is ignored, as under nohup
        signal.signal(signal.SIGINT, _end)


handle_early_interrupt()
