"""Standard streams that whoever started the process has closed."""

from __future__ import annotations

import os
import sys


def replace_closed_streams() -> None:
    """Put something in the place of each standard stream that is closed: the next file opened would get its number.

    Standard error goes nowhere. What reads standard input, or writes to standard output, gets an OSError (EBADF): a
    result that goes nowhere is a failure.
    """
    for number, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        if not _is_open(number):
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # it stays open
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115


def _is_open(number: int) -> bool:
    """Whether the stream is open; standard error, also for writing: a shell may have left a file of its own there."""
    try:
        os.fstat(number)
        return number != 2 or os.write(number, b"") == 0
    except OSError:
        return False
