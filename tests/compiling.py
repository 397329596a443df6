"""Compilers for tests of how libraries are built, not of what they compute: one in haste, one that only pretends."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from textrnn.kernels import build


def quick_compiler(folder: Path) -> str:
    """A command for CC that compiles by the machine's own compiler with -O0, which takes a tenth of the time."""
    command = shlex.join(build._compiler() or ["no-such-compiler"])
    if sys.platform == "win32":
        return command
    script = folder / "quick-cc"
    script.write_text(f'#!/bin/sh\nexec {command} "$@" -O0\n', encoding="utf-8")
    script.chmod(0o755)
    return str(script)


def pretended_compiler(folder: Path) -> str:
    """A command for CC that writes a word where the library is to go."""
    script = folder / "pretended-cc"
    script.write_text(
        '#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" = -o ] && echo compiled > "$2"; shift; done\n', encoding="utf-8"
    )
    script.chmod(0o755)
    return str(script)
