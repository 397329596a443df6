"""What may be said of how a text file is read: refused before any file is opened."""

from __future__ import annotations

import codecs
import difflib
import encodings.aliases
from collections.abc import Callable

from textrnn.config.data import TextFormat
from textrnn.errors import ConfigError

UTF8 = ("utf-8", "utf-8-sig")
# of Python's text encodings those that no file of texts is in: escapes, names of hosts, what the machine decides
_REFUSED = {"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "charmap", "mbcs", "oem"}


def codec_of(encoding: str) -> str | None:
    """The name of the codec for `encoding`, one for auto and each way to write UTF-8; None where there is none.

    >>> codec_of("auto"), codec_of("UTF8"), codec_of("GBK"), codec_of("rot13"), codec_of("latin 1")
    ('utf-8', 'utf-8', 'gbk', None, 'iso8859-1')
    """
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
    """Refuse, by ConfigError, a delimiter that parts nothing and an encoding that is none.

    `named` says how a field is called where it was written: `data.encoding`, or `--encoding`.
    """
    delimiter, encoding = text_format.delimiter, text_format.encoding
    if delimiter is not None and len(delimiter) != 1:
        raise ConfigError(
            f"{named('delimiter')}: expected one character, found {delimiter!r}; a tab is $'\\t' in the shell"
        )
    if delimiter is not None and delimiter in '"\r\n\0':
        raise ConfigError(f"{named('delimiter')}: expected a character that parts columns, found {delimiter!r}")
    if codec_of(encoding) is None:
        names = sorted(name for name in {*encodings.aliases.aliases.values(), "auto"} if codec_of(name) is not None)
        near = difflib.get_close_matches(encoding[:40].lower(), names, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError(
            f"{named('encoding')}: expected auto or the name of an encoding of text, as Python has it (utf-8, gb18030, "
            f"cp1252, shift_jis, utf-16), found {encoding[:40]!r}{hint}"
        )
    if isinstance(text_format.header, tuple) and len(set(text_format.header)) != len(text_format.header):
        raise ConfigError(f"{named('header')}: expected each column named once, found one twice")
