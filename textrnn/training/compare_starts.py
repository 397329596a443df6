"""A warm start beside a cold one: with few labels validation chooses between the two networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.data.few_texts import has_few
from textrnn.inference.classifier import Classifier
from textrnn.inference.starts import COLD, WARM, describe_starts
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.ids import Ids
from textrnn.text.word_vectors import WordVectors
from textrnn.training.events import Progress
from textrnn.training.train import train


def train_from_better_start(
    ids: Ids,
    model_config: ModelConfig,
    train_config: TrainConfig,
    vectors: WordVectors | None = None,
    *,
    pretrained: PretrainedWeights,
    checkpoints: Path | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_line: Callable[[str], None] = lambda _: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> Classifier:
    """Train from the `pretrained` weights, and, where they come from another model and `compare_cold_start` says so,
    from nothing too: of the two networks the one with the better validation score (`best_by`) is returned.

    Its `starts` hold both scores. Each of the two resumes from checkpoints of its own. Raises what `train` raises.
    """

    def start(name: str, weights: PretrainedWeights) -> Classifier:
        return train(
            ids,
            model_config,
            train_config,
            vectors,
            pretrained=weights,
            checkpoints=checkpoints / name if checkpoints and name else checkpoints,
            on_progress=on_progress,
            stop_requested=stop_requested,
        )

    if not _compares(train_config, pretrained, len(ids.splits["train"])):
        return start("", pretrained)
    on_line("from the other model")
    warm = start(WARM, pretrained)
    on_line("from nothing, for comparison: few labels")
    cold = start(COLD, PretrainedWeights())
    scores = {name: _score_of(each, train_config) for name, each in ((WARM, warm), (COLD, cold))}
    higher = train_config.best_by == "accuracy"
    cold_is_better = scores[COLD] > scores[WARM] if higher else scores[COLD] < scores[WARM]
    kept = replace(cold if cold_is_better else warm, starts=scores)
    on_line(describe_starts(kept))
    return kept


def _compares(config: TrainConfig, pretrained: PretrainedWeights, texts: int) -> bool:
    if pretrained.origin is None:
        return False
    return has_few(texts) if config.compare_cold_start == "auto" else config.compare_cold_start


def _score_of(classifier: Classifier, config: TrainConfig) -> float:
    """What chose the epoch whose weights these are."""
    name = classifier.target.score if config.best_by == "accuracy" else "loss"
    return float(classifier.history[classifier.best_epoch - 1][f"validation_{name}"])
