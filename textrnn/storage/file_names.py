"""Names of files as text: a name is bytes, which need not be valid in any encoding.

Python has each byte that it cannot decode as a lone surrogate. With UTF-8 for names that is a name in another
encoding; in the C locale without UTF-8 mode it is every name with a letter that ASCII lacks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO


def is_text(name: str) -> bool:
    r"""Whether `name` holds no lone surrogate.

    >>> is_text("a"), is_text("\udcff")
    (True, False)
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def as_text(name: str) -> str:
    """What a person wrote who wrote `name`: UTF-8, whatever this process takes arguments and names for.

    A byte that is no UTF-8 stays a lone surrogate, as the file name or in a UTF-8 file that is written with it.
    """
    try:
        return name if is_text(name) else _bytes_of(name).decode("utf-8", "surrogateescape")
    except UnicodeError:  # lone surrogates that stand for no byte
        return name


def as_name(text: str) -> str:
    """The file name that `text`, read from a UTF-8 file, means to this process; one that is a name already stays."""
    try:
        return os.fsdecode(_bytes_of(text))
    except UnicodeError:  # lone surrogates that stand for no byte
        return text


def printable(text: str) -> str:
    r"""`text` for a person's eyes: names in it are decoded, and bytes that are no UTF-8 are escaped.

    >>> printable("\udce6\udc95\udcb0 \udcff.csv") == "\u6570 \\xff.csv"
    True
    """
    if is_text(text):
        return text
    try:
        return _bytes_of(text).decode("utf-8", "backslashreplace")
    except UnicodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def as_text_tree(value: Any) -> Any:
    """`value` with every string in it as `as_text` has it."""
    if isinstance(value, str):
        return as_text(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(as_text_tree, value))
    if isinstance(value, Mapping):
        return {as_text_tree(key): as_text_tree(item) for key, item in value.items()}
    return value


def library_path(path: Path) -> Path | BinaryIO:
    """`path` for a library that takes names for UTF-8; an open file where it would look for another name."""
    utf8 = sys.getfilesystemencoding().replace("-", "").lower() == "utf8"
    return path if is_text(str(path)) and (utf8 or str(path).isascii()) else open(path, "rb")


def _bytes_of(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
