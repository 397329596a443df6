"""Environments of rivals that are no more than this Python under another name."""

from __future__ import annotations

import sys
from pathlib import Path


def environment(folder: Path, name: str, program: str = "") -> Path:
    """An environment `name` in `folder` whose Python is this one; with `program`, it runs that and nothing else."""
    home = folder / name
    (home / "bin").mkdir(parents=True)
    (home / "program.py").write_text(program)
    runs = f'"{home / "program.py"}" ' if program else ""
    python = home / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" {runs}"$@"\n')
    python.chmod(0o755)
    (home / ".ready").touch()
    return home
