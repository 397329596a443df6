"""`[train]`: how the classifier is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Gt, Le
from textrnn.config.field_types import NOT_IN_KEY, Count, Name, NotInKeyUnless, Positive, Rate, Seed, Share

Precision = Literal["auto", "float32", "bfloat16"]
DeviceKind = Literal["auto", "cpu", "cuda", "mps"]
Truncation = Literal["head", "tail", "both"]
BestBy = Literal["loss", "accuracy"]
Sampling = Literal["plain", "balanced"]
ClassWeighting = Literal["none", "balanced"] | Mapping[str, Annotated[float, Ge(1e-6), Le(1e6)]]
LRSchedule = Literal["linear", "constant"]
Magnitude = Annotated[float, Ge(0), Le(100)]


@dataclass(frozen=True)
class TrainConfig:
    """AdamW, warm-up then decay, clipping, weight averaging, early stopping on validation loss."""

    seed: Annotated[Seed, "seed of initial weights, batch order and dropout"] = 0
    epochs: Annotated[
        Positive | Literal["auto"],
        "maximum of epochs; auto: 2 to 40, by texts, tokens and classes, more if adversarial is a number",
    ] = "auto"
    batch_size: Annotated[int, Ge(1), Le(1 << 16), "texts per step"] = 64
    max_tokens: Annotated[Positive, "longer texts are truncated"] = 400
    truncation: Annotated[Truncation, "which part of a truncated text is kept"] = "both"
    learning_rate: Annotated[Rate, "peak learning rate, after warm-up"] = 3e-3
    warmup: Annotated[Share, "share of all steps in which the learning rate rises"] = 0.1
    schedule: Annotated[LRSchedule, "learning rate after warm-up: falling to 0 in a line, or constant"] = "linear"
    soft_weight: Annotated[
        float,
        Ge(0),
        Le(1),
        "share of a soft label (data.confidence_column, data.probability_columns) in what is learned; "
        "the rest is the label itself",
    ] = 1.0
    soft_temperature: Annotated[float, Gt(0), Le(100), "temperature of soft labels; above 1 softens them"] = 1.0
    label_smoothing: Annotated[Share, "share of each label spread evenly over all classes"] = 0.0
    adversarial: Annotated[
        Magnitude | Literal["auto"],
        "adversarial training: norm of a text's perturbation, in mean token vectors; 0: none, else twice the time; "
        "auto: 0.3 for exclusive classes with short texts, few epochs and few tokens",
    ] = "auto"
    class_weight: Annotated[
        ClassWeighting,
        "balanced: every class has the same total weight; or a table of weights by class",
    ] = "none"
    sampling: Annotated[Sampling, "balanced: every class is drawn equally often in an epoch"] = "plain"
    weight_decay: Annotated[float, Ge(0), Le(100), "weight decay of AdamW, not applied to biases"] = 0.01
    clip_norm: Annotated[Rate, "maximum norm of the gradient"] = 0.25
    ema_decay: Annotated[
        Share, "decay of the exponential moving average of the weights, which is evaluated and kept; 0: none"
    ] = 0.99
    best_by: Annotated[
        BestBy, "validation score that chooses the epoch; accuracy means micro F1 for multi, R2 for number"
    ] = "loss"
    patience: Annotated[
        Count | Literal["auto"],
        "early stopping: epochs without a better validation score; 0: never; auto: 2 to 5, after half of the epochs",
    ] = "auto"
    init_from: Annotated[
        Name,
        NotInKeyUnless(("none",)),
        "warm start: a model folder whose embedding and encoder are the initial weights (fine-tuning), or none",
    ] = "none"
    compare_cold_start: Annotated[
        bool | Literal["auto"],
        "with init_from: train from nothing too, and keep the network that is better on validation; "
        "auto: with fewer than 5,000 training texts",
    ] = "auto"
    precision: Annotated[Precision, "number format; auto: bfloat16 if the processor supports it"] = "auto"
    device: Annotated[DeviceKind, "device; auto: CUDA, else MPS, else the CPU"] = "auto"
    processes: Annotated[
        Annotated[int, Ge(1), Le(4096)] | Literal["auto"],
        "processes that train together; auto: 1 with a thread per core, or those that torchrun started",
    ] = "auto"
    checkpoint_seconds: Annotated[float, NOT_IN_KEY, Ge(0), Le(1e9), "seconds between checkpoints within an epoch"] = (
        60.0
    )
