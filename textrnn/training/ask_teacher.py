"""A teacher that is there already labels texts: another model folder, or a sentence encoder with a head.

What a large model predicts for texts without labels, a small one learns (Bucila, Caruana & Niculescu-Mizil 2006, "Model
compression"; Hinton, Vinyals & Dean 2015).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textrnn.config.arguments.self_training import Teacher
from textrnn.data.examples import SplitName
from textrnn.data.readers.source import Source
from textrnn.data.target import Target
from textrnn.encoder.encoder_head import fit_encoder_head
from textrnn.encoder.sentence_encoder import encode, read_encoder
from textrnn.errors import ConfigError, DataError, ModelError
from textrnn.metrics.soften import soften
from textrnn.metrics.softmax import softmax
from textrnn.model.folder import load_predictor
from textrnn.storage.bounded_reading import as_one_line
from textrnn.text.ids import Ids
from textrnn.text.teacher_source import SETTING, resolve_teacher


@dataclass(frozen=True)
class TeacherAnswers:
    """`unlabelled` (U, C) float32, what the network learns; the teacher's `name`, and its answers for the `test` split
    (N, C) float32.
    """

    unlabelled: NDArray[np.float32]
    name: str
    test: NDArray[np.float32] | None


@dataclass(frozen=True)
class TeacherTexts:
    """What a teacher reads: the texts of each split, in the order of their ids, and those without labels."""

    splits: Mapping[SplitName, Sequence[str]] = field(default_factory=dict)
    unlabelled: Sequence[str] = ()


def ask_teacher(
    ids: Ids,
    texts: TeacherTexts,
    asked: Teacher,
    *,
    on_line: Callable[[str], None] = lambda _: None,
    on_count: Callable[[int, int], None] = lambda done, total: None,
) -> TeacherAnswers:
    """The probabilities of the classes of `ids` for the unlabelled `texts`, at the temperature, and for those of the
    test split, if there is one, as the teacher `asked` has them.

    A model folder has the same classes, in whatever order. A head for an encoder learns from the training rows, its
    penalty from the validation rows. Raises ConfigError for other classes, DataError, ModelError.
    """
    source = resolve_teacher(asked.teacher)
    assert source is not None
    if not ids.target.exclusive:
        raise ConfigError(
            f"{SETTING}: expected texts with one class each (data.target single, ordinal or path), found "
            f"{ids.target.kind}; leave it out"
        )
    test = texts.splits.get("test", ())
    read = [*texts.unlabelled, *test]
    if source.kind == "model":
        name, found = "a model folder", _ask_model(source, ids.target, read, on_line)
    else:
        name, found = "a sentence encoder with a head", _ask_encoder(source, ids, texts, read, on_line, on_count)
    count = len(texts.unlabelled)
    return TeacherAnswers(
        soften(found[:count], asked.temperature), name, found[count:].astype(np.float32) if len(test) else None
    )


def _ask_model(
    source: Source, target: Target, texts: Sequence[str], on_line: Callable[[str], None]
) -> NDArray[np.float64]:
    named, folder = as_one_line(source.name), Path(source.files[0]).parent
    try:
        predictor = load_predictor(folder)
    except (DataError, ModelError, OSError) as error:
        raise ModelError(f"{SETTING}: {as_one_line(str(error))}") from None
    theirs, ours = predictor.target.names, target.names
    if not predictor.target.exclusive or sorted(theirs) != sorted(ours):
        missing = [name for name in ours if name not in theirs]
        more = [name for name in theirs if name not in ours]
        differ = (
            f"none for {missing[0]!r:.60}" if missing else f"{more[0]!r:.60} too" if more else predictor.target.kind
        )
        raise ConfigError(f"{SETTING}: {named}: expected a model with the classes of the training rows, found {differ}")
    if not predictor.columns.text_only:
        raise ConfigError(f"{SETTING}: {named}: expected a model that reads one text, found one of several columns")
    start = time.perf_counter()
    scores = predictor.predict_probabilities(list(texts))
    on_line(f"{named}: {_speed_of(len(texts), start)}")
    return scores[:, [theirs.index(name) for name in ours]]


def _ask_encoder(
    source: Source,
    ids: Ids,
    texts: TeacherTexts,
    more: Sequence[str],
    on_line: Callable[[str], None],
    on_count: Callable[[int, int], None],
) -> NDArray[np.float64]:
    encoder = read_encoder(source)
    train, validation = texts.splits["train"], texts.splits["validation"]
    start = time.perf_counter()
    read = encode(encoder, [*train, *validation, *more], on_count=on_count)
    on_line(f"{as_one_line(source.name)}: {_speed_of(len(read), start)}")
    first, second = len(train), len(train) + len(validation)
    head = fit_encoder_head(
        read[:first],
        ids.labels["train"],
        (read[first:second], ids.labels["validation"]),
        ids.target.outputs,
        weights=ids.weights.get("train"),
    )
    held_out = head.logits(read[first:second]).argmax(axis=1) == ids.labels["validation"]
    accuracy = f"; accuracy {held_out.mean():.4f} on validation" if len(held_out) else ""
    on_line(f"{source.name}: a head on {first:,} labelled texts, C {head.inverse_penalty:g}{accuracy}")
    return softmax(head.logits(read[second:]))


def _speed_of(texts: int, start: float) -> str:
    """How many texts a second were read since `start`."""
    return f"read {texts:,} texts, {texts / max(time.perf_counter() - start, 1e-9):,.0f} a second"
