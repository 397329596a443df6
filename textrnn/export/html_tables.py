"""The Unicode tables that a vocabulary needs, in few bytes, for the tokenizer of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TypeVar

from textrnn.config.tokenize import TokenizeConfig
from textrnn.text.unicode_tables import UnicodeTables, build_tables, normal_form

Value = TypeVar("Value")
BITS, MORE = 7, 128
_JAMO = ("\u1100", "\u11ff")  # parts of Hangul, which join each other


def tables_for(tokens: Iterable[str], config: TokenizeConfig) -> bytes:
    """Returns the tables of the tokenizer of `config` as far as texts get other `tokens` without them."""
    tables = build_tables(config)
    return pack_tables(prune_tables(tables, tokens, by_character=config.unit == "characters"))


def prune_tables(tables: UnicodeTables, tokens: Iterable[str], *, by_character: bool) -> UnicodeTables:
    """Returns `tables` without what changes no token id.

    A word with a code point that stands in no token is unknown, whatever becomes of its other code points. So what
    becomes of a code point may go if neither that nor the code point itself is `useful`: part, decomposed or not, of
    what stands in a token or has a lower case that does. Its place in a word must not change: only starters go that
    are letters and join nothing before them; where each character is a token, only what stays one character, and joins
    nothing after it.
    """
    alphabet = set("".join(tokens))
    known = alphabet | {c for c, lower in tables.lower.items() if alphabet & set(lower)}
    useful = known | {part for c in known for part in tables.decompositions.get(c, c)}
    normal, joining = normal_form(tables), {pair[1] for pair in tables.pairs}
    if by_character:
        joining |= {pair[0] for pair in tables.pairs}

    def must_stay(before: str, after: str) -> bool:
        parts = {before, *after}
        joins = parts & joining or any(_JAMO[0] <= part <= _JAMO[1] for part in parts)
        return bool(parts & useful or parts & tables.kinds.keys() or parts & tables.classes.keys() or joins)

    def grows(text: str) -> bool:
        return by_character and len(text) != 1

    return replace(
        tables,
        decompositions={c: d for c, d in tables.decompositions.items() if must_stay(c, d) or grows(normal(c))},
        lower={c: low for c, low in tables.lower.items() if must_stay(c, low) or grows(low)},
    )


def pack_tables(tables: UnicodeTables) -> bytes:
    """Returns `tables` as textrnn/page/engine/unicode.js reads them: numbers of seven bits a byte, places as steps."""
    pairs: dict[str, list[tuple[str, str]]] = {}
    for pair, whole in sorted(tables.pairs.items()):
        pairs.setdefault(pair[0], []).append((pair[1], whole))
    numbers = [
        *_section(tables.classes, lambda _, own: [own]),
        *_section(tables.decompositions, lambda _, parts: [len(parts), *map(ord, parts)]),
        *_section(tables.lower, lambda c, low: [len(low), *(_unsigned(ord(part) - ord(c)) for part in low)]),
        *_section(pairs, lambda _, found: [len(found), *(ord(each) for pair in found for each in pair)]),
        *_section(dict(_runs(tables.kinds)), lambda _, run: run),
    ]
    return bytes(byte for number in numbers for byte in _varint(number))


def _section(table: Mapping[str, Value], describe: Callable[[str, Value], Sequence[int]]) -> Iterator[int]:
    yield len(table)
    before = -1
    for character in sorted(table):
        yield ord(character) - before - 1
        yield from describe(character, table[character])
        before = ord(character)


def _runs(kinds: Mapping[str, int]) -> Iterator[tuple[str, list[int]]]:
    """Runs of code points of one kind: the first, then how many and the kind."""
    places = enumerate(sorted(kinds))
    for (_, kind), run in groupby(places, key=lambda each: (ord(each[1]) - each[0], kinds[each[1]])):
        characters = [character for _, character in run]
        yield characters[0], [len(characters), kind]


def _unsigned(number: int) -> int:
    return 2 * number if number >= 0 else -2 * number - 1


def _varint(number: int) -> Iterator[int]:
    while number >= MORE:
        yield number & (MORE - 1) | MORE
        number >>= BITS
    yield number
