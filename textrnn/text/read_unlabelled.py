"""From a file of unlabelled texts to token ids."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from textrnn.config.unlabelled import UnlabelledConfig
from textrnn.data.corpus import Corpus
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.preview import read_texts
from textrnn.data.readers.source import resolve
from textrnn.data.readers.wording import count
from textrnn.data.text_boundary import bound_text
from textrnn.errors import DataError
from textrnn.text.chinese import prepare_texts
from textrnn.text.ragged import join_rows
from textrnn.text.tokenizer import batches
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.vocabulary import Vocabulary, encoder_of

TEXTS_AT_ONCE = 1 << 14  # encoded at once


def read_unlabelled(
    corpus: Corpus,
    vocabulary: Vocabulary,
    config: UnlabelledConfig,
    *,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Unlabelled:
    """The texts that `config` names as ids of `vocabulary`; no rows where it names none.

    Texts that stand in `corpus`, and all but the first of equal ones, are left out: no text of the validation or test
    split is learned from, not even unlabelled. `on_progress` gets a line of text. Raises DataError.
    """
    if config.source is None:
        return encode_unlabelled(corpus, vocabulary, [], on_progress=on_progress)
    notes = Notes(section="unlabelled")
    found = encode_unlabelled(
        corpus,
        vocabulary,
        _read(config, config.source, notes),
        max_characters=config.max_characters,
        on_progress=on_progress,
    )
    for sentence in notes.sentences():
        on_progress(f"warning: {sentence}")
    return found


def list_unlabelled(corpus: Corpus, config: UnlabelledConfig) -> list[str]:
    """The texts whose ids `read_unlabelled` gives, in the same order. Raises DataError."""
    if config.source is None:
        return []
    texts = _read(config, config.source, Notes(section="unlabelled"))
    return list(new_texts(corpus, texts, max_characters=config.max_characters))


def _read(config: UnlabelledConfig, source: str, notes: Notes) -> Iterator[str]:
    texts = read_texts(resolve(source), config.text_column, config.text_format, notes)
    return _at_most(texts, config.max_rows, source)


def encode_unlabelled(
    corpus: Corpus,
    vocabulary: Vocabulary,
    texts: Iterable[str],
    *,
    max_characters: int = UnlabelledConfig.max_characters,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Unlabelled:
    """Encode `texts` like `read_unlabelled`, from memory or a stream."""
    left_out: list[bytes] = []
    new = new_texts(corpus, texts, max_characters=max_characters, left_out=left_out)
    encoder, prepared = encoder_of(vocabulary), prepare_texts(new, vocabulary.tokenizer)
    rows = join_rows(*(encoder.encode(batch) for batch in batches(prepared, max_texts=TEXTS_AT_ONCE)))
    if len(rows) or left_out:
        on_progress(
            f"{count(len(rows), 'text')} without labels; {len(left_out):,} skipped, which are labelled examples too"
        )
    return Unlabelled(rows)


def new_texts(
    corpus: Corpus,
    texts: Iterable[str],
    *,
    max_characters: int = UnlabelledConfig.max_characters,
    left_out: list[bytes] | None = None,
) -> Iterator[str]:
    """Yield `texts`, bounded, but for those that `corpus` has and all but the first of equal ones: their digests go
    to `left_out`.
    """
    known: set[bytes] = set()
    for number, text in enumerate(texts):
        if not number:  # of a corpus that nothing is compared with, no text need be read
            columns = [texts for examples in corpus.splits.values() for texts in examples.columns.values()]
            known = {_digest(own) for texts in columns for own in texts}
        bounded = bound_text(text, max_characters).text
        digest = _digest(bounded)
        if digest not in known:
            known.add(digest)
            yield bounded
        elif left_out is not None:
            left_out.append(digest)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _at_most(texts: Iterable[str], limit: int, place: str) -> Iterator[str]:
    for number, text in enumerate(texts):
        if number == limit:
            raise DataError(f"{place}: expected at most {count(limit, 'row')}, found more; raise unlabelled.max_rows")
        yield text
