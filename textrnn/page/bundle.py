"""The modules of the page as one script."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
_IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"(\.[^"]+)";\n', re.MULTILINE)
_COMMENT = re.compile(r"^\s*(?:/\*.*?\*/|//[^\n]*)$", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const)\b)", re.MULTILINE)


def bundle_modules(entry: str) -> str:
    """Returns the module `entry` of this folder with all that it imports, what is imported first, in one scope.

    It takes the few forms of import and export that these modules use; names of the top level must differ between them
    (`tests/textrnn/page/test_bundle.py`).
    """
    return shorten("".join(read_modules(entry).values()))


def shorten(text: str) -> str:
    """Returns a script or style without the comments that have lines of their own, and without indentation.

    Neither has strings of several lines.
    """
    return "\n".join(filter(None, (line.strip() for line in _COMMENT.sub("", text).splitlines()))) + "\n"


def read_modules(entry: str) -> dict[str, str]:
    """Returns each module that `entry` needs by its path, without imports and exports, in the order of a run."""
    found: dict[str, str] = {}
    _read(PurePosixPath(entry), found, ())
    return found


def _read(path: PurePosixPath, found: dict[str, str], above: tuple[PurePosixPath, ...]) -> None:
    if path in above:
        raise ValueError(f"{path}: expected imports without a circle, found {' -> '.join(map(str, (*above, path)))}")
    if str(path) in found:
        return
    text = (HERE / path).read_text(encoding="utf-8")
    for name in _IMPORT.findall(text):
        _read(_resolve(path.parent / name), found, (*above, path))
    found[str(path)] = _EXPORT.sub("", _IMPORT.sub("", text))


def _resolve(path: PurePosixPath) -> PurePosixPath:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)
