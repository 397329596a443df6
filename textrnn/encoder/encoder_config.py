"""What the files of a sentence encoder say of its shape, its pooling, its limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from textrnn.config.bounds import Ge, Gt, Le
from textrnn.config.from_json import from_json
from textrnn.errors import ModelError
from textrnn.text.encoder_source import CONFIG, LIMITS, MODULES, POOLING

ModelType = Literal["bert", "roberta", "xlm-roberta"]
Size = Annotated[int, Ge(1), Le(1 << 20)]
Pooled = Literal["mean", "cls"]


@dataclass(frozen=True)
class BertShape:
    """The members of `config.json` that its weights have the shape of, as transformers calls them."""

    model_type: ModelType
    vocab_size: Annotated[int, Ge(1), Le(1 << 24)]
    hidden_size: Size
    num_hidden_layers: Annotated[int, Ge(1), Le(128)]
    num_attention_heads: Annotated[int, Ge(1), Le(1024)]
    intermediate_size: Size
    max_position_embeddings: Size
    type_vocab_size: Annotated[int, Ge(1), Le(1024)] = 2
    pad_token_id: Annotated[int, Ge(0), Le(1 << 24)] = 0
    layer_norm_eps: Annotated[float, Gt(0), Le(1)] = 1e-12
    hidden_act: Literal["gelu"] = "gelu"
    position_embedding_type: Literal["absolute"] = "absolute"

    @property
    def first_position(self) -> int:
        """The row of the position embedding that the first token has."""
        return 0 if self.model_type == "bert" else self.pad_token_id + 1


@dataclass(frozen=True)
class EncoderConfig:
    """The network's shape; what makes one vector of its states, and whether that has norm 1; tokens read at most."""

    shape: BertShape
    pooling: Pooled = "mean"
    normalize: bool = False
    max_tokens: int = 512
    lowercase: bool = False


@dataclass(frozen=True)
class _Pooling:
    pooling_mode_mean_tokens: bool = False
    pooling_mode_cls_token: bool = False
    pooling_mode_max_tokens: bool = False
    pooling_mode_mean_sqrt_len_tokens: bool = False
    pooling_mode_weightedmean_tokens: bool = False
    pooling_mode_lasttoken: bool = False


@dataclass(frozen=True)
class _Limits:
    max_seq_length: Annotated[int, Ge(3), Le(1 << 20)] | None = None
    do_lower_case: bool = False


def read_encoder_config(files: Mapping[str, bytes], name: str) -> EncoderConfig:
    """What the `files` of the encoder called `name` say. Where sentence-transformers wrote none of them, the mean is
    pooled, as it does itself. Raises ModelError for an encoder of another kind.
    """
    shape = from_json(BertShape, files[CONFIG], f"{name}: {CONFIG}")
    if shape.hidden_size % shape.num_attention_heads:
        raise ModelError(
            f"{name}: {CONFIG}: expected a hidden_size that num_attention_heads divides, found {shape.hidden_size} and "
            f"{shape.num_attention_heads}"
        )
    longest = shape.max_position_embeddings - shape.first_position
    if longest < 3:
        raise ModelError(f"{name}: {CONFIG}: expected positions of 3 tokens or more, found those of {longest}")
    limits = from_json(_Limits, files.get(LIMITS, b"{}"), f"{name}: {LIMITS}")
    return EncoderConfig(
        shape,
        _read_pooling(files, name),
        _is_normalized(files, name),
        min(longest, limits.max_seq_length or longest),
        limits.do_lower_case,
    )


def _read_pooling(files: Mapping[str, bytes], name: str) -> Pooled:
    if POOLING not in files:
        return "mean"
    modes = vars(from_json(_Pooling, files[POOLING], f"{name}: {POOLING}"))
    chosen = [mode.removeprefix("pooling_mode_").removesuffix("_tokens") for mode, on in modes.items() if on]
    if chosen == ["mean"]:
        return "mean"
    if chosen == ["cls_token"]:
        return "cls"
    raise ModelError(
        f"{name}: {POOLING}: expected pooling by mean or by the CLS token, found {', '.join(chosen) or '-'}"
    )


def _is_normalized(files: Mapping[str, bytes], name: str) -> bool:
    """Whether the modules that follow the network end with one that sets the norm to 1."""
    if MODULES not in files:
        return False
    try:
        modules: Any = json.loads(files[MODULES])
        kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ModelError(f"{name}: {MODULES}: expected a list of modules, each with its type") from None
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise ModelError(
            f"{name}: {MODULES}: expected Transformer, Pooling and perhaps Normalize, found {', '.join(kinds)[:200]}"
        )
    return kinds[-1] == "Normalize"
