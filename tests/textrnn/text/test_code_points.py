"""The table of code points: equal to the library's on all of Unicode, whatever characters surround them."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from textrnn.config.tokenize import Normalize, TokenizeConfig
from textrnn.text import code_points as module
from textrnn.text.code_points import CodePoints
from textrnn.text.tokenizer import build_tokenizer

SETTINGS: list[tuple[Normalize, bool]] = [("nfkc", True), ("nfc", False)]
EVERY = [character for character in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(character) != "Cs"]


@cache
def filled(form: Normalize, lowercase: bool) -> CodePoints:
    table = CodePoints(form, lowercase)
    for start in range(0, sys.maxunicode + 1, module._BLOCK):
        table.fill(start)
    return table


def normalized(form: Normalize, lowercase: bool, text: str) -> str:
    tokenizer: Tokenizer = build_tokenizer(TokenizeConfig("words", lowercase, form), WordLevel({}, unk_token="[UNK]"))
    return str(tokenizer.normalizer.normalize_str(text))


@pytest.mark.parametrize(("form", "lowercase"), SETTINGS)
def test_every_code_point_becomes_what_the_library_makes_of_it(form: Normalize, lowercase: bool) -> None:
    """Alone and beside letters, itself and marks; what has no entry is left to the library."""
    table = filled(form, lowercase)
    meanings = {character: table.meaning(character) for character in EVERY if character not in "\0\n<"}
    known = [(character, meaning) for character, meaning in meanings.items() if meaning is not None]
    for pattern in ("{}", "x{}e", "{0}{0}", "\u0915{}"):
        lines = normalized(form, lowercase, "\n".join(pattern.format(character) for character, _ in known))
        assert lines == "\n".join(pattern.format(meaning) for _, meaning in known)
    assert len(known) > 250_000


@pytest.mark.parametrize(("form", "lowercase"), SETTINGS)
def test_what_a_normal_form_joins_to_the_character_before_it_has_no_entry(form: Normalize, lowercase: bool) -> None:
    table, pairs = filled(form, lowercase), 0
    for character in EVERY:
        canonical = unicodedata.normalize("NFD", character)
        if len(canonical) > 1 and unicodedata.normalize("NFC", canonical) == character:
            assert table.meaning(canonical[-1]) is None, ascii(canonical)
            assert all(table.meaning(each) is None or unicodedata.combining(each) == 0 for each in canonical[:1])
            pairs += 1
    assert pairs > 12_000  # Hangul most of all


COMMON = [
    "Hello, World!",
    "naïve café – „so“ …",
    "价格很好，不错！",
    "Привет, как дела?",
    "こんにちは。カタカナ",
    "안녕하세요",
    "नमस्ते สวัสดี",
    "👍🏽 ❤\ufe0f 👩\u200d💻",
    "½ ™ № ① ＡＢＣ",
]


@pytest.mark.parametrize("text", COMMON)
def test_common_texts_have_entries(text: str) -> None:
    table = filled("nfkc", True)
    assert [character for character in text if table.meaning(character) is None] == []


@pytest.mark.parametrize(
    "text", ["e\u0301", "\u304b\u3099", "\u1100\u1161", "\u0e33\u0345", "\ufdfa", "\u0378", "\u2e5d"]
)
def test_what_depends_on_neighbours_or_versions_has_none(text: str) -> None:
    table = filled("nfkc", True)
    assert any(table.entries[ord(character)] == module._FOREIGN for character in text)


@pytest.mark.parametrize(("form", "lowercase"), SETTINGS)
def test_there_is_room_for_all_that_becomes_several(form: Normalize, lowercase: bool) -> None:
    table = filled(form, lowercase)
    assert 0 < table._used < module._ROOM // 2
    assert not (table.entries == 0).any()


def test_a_table_without_room_leaves_texts_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROOM", 5)
    table = CodePoints("nfkc", True)
    table.fill(0x2026)
    assert table.meaning("\u2026") == "..."
    assert table.entries[0x2026] == module._FOREIGN
    assert table._used <= 5
