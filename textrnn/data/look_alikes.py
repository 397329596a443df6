"""Labels that look alike but differ in invisible or confusable characters."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence

from textrnn.data.readers.wording import quote

MAX_SHOWN = 5  # labels of a group, and differences of two
_APOSTROPHES = "\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u0060\u00b4\uff07\u2035"
_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u300c\u300d\u300e\u300f\uff02\u2036"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SIGNS = str.maketrans(
    dict.fromkeys(_APOSTROPHES, "'")
    | dict.fromkeys(_QUOTES, '"')
    | dict.fromkeys(_DASHES, "-")
    | {"\u2026": "...", "\u2044": "/", "\u2215": "/", "\uff0f": "/", "\u2022": "\u00b7", "\u30fb": "\u00b7"}
)
# Cyrillic and Greek letters that look like Latin ones (Unicode TR 39, confusables)
_LETTERS = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u0501\u051b\u051d"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd\u03c1",
    "ABEKMHOPCTYXSIJaeopcyxsijhdqwABEZHIKMNOPTYXovp",
)


def find_look_alikes(labels: Sequence[str]) -> list[list[str]]:
    """Return groups of `labels` that differ only in case, blanks, invisible characters, letter forms, quotes, dashes,
    confusable letters of another script, or the notation of a number.
    """
    group_of: dict[str, list[str]] = {}
    first: dict[tuple[str, str], str] = {}
    for label in dict.fromkeys(labels):
        group_of[label] = [label]
        form = unicodedata.normalize("NFKC", label).casefold()
        for key in (("form", form), ("case", _fold(label)), ("letters", _fold(label.translate(_LETTERS)))):
            other = group_of[first.setdefault(key, label)]
            if other is not group_of[label]:
                other.extend(group_of[label])
                for member in group_of[label]:
                    group_of[member] = other
    groups = {id(group): group for group in group_of.values() if len(group) > 1}
    return list(groups.values())


def _fold(label: str) -> str:
    """Reduce a label to what a reader can see."""
    shown = "".join(
        letter for letter in unicodedata.normalize("NFKC", label.translate(_SIGNS)) if not _is_hidden(letter)
    )
    folded = " ".join(unicodedata.normalize("NFKC", shown.translate(_SIGNS).casefold()).split())
    try:
        return str(float(folded))  # 1, 01 and 1.0
    except ValueError:
        return folded


def _is_hidden(letter: str) -> bool:
    """Whether a character is invisible: zero-width spaces, joiners, direction marks, variation selectors."""
    category = unicodedata.category(letter)
    return (
        category == "Cf"
        or (category == "Cc" and not letter.isspace())
        or letter in "\u034f\u115f\u1160\u3164"
        or ("\ufe00" <= letter <= "\ufe0f")
    )


def describe_look_alikes(group: Sequence[str]) -> str:
    r"""Describe labels that look alike in one sentence, with the code points in which each differs from the first where
    the difference cannot be seen.

    >>> describe_look_alikes(["ab", "ab\u200b"]).partition("; ")[2]
    'the second has U+200B (ZERO WIDTH SPACE) in place of nothing; write them one way'
    """
    shown = ", ".join(map(quote, group[:MAX_SHOWN])) + (
        f", ... ({len(group)} in all)" if len(group) > MAX_SHOWN else ""
    )
    said = f"labels that look alike are different classes: {shown}"
    told = [
        how for number, label in enumerate(group[1:MAX_SHOWN], start=2) if (how := _difference(group[0], label, number))
    ]
    return f"{said}; {'; '.join(told)}; write them one way" if told else f"{said}; write them one way"


def _difference(one: str, other: str, number: int) -> str:
    """Describe the code points in which `other` differs from `one`; "" where the difference can be seen."""
    parts = [
        (one[a:b], other[c:d])
        for tag, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    if all(before.lower() == after.lower() or (_is_plain(before) and _is_plain(after)) for before, after in parts):
        return ""
    told = [f"{_name(after)} in place of {_name(before)}" for before, after in parts[:MAX_SHOWN]]
    return f"the {_ordinal(number)} has {', '.join(told)}" + (", ..." if len(parts) > MAX_SHOWN else "")


def _is_plain(part: str) -> bool:
    return part.isascii() and part.isprintable() and not part.isspace()


def _name(part: str) -> str:
    if not part:
        return "nothing"
    named = [f"U+{ord(letter):04X} ({unicodedata.name(letter, 'a control character')})" for letter in part[:MAX_SHOWN]]
    return " ".join(named) + (" ..." if len(part) > MAX_SHOWN else "")


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third", 4: "fourth"}.get(number, "fifth")
