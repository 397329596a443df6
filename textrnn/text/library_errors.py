"""Errors of the library tokenizers translated to errors of textrnn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from textrnn.errors import DataError, TextrnnError


@contextlib.contextmanager
def translate_library_errors(where: str, library: str = "tokenizers") -> Iterator[None]:
    """Failures of `library` as ours, with `where`: a refused text, an error, a panic (a BaseException)."""
    try:
        yield
    except (TypeError, UnicodeError) as error:
        raise DataError(f"{where}: expected Unicode text, but {_line(error)}; pass it through bound_text") from error
    except BaseException as error:
        # its own errors are bare Exceptions; what a caller's iterator raises is not
        own = type(error) is Exception or (type(error) is RuntimeError and library != "tokenizers")
        if not own and type(error).__name__ != "PanicException":
            raise
        raise TextrnnError(
            f"{where}: the library {library} failed: {_line(error)}; please report this as a bug, with the text"
        ) from error


def name_texts(before: int, count: int) -> str:
    """What an error calls `count` texts that come after `before` others.

    >>> name_texts(4, 1), name_texts(4, 3)
    ('text 5', 'one of texts 5 to 7')
    """
    return f"text {before + 1}" if count == 1 else f"one of texts {before + 1} to {before + count}"


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
