"""Tokenization: from a corpus to words, once for every vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain, compress

import numpy as np
from numpy.typing import NDArray
from tokenizers.models import WordLevel

from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.corpus import Corpus
from textrnn.data.examples import SplitName
from textrnn.data.soft_labels import soft_targets
from textrnn.data.tabular import encode_tabular
from textrnn.data.target import encode_labels
from textrnn.text.chinese import chinese_versions, count_scripts, has_segmenter, prepare_texts
from textrnn.text.library_errors import name_texts, translate_library_errors
from textrnn.text.ragged import Ragged, expand, offsets_of
from textrnn.text.special_tokens import UNK_TOKEN
from textrnn.text.split_words import Splitter
from textrnn.text.tokenizer import batches, build_tokenizer
from textrnn.text.unique_strings import codepoint_order, unique_strings
from textrnn.text.words import Words

Progress = Callable[[int, int], None]

MIN_TEXTS_FOR_WORDS = 20_000  # Chinese texts from which words tell more than characters
UNSPACED_SHARE = 0.3  # with such a share of characters that no space parts, white space and punctuation make no words

_BATCH_TEXTS, _BATCH_CHARACTERS = 20_000, 1 << 22
_PIECES_KEPT, _CHARACTERS_KEPT = 1 << 20, 1 << 24  # what of the pieces is remembered, about
_EMPTY, _OPENING = 0, -1  # numbers of pieces: one without words, one that may open an HTML break


def tokenize(
    corpus: Corpus,
    config: TokenizeConfig,
    *,
    on_progress: Progress | None = None,
    on_choice: Callable[[str], None] = lambda _: None,
) -> Words:
    """Every split of `corpus` as rows of words; an empty text is an empty row. Tabular features and soft labels are
    kept.

    The unit auto is chosen by the training split; `on_choice` gets a line where that is not words.
    The table lists the words of all splits, the most frequent first, ties in code point order.
    `on_progress(done, total)` is called with numbers of texts after each batch and may raise to stop.
    Raises DataError for a label that is no class, ConfigError where a package that `config` needs is absent,
    TextrnnError where a library fails.
    """
    config = _choose_unit(corpus, config, on_choice)
    labels = {name: encode_labels(corpus.target, examples.labels) for name, examples in corpus.splits.items()}
    texts = chain.from_iterable(examples.texts for examples in corpus.splits.values())
    total = sum(map(len, corpus.splits.values()))
    table, rows = _tokenize(texts, total, config, on_progress)
    splits: dict[SplitName, Ragged] = {}
    start = 0
    for name, examples in corpus.splits.items():
        splits[name] = _rows_between(rows, start, start := start + len(examples))
    tabular = {}
    if corpus.tabular.features:
        tabular = {
            name: encode_tabular(corpus.tabular, examples.tabular, len(examples))
            for name, examples in corpus.splits.items()
        }
    given = corpus.splits["train"].soft if "train" in corpus.splits else {}
    soft = soft_targets(corpus.target, labels["train"], given) if given else None
    return Words(table, splits, labels, corpus.target, config, chinese_versions(config), corpus.tabular, tabular, soft)


def _choose_unit(corpus: Corpus, config: TokenizeConfig, on_choice: Callable[[str], None]) -> TokenizeConfig:
    """Resolve the unit `auto` of `config`."""
    if config.unit != "auto":
        return config
    train = corpus.splits.get("train")
    texts = train.texts if train else []
    scripts = count_scripts(texts)
    if scripts.share_unspaced < UNSPACED_SHARE:
        return replace(config, unit="words")
    share = f"{scripts.share_unspaced:.0%}"
    many = scripts.is_chinese and len(texts) >= MIN_TEXTS_FOR_WORDS
    if many and has_segmenter():
        on_choice(f"by words of rjieba: Chinese ({share} of the characters), {len(texts):,} texts (tokenize.unit)")
        return replace(config, unit="rjieba")
    on_choice(f"by characters: {share} of the training texts' are of scripts without spaces (tokenize.unit)")
    if many:
        on_choice("with so many Chinese texts, words give better results: pip install 'textrnn[zh]'")
    return replace(config, unit="characters")


def tokenize_texts(
    texts: Sequence[str], config: TokenizeConfig, *, on_progress: Progress | None = None
) -> tuple[list[str], Ragged]:
    """The table of unique words of `texts` (N), and N rows of numbers into it; order as in `tokenize`.

    Texts are cut at space and line feed, where the tokenizer certainly splits, and each different piece is split
    once for all its repeats. A space or line feed takes no part in NFKC, in lower case or in another character's
    being white space; only an HTML break may reach over one, and a text that may hold such a break is split whole.
    """
    return _tokenize(texts, len(texts), config, on_progress)


def _tokenize(
    texts: Iterable[str], total: int, config: TokenizeConfig, on_progress: Progress | None
) -> tuple[list[str], Ragged]:
    splitter = Splitter(build_tokenizer(config, WordLevel({}, unk_token=UNK_TOKEN)))
    pieces = _Pieces(splitter)
    parts: list[Ragged] = []
    done = 0
    for batch in batches(prepare_texts(texts, config), _BATCH_TEXTS, _BATCH_CHARACTERS):
        with translate_library_errors(name_texts(done, len(batch))):
            parts.append(_split_batch(batch, splitter, pieces))
        done += len(batch)
        if on_progress is not None:
            on_progress(done, total)
    return _sort_table(list(splitter.words), parts)


class _Pieces:
    """The pieces met so far: `table[number]` holds the words of each."""

    def __init__(self, splitter: Splitter) -> None:
        self._splitter = splitter
        self._forget()

    def _forget(self) -> None:
        self._known = {" ": _EMPTY}
        self._characters = 0
        self.table = Ragged(np.zeros(0, np.int32), np.zeros(2, np.int64))

    def number(self, pieces: list[str]) -> NDArray[np.int32]:
        """The number of each of N different pieces, (N,) int32, `_OPENING` for one that may open an HTML break.

        Older numbers hold no longer: the memory is bounded.
        """
        if len(self.table) > _PIECES_KEPT or self._characters > _CHARACTERS_KEPT:
            self._forget()
        # one look into the hash table a piece: a known one keeps its number, and its row to come stays empty
        before, numbers = len(self.table), range(len(self.table), len(self.table) + len(pieces))
        found = np.fromiter(map(self._known.setdefault, pieces, numbers), dtype=np.int32, count=len(pieces))
        is_new = found >= before
        new = list(compress(pieces, is_new.tolist()))
        rows, opening = self._splitter.split(new)
        lengths = np.zeros(len(pieces), dtype=np.int64)
        lengths[is_new] = rows.lengths
        self.table = _join([self.table, Ragged(rows.flat, offsets_of(lengths))])
        self._known.update((new[row], _OPENING) for row in opening)
        found[np.flatnonzero(is_new)[opening]] = _OPENING
        self._characters += sum(map(len, new))
        return found


def _split_batch(texts: list[str], splitter: Splitter, pieces: _Pieces) -> Ragged:
    """N texts as rows of word numbers."""
    # the commonest break with a space in it; without, its words are the same, whatever it stands beside
    encoded = [text.replace("<br />", "<br/>").encode() for text in texts]
    data = b" ".join([*encoded, b""]).replace(b"\n", b" ")
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord(" ")) + 1
    found, which = unique_strings(data, ends)
    numbers = pieces.number(found)[which]
    lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
    offsets = np.searchsorted(ends, offsets_of(lengths + 1), side="right")
    table = pieces.table
    opening = np.searchsorted(offsets, np.flatnonzero(numbers == _OPENING), side="right") - 1
    whole = np.flatnonzero(np.bincount(opening)).tolist()
    if whole:
        for number, row in enumerate(whole, len(table)):
            numbers[offsets[row] : offsets[row + 1]] = _EMPTY
            numbers[offsets[row]] = number
        table = _join([table, splitter.split_whole([texts[row] for row in whole])])
    return expand(Ragged(numbers, offsets), table)


def _sort_table(table: list[str], parts: list[Ragged]) -> tuple[list[str], Ragged]:
    """The table with the most frequent words first (ties in code point order), the rows of all parts renumbered.

    Words that stand in no row (beside an HTML break that reached over a cut) are left out.
    """
    counts = np.zeros(len(table), dtype=np.int64)
    for part in parts:
        counts += np.bincount(part.flat, minlength=len(table))
    by_word = codepoint_order(table)
    order = by_word[np.argsort(-counts[by_word], kind="stable")]
    rank = np.empty(len(table), dtype=np.int32)
    rank[order] = np.arange(len(table), dtype=np.int32)
    flat = np.empty(sum(len(part.flat) for part in parts), dtype=np.int32)
    done = 0
    for part in parts:
        flat[done : (done := done + len(part.flat))] = rank[part.flat]
    found = order[: np.count_nonzero(counts)].tolist()
    return [table[number] for number in found], Ragged(flat, _join_offsets(parts))


def _join(parts: list[Ragged]) -> Ragged:
    """The rows of all parts, one after another."""
    return Ragged(np.concatenate([part.flat for part in parts]), _join_offsets(parts))


def _join_offsets(parts: list[Ragged]) -> NDArray[np.int64]:
    return offsets_of(np.concatenate([np.zeros(0, np.int64), *(part.lengths for part in parts)]))


def _rows_between(rows: Ragged, start: int, stop: int) -> Ragged:
    """Rows `start` to `stop` (not included) as rows of their own; `flat` is a view."""
    offsets = rows.offsets[start : stop + 1]
    return Ragged(rows.flat[offsets[0] : offsets[-1]], offsets - offsets[0])
