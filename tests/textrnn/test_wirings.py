"""The same stages are wired twice: by the pipeline, and by `TextClassifier.fit`. Both give the same model, to the byte,
with every setting away from its default, so that one which either of them loses shows.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from classifiers import parameters_of
from made_encoder import write_encoder
from made_goods import make_goods
from made_kinds import make_feelings, make_stars, make_wishes, write_jsonlines
from stages import config_of, run_stages

from pipelines.config import SECTIONS
from textrnn import TextClassifier
from textrnn.bundling.bundle import folder_of
from textrnn.config.data import DataConfig
from textrnn.config.parameter_names import parameter_name
from textrnn.data.corpus import Corpus
from textrnn.data.example_tables import examples_of
from textrnn.data.load import corpus_of
from textrnn.data.readers.read_source import columns_of
from textrnn.evaluation.report import Report

MODEL_FILES = ("config.json", "tokenizer.json", "model.safetensors", "wide.safetensors", "decision.json")
MORE = [
    f"{word} song, we liked the {thing} ({n})"
    for n, (word, thing) in enumerate([("dull", "map"), ("kind", "cake")] * 15)
]
# every setting of every section that both wirings have, away from its default
EVERY: dict[str, dict[str, Any]] = {
    "tokenize": {"unit": "words", "lowercase": False, "normalize": "nfc", "simplify": False},
    "vocabulary": {"kind": "word", "max_size": 90, "min_count": 1},
    "embeddings": {"vectors": "none", "size": 5, "window": 2, "scale": 0.7},
    "encoder_pretraining": {
        "epochs": 0, "window": 3, "stride": 2, "subsampling_threshold": 0.01, "batch_size": 20,
        "learning_rate": 0.02,
    },
    "ngram_branch": {
        "enabled": True, "candidates": ("svm",), "ngrams": 2, "min_documents": 1, "max_features": 150,
        "inverse_penalties": (3.0, 0.1),
    },
    "model": {
        "encoder": "gru", "embedding_size": 6, "hidden_size": 5, "num_layers": 2, "bidirectional": True,
        "pooling": "attention", "word_dropout": 0.05, "embedding_dropout": 0.1, "layer_dropout": 0.1, "dropout": 0.2,
        "tabular_size": 4,
    },
    "self_training": {"teachers": 0, "epochs": 1, "temperature": 2.0},
    "train": {
        "seed": 3, "epochs": 2, "batch_size": 20, "max_tokens": 9, "truncation": "tail", "learning_rate": 0.02,
        "warmup": 0.3, "schedule": "constant", "label_smoothing": 0.1, "soft_weight": 0.5, "soft_temperature": 2.0,
        "adversarial": 0.2, "class_weight": "balanced",
        "sampling": "balanced", "weight_decay": 0.1, "clip_norm": 0.5, "ema_decay": 0.9, "best_by": "accuracy",
        "patience": 1, "precision": "float32", "device": "cpu", "processes": 1,
    },
    "decision": {"coverage": 0.8},
}  # fmt: skip
# of a report that is soon made
REPORT: dict[str, dict[str, Any]] = {
    "baseline": {
        "ngrams": 1,
        "nb_ngrams": 1,
        "inverse_penalties": (2.0,),
        "nb_inverse_penalties": (2.0,),
        "svm_inverse_penalties": (2.0,),
    },
    "evaluate": {"bootstrap": 20, "seed": 1, "errors": 3},
}
OTHERWISE: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {
    # several text columns; encoder pretraining, teachers, and what reads texts without labels
    "everything": (
        {"text_column": ("title", "body")},
        {
            "encoder_pretraining": {"epochs": 1}, "self_training": {"teachers": 2},
            "model": {"encoder": "lstm", "pooling": "max_mean", "num_layers": 1},
            "train": {"sampling": "plain", "class_weight": "none"},
            "vocabulary": {"kind": "bpe"},
            "decision": {"coverage": 1.0, "recall": 0.6, "for_class": "10", "confidence": 0.6},
        },
    ),
    "beside": (
        {
            "text_column": ("title", "body"), "numeric": ("price",), "categorical": ("shop",), "max_categories": 2,
        },
        {"vocabulary": {"kind": "unigram"}, "decision": {"coverage": 1.0, "costs": {"10": {"2": 5.0, "abstain": 0.2}}}},
    ),
    "multi": (
        {"target": "multi"},
        {
            "train": {"label_smoothing": 0.0, "truncation": "both"},
            "decision": {"coverage": 1.0},
            "encoder_pretraining": {"epochs": 1},
        },
    ),
    "number": (
        {"target": "number"},
        {
            "train": {"label_smoothing": 0.0, "class_weight": "none", "sampling": "plain", "truncation": "head"},
            "decision": {"coverage": 1.0},
        },
    ),
    "ordinal": (
        {"target": "ordinal", "classes": ("low", "fair", "high")},
        {"decision": {"coverage": 1.0, "precision": 0.5}},
    ),
    "path": (
        {"target": "path"},
        {
            "ngram_branch": {"enabled": False}, "model": {"bidirectional": False},
            "decision": {"coverage": 1.0, "abstain_below": 0.5},
        },
    ),
    "warm start": ({"target": "path"}, {"train": {"epochs": 1}}),
    "encoder": ({"target": "path"}, {"embeddings": {"encoder_size": 3}, "train": {"epochs": 1}}),
}  # fmt: skip


def rows_of(name: str, rows: int, seed: int) -> list[dict[str, Any]]:
    if name in ("everything", "beside"):
        codes = {"kept": 10, "sent back": -1}
        made = make_goods(rows, seed=seed)
        return [{**row, "label": 2 if n % 5 == 0 else codes[row["label"]]} for n, row in enumerate(made)]
    if name == "ordinal":
        words = {1: "low", 2: "low", 3: "fair", 4: "high", 5: "high"}
        return [{**row, "label": words[row["stars"]]} for row in make_stars(rows, seed=seed)]
    make, label = {"multi": (make_feelings, "labels"), "number": (make_stars, "stars")}.get(
        name, (make_wishes, "label")
    )
    return [{"text": row["text"], "label": row[label]} for row in make(rows, seed=seed)]


def settings_of(name: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    data, other = OTHERWISE[name]
    return data, {section: {**values, **other.get(section, {})} for section, values in EVERY.items()}


def as_parameters(data: dict[str, Any], sections: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The settings in Python: what is a parameter as one, all others in `settings`."""
    found: dict[str, Any] = {}
    for section, values in {"data": data, **sections}.items():
        for field, value in values.items():
            setting = f"{section}.{field}"
            found[parameter_name(setting) or setting] = value
    return parameters_of(found)


def splits_of(corpus: Corpus, rows: list[dict[str, Any]], folder: Path, more: list[str]) -> dict[str, Any]:
    """The [data] and [unlabelled] of files that hold the very splits that Python made, in their order."""
    files = {}
    for name, examples in corpus.splits.items():
        files[name] = str(write_jsonlines(folder / f"{name}.jsonl", [rows[row - 1] for row in examples.rows.tolist()]))
    files["test"] = str(write_jsonlines(folder / "test.jsonl", rows[:10]))
    if not more:
        return {"data": files}
    unlabelled = write_jsonlines(folder / "more.jsonl", [{"text": text} for text in more])
    return {"data": files, "unlabelled": {"source": str(unlabelled)}}


@pytest.mark.parametrize("name", OTHERWISE)
def test_fit_and_the_pipeline_make_the_same_model(name: str, tmp_path: Path) -> None:
    data, sections = settings_of(name)
    rows, more = rows_of(name, 110, 1), MORE if name in ("everything", "encoder") else []
    labels = [row["label"] for row in rows]
    texts: Any = rows if "text_column" in data else [row["text"] for row in rows]
    if name == "warm start":
        first = TextClassifier(**as_parameters(data, sections), validation_fraction=0.25).fit(texts, labels)
        first.save(tmp_path / "first")
        sections["train"]["init_from"] = str(tmp_path / "first")
    if name == "encoder":
        sections["embeddings"]["encoder"] = str(write_encoder(tmp_path / "encoder"))
        sections["self_training"]["teacher"] = str(tmp_path / "encoder")
    parameters = as_parameters(data, {**sections, **REPORT})
    fitted = TextClassifier(**parameters, validation_fraction=0.25).fit(texts, labels, unlabelled=more)

    columns = columns_of(DataConfig(**data))
    about = {key: data[key] for key in ("target", "classes", "max_categories") if key in data}
    corpus = corpus_of(
        examples_of(texts, columns),
        labels,
        validation_fraction=0.25,
        seed=sections["train"]["seed"],
        columns=columns,
        **about,
    )
    files = splits_of(corpus, rows, tmp_path, more)
    config = config_of({**sections, **REPORT, **files, "data": {**data, **files["data"]}}, tmp_path)
    nouns = run_stages(config, tmp_path, leave_out=("audit", "bundle"))
    made = folder_of(
        nouns["vocabulary"], nouns["classifier"], nouns["ngram_branch"], nouns["decision"],
        metrics={}, provenance={}, card="", columns=nouns["corpus"].columns,
    )  # fmt: skip
    assert nouns["classifier"].history == fitted.history_
    for file in MODEL_FILES:
        assert fitted._model.files[file] == made.files[file], file
    assert fitted.classes_.tolist() == list(nouns["classifier"].target.classes)
    same_report(fitted.evaluate(texts[:10], labels[:10]), nouns["report"])
    # all that was switched on is on
    assert len(nouns["unlabelled"].rows) == len(more)
    assert len(nouns["pseudo_labels"].rows) == len(more)
    assert bool(nouns["pretrained_weights"].weights) == bool(
        sections["encoder_pretraining"]["epochs"] or name == "warm start"
    )
    assert (nouns["decision"].min_confidence is not None) == (sections["decision"]["coverage"] < 1)


def same_report(given: Report, made: Report) -> None:
    """All that is measured on the same rows, but for how the rows are called."""
    for part in ("metrics", "baseline", "comparison", "classes", "confusion", "calibration", "rejection", "tabular"):
        assert given.data[part] == made.data[part], part
    for part in ("errors", "lengths", "history", "best_epoch", "target"):
        assert given.data[part] == made.data[part], part
    gain = (given.data["branches"] or {}).get("gain"), (made.data["branches"] or {}).get("gain")
    assert gain[0] == gain[1]


def test_every_setting_that_both_wirings_have_is_tried_away_from_its_default() -> None:
    """A new setting comes here: with another value in at least one of the cases above."""
    same = {
        ("tokenize", "simplify"): "needs OpenCC: tests/textrnn/text/test_chinese.py",
        ("train", "checkpoint_seconds"): "no result depends on it",
        ("train", "processes"): "several: tests/textrnn/training/test_processes.py",
        ("train", "init_from"): "needs a model: the case of a warm start",
        ("embeddings", "encoder"): "needs an encoder: the case of that name",
        ("self_training", "teacher"): "needs an encoder: the case of that name",
        ("train", "compare_cold_start"): "needs a model: tests/textrnn/training/test_compare_starts.py",
    }
    parameters = set(TextClassifier().get_params())
    for section in EVERY:
        for field in dataclasses.fields(SECTIONS[section]):
            tried = [settings_of(name)[1][section].get(field.name, field.default) for name in OTHERWISE]
            if (section, field.name) not in same:
                assert any(value != field.default for value in tried), f"{section}.{field.name}"
    for name in OTHERWISE:
        parameters -= set(as_parameters(*settings_of(name)))
    assert parameters == {"validation_fraction", "config", "verbose"}
