"""`[train]`: how the weights are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from textrnn.config.fields import UNKEYED, Count, Positive, Rate, Seed, Share

Precision = Literal["auto", "float32", "bfloat16"]
DeviceKind = Literal["auto", "cpu", "cuda", "mps"]
Keep = Literal["head", "tail", "both"]
BestBy = Literal["loss", "accuracy"]
Sampling = Literal["plain", "balanced"]
Weighing = Literal["none", "balanced"] | Mapping[str, Annotated[float, Ge(1e-6), Le(1e6)]]
Rising = Literal["linear", "one_cycle", "constant"]
Length = Annotated[float, Ge(0), Le(100)]


@dataclass(frozen=True)
class TrainConfig:
    """AdamW, warm-up then decay, clipping, weight averaging, early stopping on validation loss."""

    seed: Annotated[Seed, "of weights, batch order and dropout"] = 0
    epochs: Annotated[
        Positive | Literal["auto"],
        "passes at most; auto goes by texts, tokens and classes: 2 to 40, more with a number in adversarial",
    ] = "auto"
    batch_size: Annotated[int, Ge(1), Le(1 << 16), "texts a step"] = 64
    max_tokens: Annotated[Positive, "longer texts are cut when read"] = 400
    keep: Annotated[Keep, "which end of a cut text stays"] = "both"
    learning_rate: Annotated[Rate, "the highest, after warm-up"] = 3e-3
    warmup: Annotated[Share, "share of all steps in which the rate rises"] = 0.1
    schedule: Annotated[
        Rising, "how the rate rises and falls: linear, one_cycle (cosine, momentum the other way round), or constant"
    ] = "linear"
    layer_decay: Annotated[
        float, Gt(0), Le(1), "the rate of each layer below the head, as a share of the one above it; 1: all alike"
    ] = 1.0
    unfreeze: Annotated[
        Share, "share of all steps after which each further layer below the head is trained; 0: all from the start"
    ] = 0.0
    label_smoothing: Annotated[Share, "share of each label given to all classes alike"] = 0.0
    adversarial: Annotated[
        Length | Literal["auto"],
        "adversarial training: a text's worst nudge, in mean token vectors; 0 is none, else twice the time; auto: 0.3 "
        "of one class a text, where texts are short and passes and tokens few",
    ] = "auto"
    virtual_adversarial: Annotated[
        Length, "the same without labels, unlabelled texts too; 0 is none, else three times the time"
    ] = 0.0
    entropy: Annotated[Length, "weight of the entropy of answers, unlabelled texts' too; 0 is none"] = 0.0
    class_weight: Annotated[
        Weighing,
        "balanced: every class counts alike, however many texts it has; or a table of what a text of a class counts",
    ] = "none"
    sampling: Annotated[Sampling, "balanced: every class comes as often in an epoch"] = "plain"
    weight_decay: Annotated[float, Ge(0), Le(100), "of AdamW; not on biases"] = 0.01
    clip_norm: Annotated[Rate, "gradients longer than this are scaled to it"] = 0.25
    average: Annotated[Share, "decay of the moving average of weights that is scored and kept; 0 is none"] = 0.99
    best_by: Annotated[
        BestBy, "the validation score that chooses the epoch; accuracy is micro F1 of several labels, R2 of numbers"
    ] = "loss"
    patience: Annotated[
        Count | Literal["auto"],
        "epochs without a better validation score before stopping; 0 is never, auto: 2 to 5, after half of the epochs",
    ] = "auto"
    precision: Annotated[Precision, "auto: bfloat16 where the processor multiplies it"] = "auto"
    device: Annotated[DeviceKind, "auto: CUDA, else MPS, else the CPU"] = "auto"
    processes: Annotated[
        Annotated[int, Ge(1), Le(4096)] | Literal["auto"],
        "that train together; auto is 1 with a thread a core, or as many as torchrun started",
    ] = "auto"
    checkpoint_seconds: Annotated[float, UNKEYED, Ge(0), Le(1e9), "between checkpoints inside an epoch"] = 60.0
