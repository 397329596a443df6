"""A list written into one cell, as JSON, Python, numpy or PostgreSQL write one."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from textrnn.data.readers.wording import quote
from textrnn.errors import RowError

_STRING = r"""[brunp.]{0,4}(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_ITEM = re.compile(rf"{_STRING}|[+-]?\d[\w.+-]*", re.DOTALL)
_AROUND = re.compile(r"(?:(?:np\.|numpy\.)?array|frozenset|set|list|tuple)\s*\((.*)\)", re.DOTALL)
_TYPE = re.compile(r",\s*dtype\s*=.*", re.DOTALL)
_BARE_ITEM = re.compile(r'\s*(?:"(?:[^"\\]|\\.)*"|[^,"\'{}\[\]():]+)\s*', re.DOTALL)
_BARE = re.compile(rf"{_BARE_ITEM.pattern}(?:,{_BARE_ITEM.pattern})*", re.DOTALL)
_ESCAPED = re.compile(r'''"(?:[^"\\]|\\["\\])*"''', re.DOTALL)  # all that PostgreSQL escapes
_BEGUN = re.compile(r"""\[[\s\[({]*[brunp.]{0,4}['"]""")
_NOTHING = ("none", "null", "nan", "na", "<na>")
_ENDS = {"[": "]", "(": ")", "{": "}"}
_WAY_OUT = 'write a JSON list, ["a", "b"], or a JSON Lines file'


def parse_list(cell: str) -> list[str] | None:
    r"""The items of a list that is written into `cell`, as text; None where it is no list.

    A list stands in brackets and holds quoted strings or numbers, with commas between (JSON, Python) or blanks
    (numpy), or, in braces, bare words (PostgreSQL). Nothing is run. Raises RowError for what can only be a list, but
    cannot be read.

    >>> parse_list('["a", "b"]'), parse_list("['a' 'b']"), parse_list("{a,b}")
    (['a', 'b'], ['a', 'b'], ['a', 'b'])
    >>> parse_list("[urgent]"), parse_list("a, b")
    (None, None)
    """
    text = cell.strip()
    if around := _AROUND.fullmatch(text):
        text = _TYPE.sub("", around[1]).strip() or "[]"
    if len(text) < 2 or _ENDS.get(text[0]) != text[-1]:
        if _BEGUN.match(text):
            raise RowError(f"expected a whole list, found {quote(cell)}; {_WAY_OUT}")
        return None
    inner = text[1:-1].strip()
    if not inner:
        return []
    if text[0] == "[" and (found := _parse_json(text)) is not None:
        return found
    if text[0] == "{" and _BARE.fullmatch(inner):
        return [_unescape(item[0].strip()) for item in _BARE_ITEM.finditer(inner)]
    if _ITEM.match(inner) or inner.casefold() in _NOTHING or _BEGUN.match(inner):
        return _parse_items(inner, cell)
    if any(bracket in inner for bracket in "[](){}"):
        return None  # "[a], [b]" are labels in brackets
    if text[0] == "[" and "," in inner:
        raise RowError(f"expected labels, found a list without quotes, {quote(cell)}; {_WAY_OUT}")
    return None


def _parse_json(text: str) -> list[str] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    return [_text_of(item, text) for item in found]


def _text_of(item: Any, cell: str) -> str:
    if isinstance(item, (str, int, float)) and not isinstance(item, bool):
        return str(item)
    raise RowError(f"expected a list of strings, found {quote(cell)}; {_WAY_OUT}")


def _parse_items(inner: str, cell: str) -> list[str]:
    """Quoted strings and numbers with commas between all of them, or with blanks."""
    found: list[str] = []
    between: set[str] = set()
    at = 0
    while at < len(inner):
        item = _ITEM.match(inner, at)
        if item is None:
            raise RowError(f"expected a list of strings, found {quote(cell)}; {_WAY_OUT}")
        found.append(_unquote(item[0]))
        gap = re.compile(r"\s*,?\s*").match(inner, item.end())
        assert gap is not None
        at = gap.end()
        if at < len(inner):
            between.add("," if "," in gap[0] else gap[0] and " ")
    if len(between) > 1 or "" in between:  # Python takes 'a' 'b' for one string, numpy for two
        raise RowError(f"expected a list with a comma between all items, found {quote(cell)}; {_WAY_OUT}")
    return found


def _unquote(item: str) -> str:
    start = next((i for i, letter in enumerate(item) if letter in "'\""), None)
    if start is None:
        return item
    try:
        return str(ast.literal_eval(item[start:]))  # one string literal: no more than that
    except (ValueError, SyntaxError):
        return item[start + 1 : -1]


def _unescape(item: str) -> str:
    """One of PostgreSQL's items: bare, or in double quotes; or one of a set of Python's, which has more escapes."""
    if not (len(item) > 1 and item[0] == item[-1] == '"'):
        return item
    return re.sub(r"\\(.)", r"\1", item[1:-1]) if _ESCAPED.fullmatch(item) else _unquote(item)
