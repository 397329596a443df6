"""Labels that look alike: found whatever makes them so, and told apart by their code points."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.load import corpus_of
from textrnn.data.look_alikes import describe_look_alikes, find_look_alikes

PAIRS = {
    "NFC and NFD": ("caf\u00e9", "cafe\u0301", "U+0301 (COMBINING ACUTE ACCENT)"),
    "Hangul": ("\ud55c", "\u1112\u1161\u11ab", "U+1112 (HANGUL CHOSEONG HIEUH)"),
    "curly apostrophe": ("don't", "don\u2019t", "U+2019 (RIGHT SINGLE QUOTATION MARK)"),
    "backtick": ("don't", "don`t", ""),
    "modifier letter": ("don't", "don\u02bct", "U+02BC (MODIFIER LETTER APOSTROPHE)"),
    "curly quotes": ('"a"', "\u201ca\u201d", "U+201C (LEFT DOUBLE QUOTATION MARK)"),
    "dash": ("a-b", "a\u2013b", "U+2013 (EN DASH)"),
    "minus": ("-1", "\u22121", "U+2212 (MINUS SIGN)"),
    "zero-width space": ("ab", "a\u200bb", "U+200B (ZERO WIDTH SPACE)"),
    "byte order mark": ("ab", "\ufeffab", "U+FEFF (ZERO WIDTH NO-BREAK SPACE)"),
    "soft hyphen": ("software", "soft\u00adware", "U+00AD (SOFT HYPHEN)"),
    "joiner": ("ab", "a\u200db", "U+200D (ZERO WIDTH JOINER)"),
    "direction": ("ab", "\u202aab\u202c", "U+202A (LEFT-TO-RIGHT EMBEDDING)"),
    "variation selector": ("\u2764", "\u2764\ufe0f", "U+FE0F (VARIATION SELECTOR-16)"),
    "control character": ("ab", "a\x07b", "U+0007 (a control character)"),
    "no-break space": ("a b", "a\u00a0b", "U+00A0 (NO-BREAK SPACE)"),
    "ideographic space": ("a b", "a\u3000b", "U+3000 (IDEOGRAPHIC SPACE)"),
    "blanks within": ("a b", "a  b", "U+0020 (SPACE)"),
    "trailing blank": ("a", "a ", "U+0020 (SPACE)"),
    "trailing line end": ("a", "a\n", "U+000A (a control character)"),
    "full width": ("AB", "\uff21\uff22", "U+FF21 (FULLWIDTH LATIN CAPITAL LETTER A)"),
    "half width": ("\u30a2", "\uff71", "U+FF71 (HALFWIDTH KATAKANA LETTER A)"),
    "ligature": ("fi", "\ufb01", "U+FB01 (LATIN SMALL LIGATURE FI)"),
    "radical": ("\u65e5", "\u2f47", "U+2F47 (KANGXI RADICAL SUN)"),
    "ellipsis": ("a...", "a\u2026", "U+2026 (HORIZONTAL ELLIPSIS)"),
    "Cyrillic": ("cop", "\u0441\u043e\u0440", "U+0441 (CYRILLIC SMALL LETTER ES)"),
    "one Cyrillic letter": ("Cat", "\u0421at", "U+0421 (CYRILLIC CAPITAL LETTER ES)"),
    "Greek": ("A", "\u0391", "U+0391 (GREEK CAPITAL LETTER ALPHA)"),
    "case": ("Spam", "spam", ""),
    "case of Cyrillic": ("\u041a\u043e\u0442", "\u043a\u043e\u0442", ""),
    "numbers": ("1", "01", ""),
}


@pytest.mark.parametrize(("one", "other", "named"), PAIRS.values(), ids=PAIRS)
def test_each_is_found_and_its_code_points_are_named(one: str, other: str, named: str) -> None:
    assert find_look_alikes(["far", one, "away", other]) == [[one, other]]
    assert find_look_alikes([other, one]) == [[other, one]]
    said = describe_look_alikes([one, other])
    assert said.startswith("labels that look alike are different classes: ")
    assert said.endswith("; write them one way")
    assert named in said
    assert ("U+" in said) == bool(named)
    assert "\n" not in said
    assert len(said) < 400


@pytest.mark.parametrize(
    "labels", [("a", "b"), ("1", "2", "10"), ("resume", "r\u00e9sum\u00e9"), ("", "a"), ("a b", "ab")]
)
def test_labels_that_differ_to_the_eye_are_left_alone(labels: tuple[str, ...]) -> None:
    assert find_look_alikes(labels) == []


def test_a_group_is_one_through_several_kinds_of_likeness() -> None:
    group = ["Caf\u00e9", "cafe\u0301", "caf\u00e9\u200b", "\u0421af\u00e9", "CAF\u00c9"]
    assert find_look_alikes(["tea", *group]) == [group]


@given(st.lists(st.text(max_size=6), max_size=6, unique=True))
def test_any_labels_are_parted_into_groups(labels: list[str]) -> None:
    groups = find_look_alikes(labels)
    members = [label for group in groups for label in group]
    assert len(members) == len(set(members))
    assert set(members) <= set(labels)
    for group in groups:
        assert "\n" not in describe_look_alikes(group)
    for label in labels:
        for form in ("NFC", "NFD", "NFKC"):
            other = unicodedata.normalize(form, label)
            assert other == label or find_look_alikes([label, other]) == [[label, other]]


def test_a_run_hears_of_a_few_groups_and_of_how_many_more() -> None:
    labels = [f"class {letter}{blank}" for letter in "abcdefgh" for blank in ("", "\u200b")] * 4
    warnings = corpus_of([f"made text {i}" for i in range(len(labels))], labels).checks["warnings"]
    told = [warning for warning in warnings if "look alike" in warning]
    assert len(told) == 5
    assert all("U+200B (ZERO WIDTH SPACE)" in warning for warning in told)
    assert "so do 3 more groups of labels" in warnings
