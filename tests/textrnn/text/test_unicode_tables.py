"""Tables of code points against the library that they were asked of."""

from __future__ import annotations

import random

import pytest
from odd_texts import any_text
from tokenizers.normalizers import NFC, NFKC

from textrnn.config.tokenize import Normalize, TokenizeConfig
from textrnn.export.html_tables import pack_tables, prune_tables
from textrnn.text.unicode_tables import ALONE, SPACE, build_tables, normal_form


@pytest.mark.parametrize("form", ["nfkc", "nfc"])
def test_the_normal_form_by_the_tables_is_the_librarys(form: Normalize) -> None:
    change, library = (
        normal_form(build_tables(TokenizeConfig("words", True, form))),
        NFKC() if form == "nfkc" else NFC(),
    )
    source = random.Random(2)
    for _ in range(2000):
        text = any_text(source, ["film", "\u0915\u094d\u0937", "\u1100\u1161"])
        assert change(text) == library.normalize_str(text), ascii(text)
    every = "\n".join(chr(point) for point in range(0x3000) if chr(point) != "\n")
    assert change(every) == library.normalize_str(every)


def test_kinds_and_cases_are_those_of_the_tokenizer() -> None:
    tables = build_tables(TokenizeConfig("words"))
    assert [tables.kinds.get(c) for c in " \0\u3000,<\u2026a\u4e2d"] == [
        SPACE,
        SPACE,
        SPACE,
        ALONE,
        ALONE,
        ALONE,
        None,
        None,
    ]
    assert tables.lower["\u0130"] == "i\u0307"
    assert not build_tables(TokenizeConfig("words", lowercase=False)).lower


def test_a_vocabulary_of_few_letters_needs_few_rows_and_every_sign_that_may_become_one() -> None:
    tables = build_tables(TokenizeConfig("words"))
    small = prune_tables(tables, ["ab", "c"], by_character=False)
    assert "\U0001d51e" in small.decompositions, "a styled a is an a"
    assert "\u0410" not in small.lower, "no token has a Cyrillic letter"
    assert "\ufdf2" not in small.decompositions
    assert "\ufdfa" in small.decompositions, "there are spaces in it"
    assert "\ufdf2" in prune_tables(tables, ["ab"], by_character=True).decompositions, "it becomes 4 characters"
    assert len(pack_tables(small)) < 0.6 * len(pack_tables(tables))
