"""A tiny sentence encoder with random weights, written as sentence-transformers writes one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

WORDS = ("good", "bad", "a", "film", "meal", "plot", "the", "was", "dull", "fresh", "##ly", "##s", ",", ".")
TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS)
SHAPE: dict[str, Any] = {
    "model_type": "bert",
    "vocab_size": len(TOKENS),
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "hidden_act": "gelu",
}
Weights = dict[str, NDArray[np.float32]]


def make_weights(seed: int = 0) -> Weights:
    """Random weights of `SHAPE`, by the names that transformers gives them."""
    draw, size, wide = np.random.default_rng(seed), SHAPE["hidden_size"], SHAPE["intermediate_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (SHAPE["vocab_size"], size),
        "embeddings.position_embeddings.weight": (SHAPE["max_position_embeddings"], size),
        "embeddings.token_type_embeddings.weight": (SHAPE["type_vocab_size"], size),
    }
    maps = {"embeddings.LayerNorm": (size,)}
    for number in range(SHAPE["num_hidden_layers"]):
        at = f"encoder.layer.{number}."
        maps |= {f"{at}attention.self.{part}": (size, size) for part in ("query", "key", "value")}
        maps |= {f"{at}attention.output.dense": (size, size), f"{at}attention.output.LayerNorm": (size,)}
        maps |= {f"{at}intermediate.dense": (wide, size), f"{at}output.dense": (size, wide)}
        maps |= {f"{at}output.LayerNorm": (size,)}
    for name, shape in maps.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def make_tokenizer() -> Tokenizer:
    """The tokenizer of `TOKENS`, which puts [CLS] and [SEP] around a text; it pads and cuts, as saved ones may."""
    tokenizer = Tokenizer(WordPiece({token: i for i, token in enumerate(TOKENS)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(lowercase=True), BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.enable_padding(length=12)
    tokenizer.enable_truncation(4)
    return tokenizer


def write_encoder(
    folder: Path,
    *,
    shape: dict[str, Any] | None = None,
    weights: Weights | None = None,
    pooling: str = "mean_tokens",
    normalize: bool = True,
    longest: int | None = None,
) -> Path:
    """Write an encoder into `folder`; returns it."""
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    kinds = ["Transformer", "Pooling"] + ["Normalize"] * normalize
    files = {
        "config.json": SHAPE | (shape or {}),
        "modules.json": [{"idx": i, "type": f"sentence_transformers.models.{kind}"} for i, kind in enumerate(kinds)],
        "1_Pooling/config.json": {"word_embedding_dimension": 8, f"pooling_mode_{pooling}": True},
        "sentence_bert_config.json": {"max_seq_length": longest, "do_lower_case": False},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    save_file(make_weights() if weights is None else weights, folder / "model.safetensors")
    make_tokenizer().save(str(folder / "tokenizer.json"))
    return folder
