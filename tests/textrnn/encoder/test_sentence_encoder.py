"""The encoder computes what its weights say: compared with the formulas in numpy, text by text."""

from __future__ import annotations

import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_encoder import SHAPE, Weights, make_tokenizer, make_weights, write_encoder
from numpy.typing import NDArray

from textrnn.encoder import sentence_encoder
from textrnn.encoder.sentence_encoder import SentenceEncoder, encode, read_encoder
from textrnn.errors import DataError, ModelError
from textrnn.text import encoder_source
from textrnn.text.encoder_source import resolve_encoder

TEXTS = ["Good film.", "a dull, bad plot", "meals", "", "the meal was freshly good , good , good , good", "xyz film"]
Numbers = NDArray[np.float64]


def read(folder: Path) -> SentenceEncoder:
    source = resolve_encoder(str(folder))
    assert source is not None
    return read_encoder(source)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("encoder"))


def reference(ids: list[int], weights: Weights, first: int = 0) -> Numbers:
    """The states (T, H) of one text, unpadded, in float64 (Devlin et al. 2019; Vaswani et al. 2017)."""
    of = {name: weight.astype(np.float64) for name, weight in weights.items()}

    def affine(x: Numbers, name: str) -> Numbers:
        return x @ of[f"{name}.weight"].T + of[f"{name}.bias"]

    def norm(x: Numbers, name: str) -> Numbers:
        centred = x - x.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + SHAPE["layer_norm_eps"])
        found: Numbers = scaled * of[f"{name}.weight"] + of[f"{name}.bias"]
        return found

    places = of["embeddings.position_embeddings.weight"][first : first + len(ids)]
    x = of["embeddings.word_embeddings.weight"][ids] + places + of["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    each = SHAPE["hidden_size"] // SHAPE["num_attention_heads"]
    for number in range(SHAPE["num_hidden_layers"]):
        at = f"encoder.layer.{number}."
        parts = [affine(x, f"{at}attention.self.{part}") for part in ("query", "key", "value")]
        heads = []
        for head in range(SHAPE["num_attention_heads"]):
            query, key, value = (part[:, head * each : (head + 1) * each] for part in parts)
            weight = np.exp(query @ key.T / math.sqrt(each))
            heads.append(weight / weight.sum(axis=1, keepdims=True) @ value)
        x = norm(
            x + affine(np.concatenate(heads, axis=1), at + "attention.output.dense"), f"{at}attention.output.LayerNorm"
        )
        inner = affine(x, at + "intermediate.dense")
        active = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2
        x = norm(x + affine(active, at + "output.dense"), at + "output.LayerNorm")
    return x


def ids_of(text: str, longest: int = 16) -> list[int]:
    tokenizer = make_tokenizer()
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    found: list[int] = tokenizer.encode(text).ids
    return found


def unit(vectors: list[Numbers]) -> Numbers:
    found: Numbers = np.array([vector / np.linalg.norm(vector) for vector in vectors])
    return found


def test_a_vector_is_the_mean_state_of_a_text_of_norm_1(folder: Path) -> None:
    found = encode(read(folder), TEXTS)
    wanted = unit([reference(ids_of(text), make_weights()).mean(axis=0) for text in TEXTS])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=2e-6)


def test_what_the_files_say_counts(tmp_path: Path) -> None:
    first = read(write_encoder(tmp_path / "cls", pooling="cls_token", normalize=False))
    weights = make_weights()
    np.testing.assert_allclose(encode(first, TEXTS), [reference(ids_of(text), weights)[0] for text in TEXTS], atol=1e-5)
    short = read(write_encoder(tmp_path / "short", longest=5))
    means = [reference(ids_of(text, 5), weights).mean(axis=0) for text in TEXTS]
    np.testing.assert_allclose(encode(short, TEXTS), unit(means), atol=2e-6)
    shifted = read(write_encoder(tmp_path / "roberta", shape={"model_type": "roberta", "pad_token_id": 1}))
    means = [reference(ids_of(text, 14), weights, first=2).mean(axis=0) for text in TEXTS]
    np.testing.assert_allclose(encode(shifted, TEXTS), unit(means), atol=2e-6)
    prefixed = {f"bert.{name}": weight for name, weight in weights.items()}
    assert np.array_equal(
        encode(read(write_encoder(tmp_path / "prefix", weights=prefixed, longest=5)), TEXTS), encode(short, TEXTS)
    )


def test_batches_and_threads_change_no_bit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, before = read(folder), torch.get_num_threads()
    alone = encode(encoder, TEXTS * 50)
    try:
        torch.set_num_threads(2)
        assert np.array_equal(encode(encoder, TEXTS * 50), alone)
    finally:
        torch.set_num_threads(before)
    heard: list[tuple[int, int]] = []
    monkeypatch.setattr(sentence_encoder, "BATCH_TOKENS", 30)
    np.testing.assert_allclose(
        encode(encoder, TEXTS, on_count=lambda *counts: heard.append(counts)), alone[: len(TEXTS)], atol=2e-6
    )
    assert heard[-1] == (len(TEXTS), len(TEXTS))
    assert len(heard) > 1
    assert encode(encoder, []).shape == (0, 8)


def test_a_package_is_read_from_its_archive_without_importing_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "carried"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    with zipfile.ZipFile(package / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(encoder_source, "PACKAGES", {"tiny": ("carried", "model.zip")})
    source = resolve_encoder("package:tiny")
    assert source is not None
    assert np.array_equal(encode(read_encoder(source), TEXTS), encode(read(folder), TEXTS))
    data = bytearray((package / "model.zip").read_bytes())
    data[len(data) // 3] ^= 255
    (package / "model.zip").write_bytes(data)
    with pytest.raises(ModelError, match="reinstall the package"):
        read_encoder(source)
    with pytest.raises(DataError, match="expected one of 'package:tiny'"):
        resolve_encoder("package:large")


def wrong_weights(name: str, weight: NDArray[Any] | None) -> Weights:
    weights = make_weights()
    if weight is None:
        del weights[name]
    else:
        weights[name] = weight
    return weights


NORM = "encoder.layer.1.output.LayerNorm.bias"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"shape": {"model_type": "mpnet"}}, "model_type: expected 'bert', 'roberta'.* found 'mpnet'"),
        ({"shape": {"num_attention_heads": 3}}, "that num_attention_heads divides, found 8 and 3"),
        ({"shape": {"vocab_size": 20}}, r"word_embeddings.weight of floats \(20, 8\), found float32 \(19, 8\)"),
        ({"shape": {"hidden_act": "relu"}}, "hidden_act: expected 'gelu', found 'relu'"),
        ({"shape": {"max_position_embeddings": 2}}, "positions of 3 tokens or more, found those of 2"),
        ({"pooling": "max_tokens"}, "pooling by mean or by the CLS token, found max"),
        ({"weights": wrong_weights(NORM, None)}, f"expected {NORM} of floats .* found none"),
        ({"weights": wrong_weights(NORM, np.full(8, np.nan, np.float32))}, f"{NORM}: expected finite numbers"),
        ({"weights": wrong_weights(NORM, np.zeros(8, np.int32))}, "found int32"),
        ({"longest": 1}, "max_seq_length: expected"),
    ],
)
def test_an_encoder_of_another_kind_is_refused_in_a_line(tmp_path: Path, given: dict[str, Any], told: str) -> None:
    with pytest.raises(ModelError, match=told) as caught:
        read(write_encoder(tmp_path, **given))
    assert "\n" not in str(caught.value)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path)
    for name, data, told in (
        ("modules.json", b"[{}]", "a list of modules"),
        ("modules.json", json.dumps([{"type": "x.Dense"}]).encode(), "found Dense"),
        ("config.json", b"{", "expected JSON"),
        ("tokenizer.json", b'{"model": 1}', "a tokenizer of the library tokenizers"),
        ("tokenizer.json", b"\xff", "a tokenizer of the library tokenizers"),
        ("model.safetensors", b"\x01" * 100, "expected safetensors"),
    ):
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(data)
        with pytest.raises(ModelError, match=told):
            read(folder)
        (folder / name).write_bytes(before)
    (folder / "model.safetensors").unlink()
    with pytest.raises(DataError, match=r"embeddings\.encoder: .* found no model.safetensors"):
        resolve_encoder(str(folder))
    for named in ("nowhere", "\0", "a" * 5000):
        with pytest.raises(DataError, match="expected a folder of a sentence encoder"):
            resolve_encoder(named)


def test_an_id_past_the_weights_is_refused(tmp_path: Path) -> None:
    weights, fewer = make_weights(), 18
    weights["embeddings.word_embeddings.weight"] = weights["embeddings.word_embeddings.weight"][:fewer]
    with pytest.raises(ModelError, match="token ids below 18, as the weights have rows, found 18"):
        read(write_encoder(tmp_path, shape={"vocab_size": fewer}, weights=weights))
