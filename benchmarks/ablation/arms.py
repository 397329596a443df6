"""The arms: the default configuration, and each ingredient taken out of it, put into it, or replaced."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from textrnn.errors import ConfigError


@dataclass(frozen=True)
class Arm:
    """One configuration: its name, what it changes in words, and the `section.key=value` that `--set` takes."""

    name: str
    what: str
    changes: tuple[str, ...] = ()


DEFAULT = Arm("default", "what `make train` runs")

# a new ingredient is one more line
ARMS = (
    DEFAULT,
    Arm("pooling-mean", "mean in place of max and mean pooling", ('model.pooling="mean"',)),
    Arm("pooling-last", "the last state in place of max and mean pooling", ('model.pooling="last"',)),
    Arm("pooling-attention", "attention in place of max and mean pooling", ('model.pooling="attention"',)),
    Arm("word-dropout", "a tenth of the words dropped", ("model.word_dropout=0.1",)),
    Arm("no-embedding-dropout", "no embedding dropout", ("model.embedding_dropout=0.0",)),
    Arm("no-dropout", "no dropout before the head", ("model.dropout=0.0",)),
    Arm("no-average", "no moving average of the weights", ("train.ema_decay=0.0",)),
    Arm("no-wide", "no n-gram branch", ("ngram_branch.enabled=false",)),
    Arm("no-vectors", "an embedding that starts at random", ('embeddings.vectors="none"', "embeddings.size=0")),
    Arm("no-glove", "vectors from the training texts alone", ('embeddings.vectors="none"',)),
    Arm("no-learned-vectors", "GloVe alone", ("embeddings.size=0",)),
    Arm("keep-head", "the head of a cut text in place of both ends", ('train.truncation="head"',)),
    Arm("200-tokens", "texts cut at 200 tokens in place of 400", ("train.max_tokens=200",)),
    Arm("gru", "GRU in place of LSTM", ('model.encoder="gru"',)),
    Arm("mingru", "minGRU in place of LSTM", ('model.encoder="mingru"',)),
    Arm("two-layers", "two recurrent layers in place of one", ("model.num_layers=2",)),
    Arm("one-direction", "reading forward only", ("model.bidirectional=false",)),
    Arm("embedding-64", "embedding dimension 64 in place of 128", ("model.embedding_size=64",)),
    Arm("label-smoothing", "labels smoothed by 0.1", ("train.label_smoothing=0.1",)),
    Arm("adversarial", "adversarial training, 0.3 mean token vectors", ("train.adversarial=0.3",)),
    Arm("language", "the LSTM pretrained on the training texts, two passes", ("encoder_pretraining.epochs=2",)),
    Arm(
        "language-adversarial",
        "the same, then adversarial training for twice as many passes",
        ("encoder_pretraining.epochs=2", "train.adversarial=0.3", "train.epochs=8"),
    ),
    Arm("256-units", "256 units a direction in place of 128", ("model.hidden_size=256",)),
    Arm("bpe", "BPE subwords in place of words", ('vocabulary.kind="bpe"',)),
)


def find_arms(names: Sequence[str]) -> tuple[Arm, ...]:
    """The arms of these names, in the order of `ARMS`, the default always first; all for no names.

    Raises ConfigError for a name that no arm has.
    """
    known = [arm.name for arm in ARMS]
    for name in names:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            raise ConfigError(f"--arm {name}: expected one of {', '.join(known)}{hint}")
    return tuple(arm for arm in ARMS if not names or arm is DEFAULT or arm.name in names)
