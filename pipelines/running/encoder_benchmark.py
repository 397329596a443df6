"""One configuration, many models: each is the same pipeline with another encoder, so the stages before are shared."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any, get_args

from pipelines.caching.cache import Cache, Entry
from pipelines.config import RunConfig
from pipelines.running.run_state import StageOutcome
from pipelines.stages import find_stage
from textrnn.config.model import Recurrence
from textrnn.errors import ConfigError, DamagedFilesError

TFIDF_MODEL, DEFAULT_MODEL = "tfidf", "default"
BIDIRECTIONAL = "bi"  # before the name of a recurrence
RECURRENT: tuple[str, ...] = get_args(Recurrence)  # another one is a line of the table without a change here
NETWORKS = ("bag", "convolution", *RECURRENT, *(BIDIRECTIONAL + name for name in RECURRENT))
MODELS = (TFIDF_MODEL, *NETWORKS, DEFAULT_MODEL)
DEFAULT_MODELS = (TFIDF_MODEL, "bag", "convolution", "rnn", "gru", "bilstm", DEFAULT_MODEL)
MODEL_TITLES: Mapping[str, str] = {
    TFIDF_MODEL: "TF-IDF + linear",
    "bag": "bag of embeddings",
    "convolution": "convolution",
    DEFAULT_MODEL: "default",
}
TIMING_REPEATS = 3


@dataclass(frozen=True)
class Model:
    """A line of the table: `score` with the ends of its 95 % interval; its `difference` to the linear model with the
    ends of its own, who is the `winner` ("model", "tfidf", None where it may be chance), and the p where a test gives
    one; minutes that fitting took when it was done; weights, and texts predicted a second on this machine now.
    """

    name: str
    score: float
    low: float | None
    high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    winner: str | None
    p_value: float | None
    minutes: float
    weights: int
    texts_a_second: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


class DamagedResult(DamagedFilesError):
    """What lies in the cache under `entry` differs from its manifest."""

    def __init__(self, entry: Entry, damage: str) -> None:
        super().__init__(f"damaged in the cache: {damage}")
        self.entry = entry


def require_models(named: str) -> tuple[str, ...]:
    """The models in a list with commas. Raises ConfigError."""
    names = tuple(dict.fromkeys(name.strip() for name in named.split(",") if name.strip()))
    if unknown := [name for name in names if name not in MODELS]:
        raise ConfigError(f"--models: expected some of {', '.join(MODELS)}, found {unknown[0]}")
    if not names:
        raise ConfigError(f"--models: expected some of {', '.join(MODELS)}, found none")
    return names


def config_of(config: RunConfig, name: str) -> RunConfig:
    """`config` for the model `name`: a network alone, without the n-gram branch, against TF-IDF alone."""
    linear = replace(config.baseline, candidates=("tfidf",))
    named = f"{config.name}.{name}"
    if name in (TFIDF_MODEL, DEFAULT_MODEL):
        return replace(config, name=named, baseline=linear)
    both = name.startswith(BIDIRECTIONAL) and name != "bag"
    encoder: Any = name.removeprefix(BIDIRECTIONAL) if both else name
    pooling = "max" if name == "convolution" else config.model.pooling  # max over time: Kim 2014
    train = replace(config.train, init_from="none")  # whose model has one shape alone
    shape = replace(config.model, encoder=encoder, bidirectional=both, pooling=pooling)
    config = replace(config, model=shape, train=train)
    return replace(config, name=named, ngram_branch=replace(config.ngram_branch, enabled=False), baseline=linear)


def model_of(name: str, outcomes: Sequence[StageOutcome], config: RunConfig, cache: Cache) -> Model:
    """The line of the model `name` from what a run of `config_of` left, its speed measured now.

    Raises DamagedResult where what lies in the cache differs from its manifest.
    """
    found = {outcome.stage: outcome.entry for outcome in outcomes}
    report = _read(cache, found["evaluate"]).data
    headline = report["comparison"].get("score", "accuracy")
    if name == TFIDF_MODEL:
        score, compared = report["baseline"]["metrics"][headline], {}
        weights = report["baseline"]["features"] * max(len(report["classes"]), 1)
        fitted: tuple[str, ...] = ("baseline",)
        speed = _speed_of_linear(found, config, cache)
    else:
        score, compared = report["metrics"][headline], report["comparison"]
        weights, speed = _measure_model(found, cache)
        fitted = ("embeddings", "pretrain_encoder", "ngram_branch", "self_train", "train")
    seconds = sum(found[stage].manifest["made"]["seconds"] for stage in fitted)
    return Model(
        name,
        score["value"],
        score["low"],
        score["high"],
        compared.get("difference"),
        compared.get("low"),
        compared.get("high"),
        {"classifier": "model", "baseline": TFIDF_MODEL}.get(compared.get("winner") or ""),
        compared.get("p_value"),
        seconds / 60,
        weights,
        speed,
    )


def _measure_model(found: Mapping[str, Entry], cache: Cache) -> tuple[int, float]:
    """How many weights both branches have, and texts a second over the held-out rows, both branches together."""
    from textrnn.decision.branch_logits import branch_logits
    from textrnn.inference.engine import build_engine

    ids, kept, ngram_branch = (_read(cache, found[stage]) for stage in ("numericalize", "train", "ngram_branch"))
    split = "test" if "test" in ids.splits else "validation"
    rows, engine, settings = ids.splits[split], build_engine(kept.network()), kept.train_config
    cut: dict[str, Any] = {"max_tokens": settings.max_tokens, "truncation": settings.truncation}

    def predict() -> None:
        branch_logits(engine, ngram_branch, rows, **cut, tabular=ids.tabular.get(split))

    weights = sum(weight.size for weight in kept.weights.values())
    if ngram_branch.ngrams.features:
        weights += ngram_branch.weights.size + ngram_branch.bias.size + ngram_branch.tabular.size
    return weights, len(rows) / _seconds(predict)


def _speed_of_linear(found: Mapping[str, Entry], config: RunConfig, cache: Cache) -> float:
    """Texts a second, fitted again at the C that was kept: the stage keeps what it predicted, not the model."""
    from textrnn.linear.tfidf_baseline import fit_tfidf
    from textrnn.text.count_ngrams import apply_ngrams, count_ngrams

    words, kept = _read(cache, found["tokenize"]), _read(cache, found["baseline"])
    settings = config.baseline
    ngrams, counts = count_ngrams(
        words.splits["train"],
        longest=settings.ngrams,
        min_documents=settings.min_documents,
        max_features=settings.max_features,
    )
    labels, tabular = words.labels["train"], words.tabular.get("train")
    fitted = next(fit_tfidf(counts, labels, words.target, [kept.inverse_penalty], tabular))
    split = "test" if "test" in words.splits else "validation"
    rows, tabular = words.splits[split], words.tabular.get(split)
    return len(rows) / _seconds(lambda: fitted.logits(apply_ngrams(ngrams, rows), tabular))


def _read(cache: Cache, entry: Entry) -> Any:
    """The noun of `entry`, its bytes compared with the manifest."""
    try:
        return cache.read(entry, find_stage(entry.stage))
    except DamagedFilesError as damage:
        raise DamagedResult(entry, str(damage)) from damage


def _seconds(predict: Callable[[], object]) -> float:
    """The median of some repeats, after one to warm up."""
    predict()
    taken = []
    for _ in range(TIMING_REPEATS):
        begun = time.perf_counter()
        predict()
        taken.append(time.perf_counter() - begun)
    return max(median(taken), 1e-9)
