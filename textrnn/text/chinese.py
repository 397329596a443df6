"""Chinese: word segmentation, after simplification, before the tokenizer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from textrnn.config.tokenize import CHINESE, TokenizeConfig, chinese_modules
from textrnn.machine.optional_packages import is_installed, missing_package
from textrnn.text.library_errors import name_texts, translate_library_errors

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = f"[0-9A-Za-z{_HAN}]+"  # letters and digits beside Han belong to words, as jieba's dictionary has them (T恤)
_IS_HAN = f"[{_HAN}]"
CHINESE_SHARE = 0.8


def prepare_texts(texts: Iterable[str], config: TokenizeConfig) -> Iterator[str]:
    """`texts` as the tokenizer of `config` takes them; for most settings as they are.

    With `simplify` or the unit rjieba: the normal form of `config`, then simplified, then a space on both sides of
    each word in a run of Han characters, letters and digits. Spaces come beside Han runs alone, so that HTML breaks,
    English and emoji reach the tokenizer whole. What is not a string goes through. Preparing twice changes the words
    of some texts: do it once. Raises ConfigError where a package is absent, DataError and TextrnnError where it fails.
    """
    steps = preparing_steps(config)
    if not steps:
        yield from texts
        return
    for number, text in enumerate(texts):
        if isinstance(text, str) and not text.isascii():
            for library, step in steps:
                with translate_library_errors(name_texts(number, 1), library):
                    text = step(text)
        yield text


def preparing_steps(config: TokenizeConfig) -> list[tuple[str, Callable[[str], str]]]:
    """What `prepare_texts` does to a text that is not ASCII, in order: the library's module, and its function.

    Raises ConfigError where a package is absent.
    """
    modules = chinese_modules(config)
    require_chinese(config)
    if not modules:
        return []
    from textrnn.text.tokenizer import build_normal_form  # takes time

    normal_form = build_normal_form(config.normalize).normalize_str
    steps: list[tuple[str, Callable[[str], str]]] = [("tokenizers", normal_form)]
    return steps + [(name, _simplifier() if name == "opencc" else _segment) for name in reversed(modules)]


def require_chinese(config: TokenizeConfig) -> None:
    """Raise ConfigError if a package that `config` requires is not installed."""
    for module in chinese_modules(config):
        if not is_installed(module):
            setting = "tokenize.unit = 'rjieba'" if module == "rjieba" else "tokenize.simplify"
            raise missing_package(CHINESE[module], setting, "zh")


def has_segmenter() -> bool:
    """Whether the Chinese word segmenter is installed."""
    return is_installed("rjieba")


def chinese_versions(config: TokenizeConfig) -> dict[str, str]:
    """Return the version of each package that `config` requires; all are installed."""
    if not (modules := chinese_modules(config)):
        return {}
    from importlib import metadata  # takes time

    return {module: metadata.version(CHINESE[module]) for module in modules}


@dataclass(frozen=True)
class Scripts:
    """How many of the `visible` characters of some texts are `unspaced`, of scripts written without spaces, and how
    many of those are `han`.
    """

    visible: int
    unspaced: int
    han: int

    @property
    def share_unspaced(self) -> float:
        """The share of visible characters that are unspaced."""
        return self.unspaced / max(self.visible, 1)

    @property
    def is_chinese(self) -> bool:
        """Whether the unspaced characters are Chinese; half of the characters of Japanese are kana."""
        return self.han > CHINESE_SHARE * self.unspaced


def count_scripts(texts: Iterable[str]) -> Scripts:
    """Count the scripts of `texts`.

    >>> count_scripts(["很好 ok", "!!"]), count_scripts(["とても良い"]).is_chinese
    (Scripts(visible=6, unspaced=2, han=2), False)
    """
    unspaced_in, han_in = _pattern(_UNSPACED), _pattern(_IS_HAN)
    visible = unspaced = han = 0
    for text in texts:
        visible += len(text) - text.count(" ")
        if not text.isascii():
            unspaced += len(unspaced_in.findall(text))
            han += len(han_in.findall(text))
    return Scripts(visible, unspaced, han)


# Han, kana, Thai, Lao, Tibetan, Myanmar, Khmer; Korean has spaces
_UNSPACED = f"[{_HAN}\u3040-\u30ff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]"


def _segment(text: str) -> str:
    return _pattern(_RUN).sub(_cut, text)


def _cut(run: re.Match[str]) -> str:
    found = run.group()
    return f" {' '.join(_cutter()(found))} " if _pattern(_IS_HAN).search(found) else found


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled where it is used: that takes as long as reading a small model."""
    return re.compile(pattern)


@cache
def _cutter() -> Callable[[str], list[str]]:
    """A segmenter of our own (0.4 s, 40 MB): words that a program adds to rjieba's common one change nothing here."""
    import rjieba  # an extra

    cut: Callable[[str], list[str]] = rjieba.Jieba().cut
    return cut


@cache
def _simplifier() -> Callable[[str], str]:
    """OpenCC's t2s: characters and phrases, the words of Taiwan and Hong Kong left as they are."""
    import opencc  # an extra

    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert
