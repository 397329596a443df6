"""Checks of text format settings, before any file is opened."""

from __future__ import annotations

import codecs
import difflib
import encodings.aliases
from collections.abc import Callable

from textrnn.config.data import TextFormat
from textrnn.errors import ConfigError

UTF8 = ("utf-8", "utf-8-sig")
# Python codecs that no text file uses: escapes, host names, system defaults
_REFUSED = {"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "charmap", "mbcs", "oem"}


def codec_of(encoding: str) -> str | None:
    """Return the codec name for `encoding`, the same for auto and each spelling of UTF-8; None if it is unknown."""
    if encoding == "auto":
        return UTF8[0]
    try:
        found = codecs.lookup(encoding)
        bytes(4).decode(encoding)  # rot13, base64 and zlib are codecs, but make no text
    except (LookupError, ValueError, TypeError, OSError):
        return None
    if found.name.replace("-", "_") in _REFUSED or found.incrementaldecoder is None:
        return None
    return UTF8[0] if found.name in UTF8 else found.name


def require_text_format(text_format: TextFormat, named: Callable[[str], str]) -> None:
    """Raise ConfigError for a delimiter that separates nothing, or an unknown encoding."""
    delimiter, encoding = text_format.delimiter, text_format.encoding
    if delimiter is not None and len(delimiter) != 1:
        raise ConfigError(
            f"{named('delimiter')}: expected one character, found {delimiter!r}; a tab is $'\\t' in the shell"
        )
    if delimiter is not None and delimiter in '"\r\n\0':
        raise ConfigError(f"{named('delimiter')}: expected a character that separates columns, found {delimiter!r}")
    if codec_of(encoding) is None:
        names = sorted(name for name in {*encodings.aliases.aliases.values(), "auto"} if codec_of(name) is not None)
        near = difflib.get_close_matches(encoding[:40].lower(), names, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError(
            f"{named('encoding')}: expected auto or the name of an encoding of text, as Python has it (utf-8, gb18030, "
            f"cp1252, shift_jis, utf-16), found {encoding[:40]!r}{hint}"
        )
    if isinstance(text_format.header, tuple) and len(set(text_format.header)) != len(text_format.header):
        twice = next(name for name in text_format.header if text_format.header.count(name) > 1)
        raise ConfigError(f"{named('header')}: expected each column named once, found {twice!r} twice")
