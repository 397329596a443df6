"""The tokenizer: how a text becomes token ids, in the pipeline as in a saved model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE, Model, Unigram, WordLevel
from tokenizers.normalizers import NFC, NFKC, Lowercase, Normalizer, Replace
from tokenizers.normalizers import Sequence as Normalizers
from tokenizers.pre_tokenizers import FixedLength, PreTokenizer, Punctuation, WhitespaceSplit
from tokenizers.pre_tokenizers import Sequence as PreTokenizers

from textrnn.config.tokenize import Normalize, TokenizeConfig
from textrnn.config.vocabulary import VocabularyKind
from textrnn.data.text_boundary import MAX_NFKC_GROWTH, nfkc_length
from textrnn.errors import DataError
from textrnn.machine.fork import guard_forks
from textrnn.text.library_errors import name_texts, translate_library_errors
from textrnn.text.ragged import Ragged, offsets_of
from textrnn.text.special_tokens import SPECIAL_TOKENS, UNK, UNK_TOKEN
from textrnn.text.tokenizer_frame import CONTINUATION_PREFIX, HTML_BREAK

guard_forks()

_BATCH_TEXTS, _BATCH_CHARACTERS = 1000, 1 << 19

# The library takes 300 bytes for each token of a text at a time. Where a word ends whatever stands around it, a long
# text may be cut: before a mark that is a word by itself and no part of an HTML break, and after "/" and ">". What
# follows is such that no normal form joins it to the mark ("<" and U+0338 are one sign).
_AFTER = r"[\x00-\x7f\u2014\u2026\u3001\u3002\uff01\uff0c\uff1f\u4e00-\u9fff]"
_MARK = (
    rf"(?=[!-.:-=?@\[-`{{-~\u2014\u2026\u3001\u3002\uff01\uff0c\uff1f]{_AFTER})"
    rf"|(?<=/)(?!>)(?={_AFTER})|(?<=>)(?={_AFTER})"
)
# Where every character is a word: before ASCII and Chinese that is not within a break.
_CHARACTER = _MARK + r"|(?=[0-9AC-QS-Zac-qs-z\u4e00-\u9fff])|(?<=b)(?=b)|(?<=r)(?=r)"
_WORD_ENDS, _CHARACTER_ENDS = re.compile(_MARK), re.compile(_CHARACTER)
PIECE_CHARACTERS = 1 << 17

Merges = Sequence[tuple[str, str]]


def build_tokenizer(config: TokenizeConfig, model: Model) -> Tokenizer:
    """The whole tokenizer around `model`: normalise, split, look up. It cuts, pads and adds nothing.

    Normalising is NFKC (or NFC), then lower case if asked, then a space for each NUL and HTML break. Words end
    at white space, and every punctuation character is a word; characters are single code points. For the unit
    rjieba texts come with spaces between their words (see `textrnn.text.chinese`); auto counts as words here.
    PAD and UNK are not special tokens: the text "[PAD]" is "[", "PAD", "]", never id 0.
    """
    tokenizer = Tokenizer(model)
    steps: list[Normalizer] = [build_normal_form(config.normalize)]
    if config.lowercase:
        steps.append(Lowercase())
    steps += [Replace("\0", " "), Replace(Regex(HTML_BREAK), " ")]
    tokenizer.normalizer = Normalizers(steps)
    split: PreTokenizer = FixedLength(length=1) if config.unit == "characters" else Punctuation("isolated")
    tokenizer.pre_tokenizer = PreTokenizers([WhitespaceSplit(), split])
    return tokenizer


def build_normal_form(form: Normalize) -> Normalizer:
    """The Unicode normal form: NFKC makes full-width letters, digits and marks half-width, NFC leaves them."""
    return NFKC() if form == "nfkc" else NFC()


def build_model(
    kind: VocabularyKind, tokens: Sequence[str], *, merges: Merges = (), log_probabilities: Sequence[float] = ()
) -> Model:
    """The model of `kind` in which `tokens[i]` has id i; BPE has `merges`, unigram the log probability of each token.

    The tokens are trusted (see `textrnn.text.tokenizer_schema` for those that are not).
    """
    if kind == "unigram":
        return Unigram(list(zip(tokens, log_probabilities, strict=True)), unk_id=UNK, byte_fallback=False)
    ids = {token: i for i, token in enumerate(tokens)}
    if kind == "word":
        return WordLevel(ids, unk_token=UNK_TOKEN)
    return BPE(ids, list(merges), unk_token=UNK_TOKEN, continuing_subword_prefix=CONTINUATION_PREFIX, fuse_unk=True)


def written_frame(config: TokenizeConfig, kind: VocabularyKind) -> dict[str, Any]:
    """Returns the tree of a `tokenizer.json` without tokens and merges, as the installed library writes it."""
    model = build_model(kind, SPECIAL_TOKENS, log_probabilities=(0.0, 0.0))
    tree: dict[str, Any] = json.loads(build_tokenizer(config, model).to_str())
    for key in ("vocab", "merges"):
        tree["model"].pop(key, None)
    return tree


def encode_texts(tokenizer: Tokenizer, texts: Sequence[str]) -> Ragged:
    """Encode N texts as rows of token ids.

    Raises DataError for a text that is no string or holds a lone surrogate (see `bound_text`),
    TextrnnError where the library fails; both name the text by its number, from 1.
    """
    rows: list[list[int]] = []
    for batch in batches(texts):
        with translate_library_errors(name_texts(len(rows), len(batch))):
            if len(batch) == 1 and len(batch[0]) > PIECE_CHARACTERS:
                rows.append(_encode_long(tokenizer, batch[0]))
                continue
            rows += [encoding.ids for encoding in tokenizer.encode_batch_fast(batch, add_special_tokens=False)]
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    flat = np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=int(lengths.sum()))
    return Ragged(flat, offsets_of(lengths))


def _encode_long(tokenizer: Tokenizer, text: str) -> list[int]:
    """The ids of one text, encoded piece by piece: the same, in less memory."""
    by_character = isinstance(tokenizer.pre_tokenizer[1], FixedLength)
    ids: list[int] = []
    for piece in cut_at_words(text, PIECE_CHARACTERS, by_character=by_character):
        ids += tokenizer.encode_batch_fast([piece], add_special_tokens=False)[0].ids
    return ids


def cut_at_words(text: str, size: int, *, by_character: bool = False) -> Iterator[str]:
    """`text` in pieces of `size` characters, each longer by what is left of a word that may go on.

    >>> list(cut_at_words("one.two, three<br>", 4)), list(cut_at_words("abcdef", 3, by_character=True))
    (['one.two', ', three', '<br>'], ['abc', 'def'])
    """
    ends, start = _CHARACTER_ENDS if by_character else _WORD_ENDS, 0
    while start < len(text):
        found = ends.search(text, start + size)
        end = found.start() if found else len(text)
        yield text[start:end]
        start = end


def batches(
    texts: Iterable[str], max_texts: int = _BATCH_TEXTS, max_characters: int = _BATCH_CHARACTERS
) -> Iterator[list[str]]:
    """`texts` in order, in lists of at most `max_texts` that grow to at most `max_characters` (or one text).

    Raises DataError for what is not a string.
    """
    batch: list[str] = []
    characters = 0
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise DataError(f"text {number}: expected a string, found {type(text).__name__}; write it as text")
        # what is short cannot fill a batch, whatever it grows to
        size = len(text) if len(text) * MAX_NFKC_GROWTH * max_texts <= max_characters else nfkc_length(text)
        if batch and (len(batch) == max_texts or characters + size > max_characters):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += size
    if batch:
        yield batch
