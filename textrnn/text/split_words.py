"""Word splitting in bulk, by the rules of the tokenizer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from textrnn.text.ragged import Ragged, offsets_of
from textrnn.text.unique_strings import unique_strings

_WHITE, _JOINED, _ISOLATED, _UNKNOWN = range(4)  # what a character is to the tokenizer
_POINTS = 0x110000
_AT_ONCE = 1 << 16  # characters; longer strings are normalised at half the speed
# after a text: no piece has a line feed, nothing combines with a full stop, and no HTML break reaches over one
_END = "\n.\n"
# the start of an HTML break at the end of a piece (white space is never visible ASCII)
_OPEN_BREAK = re.compile(r"<[bB][rR][^!-~]*" + re.escape(_END))


class Splitter:
    """Texts as rows of word numbers; the words met so far, in the order in which they were met.

    `words` maps each word to its number.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.words: dict[str, int] = {}
        self._normalize: Callable[[str], str] = tokenizer.normalizer.normalize_str
        self._pre_tokenize: Callable[[str], Sequence[object]] = tokenizer.pre_tokenizer.pre_tokenize_str
        self._kinds = np.full(_POINTS, _UNKNOWN, dtype=np.uint8)

    def split(self, texts: Sequence[str]) -> tuple[Ragged, list[int]]:
        r"""The words of N `texts` without line feeds, and which texts end in what may open an HTML break.

        >>> from tokenizers.models import WordLevel
        >>> from textrnn.config.tokenize import TokenizeConfig
        >>> from textrnn.text.tokenizer import build_tokenizer
        >>> splitter = Splitter(build_tokenizer(TokenizeConfig(), WordLevel({}, unk_token="[UNK]")))
        >>> rows, opening = splitter.split(["Ab,ab", "x<br"])
        >>> [row.tolist() for row in rows], list(splitter.words), opening
        ([[0, 1, 0], [2, 3, 4]], ['ab', ',', 'x', '<', 'br'], [1])
        """
        ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)))
        cuts = [0, *np.flatnonzero(np.diff(ends // _AT_ONCE)) + 1, len(texts)]
        normal = [self._normalize(_END.join([*texts[start:stop], ""])) for start, stop in pairwise(cuts)]
        return self._split("".join(normal))

    def split_whole(self, texts: Sequence[str]) -> Ragged:
        """The words of N `texts`, each normalised by itself."""
        # a line feed is white space, as a space is
        return self._split("".join(self._normalize(text).replace("\n", " ") + _END for text in texts))[0]

    def _split(self, normal: str) -> tuple[Ragged, list[int]]:
        """The words of normalised texts that each end with `_END`, and which of them open an HTML break."""
        points = np.frombuffer(normal.encode("utf-32-le"), dtype=np.uint32)
        feeds = np.flatnonzero(points == ord("\n"))[::2]  # where each text ends
        kinds = self._kinds_of(points)
        kinds[feeds + 1] = _WHITE  # the full stop of the end is no word
        before = np.empty_like(kinds)
        before[:1], before[1:] = _WHITE, kinds[:-1]
        starts = (kinds == _ISOLATED) | ((kinds == _JOINED) & (before != _JOINED))
        visible = kinds != _WHITE
        numbers = self._number(points[visible], starts[visible])
        offsets = np.zeros(len(feeds) + 1, dtype=np.int64)
        offsets[1:] = np.searchsorted(np.flatnonzero(starts), feeds)
        opening = [int(np.searchsorted(feeds, found.start())) for found in _OPEN_BREAK.finditer(normal)]
        return Ragged(numbers, offsets), opening

    def _kinds_of(self, points: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """Return the kind of each character, (N,); the tokenizer is called once per unique character."""
        kinds = self._kinds[points]
        unknown = points[kinds == _UNKNOWN]
        if not len(unknown):
            return kinds
        for point in np.flatnonzero(np.bincount(unknown)).tolist():  # np.unique takes a hundred times as long
            # white space gives no word, what is joined with its like one, what stands alone two
            self._kinds[point] = (_WHITE, _JOINED, _ISOLATED)[len(self._pre_tokenize(chr(point) * 2))]
        return self._kinds[points]

    def _number(self, points: NDArray[np.uint32], starts: NDArray[np.bool_]) -> NDArray[np.int32]:
        """The numbers of the words that stand one after another in `points`; `starts` says where."""
        sizes = 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)  # in UTF-8
        ends = offsets_of(sizes)[np.append(np.flatnonzero(starts)[1:], len(points))] if len(points) else sizes
        words, which = unique_strings(points.tobytes().decode("utf-32-le").encode(), ends)
        known = self.words
        numbers = np.fromiter((known.setdefault(word, len(known)) for word in words), dtype=np.int32, count=len(words))
        return numbers[which]
