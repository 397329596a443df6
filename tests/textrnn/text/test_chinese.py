"""Chinese between the text boundary and the tokenizer: words, simplified characters, full width."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
import rjieba
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers.models import WordLevel

import textrnn.text.tokenize as tokenize_module
from textrnn.config.tokenize import TokenizeConfig, Unit
from textrnn.data.corpus import Corpus
from textrnn.data.examples import Examples
from textrnn.data.target import single_target
from textrnn.data.text_boundary import bound_text
from textrnn.errors import ConfigError, TextrnnError
from textrnn.text import chinese
from textrnn.text.chinese import count_scripts, prepare_texts
from textrnn.text.tokenize import tokenize
from textrnn.text.tokenizer import build_tokenizer

WORDS = TokenizeConfig("rjieba")
BOTH = TokenizeConfig("rjieba", simplify=True)
# what a regular expression, a segmenter written in Rust and a converter written in C++ may stumble over
hard = st.sampled_from(
    [*"好的頭髮乾發〇々﹏，。！", "清华大学", "T恤", "Ｔ恤", "<br", "/>", "<br />", "\0", "\ufffd", "\u3000", "\n",
     "\u200d", "👩\u200d💻", "\U00020000", "\uf900", "\ufdfa", "\u0301", "é", "iPhone12", "3.5", "かな", "한글"]
)  # fmt: skip
any_text = st.lists(hard | st.characters(codec="utf-8"), max_size=20).map("".join)


def read(text: str, config: TokenizeConfig = WORDS) -> list[str]:
    """The words that `text` becomes, by the library alone after the steps."""
    tokenizer = build_tokenizer(config, WordLevel({}, unk_token="[UNK]"))
    normal = tokenizer.normalizer.normalize_str(next(prepare_texts([bound_text(text).text], config)))
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]


def corpus_of(**splits: list[str]) -> Corpus:
    examples = {
        name: Examples({"text": texts}, ["a"] * len(texts), np.arange(1, len(texts) + 1))
        for name, texts in splits.items()
    }
    return Corpus(examples, single_target(["a", "b"]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("手机很好用", ["手机", "很", "好", "用"]),
        ("我用iPhone12手机，很好！", ["我用", "iphone12", "手机", ",", "很", "好", "!"]),
        ("这件Ｔ恤３折", ["这件", "t恤", "3", "折"]),  # full width is folded before words are looked for
        ("very good手机 don't", ["very", "good", "手机", "don", "'", "t"]),
        ("很好<br />手机<br>好", ["很", "好", "手机", "好"]),
        ("é手机\u0301x", None),
        ("good, isn't it", ["good", ",", "isn", "'", "t", "it"]),
        ("\0手机\0", ["手机"]),
        ("👩\u200d💻手机", ["👩\u200d💻", "手机"]),
        ("", []),
        (" \u3000\n", []),
    ],
)
def test_words_of_chinese(text: str, words: list[str] | None) -> None:
    found = read(text)
    if words is None:
        assert "手机" in found
    else:
        assert found == words


def test_the_words_are_those_of_rjieba() -> None:
    text = "他来到网易杭研大厦买了三双运动鞋但是颜色发错了还不退款"
    assert read(text) == rjieba.cut(text)
    assert len(read(text)) < len(text) * 0.7


def test_words_that_a_program_adds_to_the_common_dictionary_change_nothing() -> None:
    before = read("退款慢死了")
    rjieba.add_word("退款慢死了", 10**6, "v")
    assert rjieba.cut("退款慢死了") == ["退款慢死了"]
    assert read("退款慢死了") == before


@pytest.mark.parametrize("unit", ["words", "characters", "rjieba"])
def test_traditional_characters_become_simplified_ones_when_asked(unit: Unit) -> None:
    traditional, simplified = "頭髮乾燥，後來發現這個軟體很好用", "头发干燥，后来发现这个软体很好用"
    assert read(traditional, TokenizeConfig(unit, simplify=True)) == read(simplified, TokenizeConfig(unit))
    assert read(traditional, TokenizeConfig(unit)) != read(simplified, TokenizeConfig(unit))
    assert read("\uf914", TokenizeConfig(unit, simplify=True)) == ["乐"]  # a compatibility form is folded first


@pytest.mark.parametrize("unit", ["words", "characters", "rjieba"])
def test_full_width_is_folded_unless_kept(unit: Unit) -> None:
    full, half = "ＡＢＣ１２３，很好！（真）：；？", "ABC123,很好!(真):;?"
    assert read(full, TokenizeConfig(unit)) == read(half, TokenizeConfig(unit))
    assert read("，", TokenizeConfig(unit)) == [","]
    assert read("。、《》「」", TokenizeConfig(unit)) == list("。、《》「」")  # these have no half-width form
    kept = read(full, TokenizeConfig(unit, normalize="nfc"))
    assert "，" in kept
    assert "".join(kept) == full.lower()
    assert read("e\u0301", TokenizeConfig(unit, normalize="nfc")) == ["é"]


@settings(max_examples=150, deadline=None)
@given(any_text, st.sampled_from([WORDS, BOTH, TokenizeConfig("characters", simplify=True)]))
@example("\0" * 50 + "好" * 50, BOTH)
def test_nothing_is_lost(text: str, config: TokenizeConfig) -> None:
    """The same visible characters as without words, one simplified character for each traditional one."""
    plain = "".join(read(text, TokenizeConfig("words")))
    found = "".join(read(text, config))
    if config.simplify:
        assert len(found) == len(plain)
    else:
        # marks after a Han character may combine with it no more; none is added or lost
        assert found == plain
    found.encode()


@settings(max_examples=100, deadline=None)
@given(any_text)
def test_a_text_without_han_passes_untouched(text: str) -> None:
    plain = "".join(character for character in text if not re.search(chinese._IS_HAN, character))
    assert read(plain) == read(plain, TokenizeConfig("words"))


@pytest.mark.parametrize("piece", ["好", "1", "好a", "\u9fff", "\U00020000", "清华大学", "發髮", "a.", "，", "x很\0"])
def test_a_very_long_text_comes_through(piece: str) -> None:
    """What is quadratic in the length would take an hour here."""
    text = bound_text(piece * (300_000 // len(piece))).text
    found = next(prepare_texts([text], BOTH))
    assert len(text) <= len(found) <= 3 * len(text) + 2


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["很好，物流快", "不好用"], "characters"),
        (["iPhone 手机很好 good", "充电 OK"], "characters"),
        (["ได้รับของแล้ว"], "characters"),
        (["とても良いです"], "characters"),
        (["A good film about 中国."], "words"),
        (["아주 좋아요"], "words"),
        (["Fine.", ""], "words"),
        ([""], "words"),
    ],
)
def test_the_unit_is_chosen_by_the_training_texts_in_the_open(texts: list[str], unit: Unit) -> None:
    said: list[str] = []
    other = {"test": ["很好"] * 9 if unit == "words" else ["fine"] * 9}
    words = tokenize(corpus_of(train=texts, **other), TokenizeConfig(), on_choice=said.append)
    assert words.tokenizer == TokenizeConfig(unit)
    assert bool(said) == (unit == "characters")
    assert all("tokenize.unit" in line for line in said)
    chosen: tuple[Unit, ...] = ("words", "characters", "rjieba")
    for wanted in chosen:  # what is set stays
        assert tokenize(corpus_of(train=texts), TokenizeConfig(wanted)).tokenizer.unit == wanted


@pytest.mark.parametrize(
    ("texts", "installed", "unit", "told"),
    [
        (["很好物流快"] * 3, True, "rjieba", "by words of rjieba: Chinese (100% of the characters), 3 texts"),
        (["很好物流快"] * 2, True, "characters", "by characters: 100%"),
        (["很好物流快"] * 3, False, "characters", "pip install 'textrnn[zh]'"),
        (["品質が良いです"] * 3, True, "characters", "by characters: 100%"),  # Japanese
        (["A good film about 中国."] * 3, True, "words", None),
    ],
)
def test_many_chinese_texts_are_read_by_words_where_they_can_be(
    texts: list[str], installed: bool, unit: Unit, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenize_module, "MIN_TEXTS_FOR_WORDS", 3)
    monkeypatch.setattr(tokenize_module, "has_segmenter", lambda: installed)
    said: list[str] = []
    words = tokenize(corpus_of(train=texts), TokenizeConfig(), on_choice=said.append)
    assert words.tokenizer.unit == unit
    assert set(words.libraries) == ({"rjieba"} if unit == "rjieba" else set())
    assert told is None or any(told in line for line in said)
    assert bool(said) == (told is not None)


def test_the_share_of_unspaced_characters() -> None:
    assert count_scripts([]).share_unspaced == 0
    assert count_scripts(["好" * 3 + "a" * 7]).share_unspaced == pytest.approx(0.3)
    assert count_scripts(["好" * 9 + "か"]).is_chinese
    assert not count_scripts(["好" * 7 + "か" * 3]).is_chinese
    assert not count_scripts(["fine"]).is_chinese


def test_what_was_used_is_recorded() -> None:
    corpus = corpus_of(train=["手机很好"])
    assert tokenize(corpus, TokenizeConfig()).libraries == {}
    assert set(tokenize(corpus, WORDS).libraries) == {"rjieba"}
    assert set(tokenize(corpus, BOTH).libraries) == {"rjieba", "opencc"}


@pytest.mark.parametrize(
    ("config", "said"),
    [(WORDS, r"tokenize\.unit = 'rjieba'.*rjieba, found none"), (BOTH, "rjieba"),
     (TokenizeConfig(simplify=True), r"tokenize\.simplify.*OpenCC, found none")],
)  # fmt: skip
def test_an_absent_package_is_named_with_its_extra(
    config: TokenizeConfig, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chinese, "is_installed", lambda name: False)
    with pytest.raises(ConfigError, match=said + r".*pip install 'textrnn\[zh\]'"):
        tokenize(corpus_of(train=["手机很好"]), config)
    assert tokenize(corpus_of(train=["手机很好"]), TokenizeConfig()).tokenizer.unit == "characters"


def test_other_units_import_neither_package() -> None:
    code = (
        "import sys\nfrom textrnn.config.tokenize import TokenizeConfig\n"
        "from textrnn.text.chinese import prepare_texts\n"
        "assert list(prepare_texts(['很好', 'x'], TokenizeConfig('characters'))) == ['很好', 'x']\n"
        "list(prepare_texts(['ascii'], TokenizeConfig('rjieba', simplify=True)))\n"
        "print(sorted({'rjieba', 'opencc'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("[]", "['opencc']")  # the converter is made before the first text is seen


class PanicException(BaseException):
    """What a library written in Rust raises."""


@pytest.mark.parametrize("fault", [PanicException("gone"), RuntimeError("gone")])
def test_a_failing_library_is_named(fault: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> list[str]:
        raise fault

    monkeypatch.setattr(chinese, "_cutter", lambda: fail)
    with pytest.raises(TextrnnError, match=r"text 2: the library rjieba failed: gone"):
        list(prepare_texts(["x", "手机"], WORDS))


def test_a_stop_is_no_fault_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(text: str) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(chinese, "_cutter", lambda: stop)
    with pytest.raises(KeyboardInterrupt):
        list(prepare_texts(["手机"], WORDS))
