"""Every setting with a value that is not its default, and what must be set with it to see a difference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from made_encoder import write_encoder
from made_goods import make_goods

from textrnn.data.row_digest import row_digest

Tree = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Case:
    """`section.name` = `value`, where the sections of `given` differ from `BASE`."""

    section: str
    name: str
    value: Any
    given: Tree = field(default_factory=dict)

    @property
    def said(self) -> str:
        """What a test of it is called."""
        return f"{self.section}.{self.name}"


# small, and nothing left to auto
BASE: Tree = {
    "data": {"source": "rows.jsonl", "text_column": "body", "test_fraction": 0.2, "validation_fraction": 0.2},
    "tokenize": {"unit": "words"},
    "vocabulary": {"min_count": 1},
    "unlabelled": {},
    "embeddings": {"vectors": "none", "size": 4},
    "encoder_pretraining": {"epochs": 0, "batch_size": 16},
    "ngram_branch": {"candidates": ["nb"], "min_documents": 2, "inverse_penalties": [4.0]},
    "model": {"embedding_size": 4, "hidden_size": 4, "dropout": 0.2, "word_dropout": 0.1},
    "self_training": {},
    "train": {
        "epochs": 2, "batch_size": 16, "max_tokens": 8, "learning_rate": 0.02, "precision": "float32", "device": "cpu",
        "adversarial": 0.0, "patience": 0, "processes": 1,
    },
    "decision": {},
    "baseline": {
        "inverse_penalties": [1.0], "nb_inverse_penalties": [4.0], "svm_inverse_penalties": [1.0], "min_documents": 1,
    },
    "audit": {},
    "evaluate": {"bootstrap": 20, "errors": 3},
}  # fmt: skip

LONG: Tree = {"train": {"epochs": 6, "learning_rate": 0.5, "ema_decay": 0.0}}  # loss and accuracy go up and down
PASS: Tree = {"encoder_pretraining": {"epochs": 1, "window": 4, "stride": 2}}
MORE: Tree = {"unlabelled": {"source": "more.jsonl"}}
TABULAR: Tree = {"data": {"numeric": ["price"], "categorical": ["shop"]}}
SOFT: Tree = {"data": {"confidence_column": "sure"}}
DEEP: Tree = {"model": {"num_layers": 2, "dropout": 0.0, "word_dropout": 0.0, "embedding_dropout": 0.0}}
CHINESE: Tree = {"data": {"source": "chinese.jsonl", "text_column": "text"}}
ORDER: Tree = {
    "data": {"source": "words.csv", "text_column": "text", "target": "ordinal", "classes": ["low", "fair", "high"]}
}
SEVERAL: Tree = {"data": {"source": "several.csv", "text_column": "text", "target": "multi"}}

CASES = (
    Case("data", "source", "other.jsonl"),
    Case("data", "train", "other.jsonl", {"data": {"source": None, "train": "rows.jsonl"}}),
    Case("data", "validation", "few.jsonl", {"data": {"source": None, "train": "rows.jsonl"}}),
    Case("data", "test", "few.jsonl", {"data": {"source": None, "train": "rows.jsonl"}}),
    Case("data", "fixes", "fixes.csv"),
    Case("data", "format", "tsv", {"data": {"source": "tabs.csv", "text_column": "text"}}),
    Case("data", "text_column", "title"),
    Case("data", "label_column", "other"),
    Case("data", "confidence_column", "sure"),
    Case("data", "probability_columns", ["kept", "sent back"]),
    Case("data", "id_column", "id"),
    Case("data", "slice_by", ["id"]),
    Case("data", "numeric", ["price"]),
    Case("data", "categorical", ["shop"]),
    Case("data", "max_categories", 1, TABULAR),
    Case("data", "target", "ordinal", {"data": {"label_column": "grade"}}),
    Case("data", "classes", ["high", "low", "fair"], ORDER),
    Case("data", "label_separator", ";", SEVERAL),
    Case("data", "delimiter", ";", {"data": {"source": "words.csv", "text_column": "text"}}),
    Case("data", "errors", "replace", {"data": {"source": "bytes.csv", "text_column": "text"}}),
    Case("data", "encoding", "cp1252", {"data": {"source": "bytes.csv", "text_column": "text"}}),
    Case("data", "quoting", "none", {"data": {"source": "quotes.csv", "text_column": "text"}}),
    Case("data", "header", ["text", "label"], {"data": {"source": "words.csv", "text_column": "text"}}),
    Case("data", "on_bad_row", "skip", {"data": {"source": "bad.jsonl"}}),
    Case("data", "validation_fraction", 0.3),
    Case("data", "test_fraction", 0.3),
    Case("data", "split_seed", 1),
    Case("data", "folds", 2),
    Case("data", "max_rows", 5),
    Case("data", "max_bytes", 50),
    Case("data", "max_labels", 2, {"data": {"label_column": "other"}}),
    Case("data", "max_characters", 12),
    Case("tokenize", "unit", "characters"),
    Case("tokenize", "lowercase", False),
    Case("tokenize", "normalize", "nfc", CHINESE),
    Case("tokenize", "simplify", True, CHINESE),
    Case("vocabulary", "kind", "bpe"),
    Case("vocabulary", "max_size", 20),
    Case("vocabulary", "min_count", 4),
    Case("unlabelled", "source", "more.jsonl"),
    Case("unlabelled", "text_column", "note", MORE),
    Case("unlabelled", "errors", "replace", {"unlabelled": {"source": "bytes.csv"}}),
    Case("unlabelled", "encoding", "cp1252", {"unlabelled": {"source": "bytes.csv"}}),
    Case("unlabelled", "delimiter", ";", {"unlabelled": {"source": "words.csv"}}),
    Case("unlabelled", "quoting", "none", {"unlabelled": {"source": "quotes.csv"}}),
    Case("unlabelled", "header", ["text", "label"], {"unlabelled": {"source": "words.csv"}}),
    Case("unlabelled", "max_rows", 3, MORE),
    Case("unlabelled", "max_characters", 9, MORE),
    Case("embeddings", "vectors", "vectors.txt"),
    Case("embeddings", "encoder", "encoder", {"embeddings": {"size": 0}}),
    Case("embeddings", "encoder_size", 2, {"embeddings": {"encoder": "encoder", "size": 0}}),
    Case("embeddings", "size", 3),
    Case("embeddings", "window", 1),
    Case("embeddings", "scale", 1.5),
    Case("encoder_pretraining", "epochs", 2, PASS),
    Case("encoder_pretraining", "window", 2, PASS),
    Case("encoder_pretraining", "stride", 1, PASS),
    Case("encoder_pretraining", "subsampling_threshold", 0.5, PASS),
    Case("encoder_pretraining", "batch_size", 8, PASS),
    Case("encoder_pretraining", "learning_rate", 0.05, PASS),
    Case("ngram_branch", "enabled", False),
    Case("ngram_branch", "candidates", ["svm"]),
    Case("ngram_branch", "ngrams", 1),
    Case("ngram_branch", "min_documents", 9),
    Case("ngram_branch", "max_features", 9),
    Case("ngram_branch", "inverse_penalties", [0.1]),
    Case("model", "encoder", "gru"),
    Case("model", "embedding_size", 3),
    Case("model", "hidden_size", 3),
    Case("model", "num_layers", 2),
    Case("model", "bidirectional", False),
    Case("model", "pooling", "attention"),
    Case("model", "word_dropout", 0.4),
    Case("model", "embedding_dropout", 0.0),
    Case("model", "layer_dropout", 0.0, DEEP),
    Case("model", "dropout", 0.0),
    Case("model", "tabular_size", 3, TABULAR),
    Case("self_training", "teachers", 2, {**MORE, "self_training": {"teachers": 1, "epochs": 1}}),
    Case("self_training", "teacher", "encoder", MORE),
    Case("self_training", "temperature", 3.0, {**MORE, "self_training": {"teacher": "encoder"}}),
    Case("self_training", "epochs", 2, {**MORE, "self_training": {"teachers": 1, "epochs": 1}}),
    Case("train", "seed", 1),
    Case("train", "epochs", 1),
    Case("train", "batch_size", 10),
    Case("train", "max_tokens", 4),
    Case("train", "truncation", "head", {"train": {"max_tokens": 4}}),
    Case("train", "learning_rate", 0.01),
    Case("train", "warmup", 0.5),
    Case("train", "schedule", "constant"),
    Case("train", "soft_weight", 0.5, SOFT),
    Case("train", "soft_temperature", 3.0, SOFT),
    Case("train", "label_smoothing", 0.2),
    Case("train", "adversarial", 0.3),
    Case("train", "class_weight", "balanced"),
    Case("train", "sampling", "balanced"),
    Case("train", "weight_decay", 0.5),
    Case("train", "clip_norm", 0.01),
    Case("train", "ema_decay", 0.0),
    Case("train", "best_by", "accuracy", LONG),
    Case("train", "patience", 1, LONG),
    Case("train", "precision", "bfloat16"),
    Case("decision", "coverage", 0.6),
    Case("decision", "precision", 0.2),
    Case("decision", "recall", 0.2, {"decision": {"for_class": "kept"}}),
    Case("decision", "for_class", "sent back", {"decision": {"precision": 0.2}}),
    Case("decision", "confidence", 0.6, {"decision": {"abstain_below": 0.4}}),
    Case("decision", "abstain_below", 0.6),
    Case("decision", "costs", {"kept": {"sent back": 9.0}}),
    Case("baseline", "candidates", ["nb"]),
    Case("baseline", "ngrams", 1, {"baseline": {"candidates": ["tfidf"]}}),
    Case("baseline", "nb_ngrams", 1, {"baseline": {"candidates": ["nb"]}}),
    Case("baseline", "min_documents", 9),
    Case("baseline", "max_features", 9),
    Case("baseline", "inverse_penalties", [0.1]),
    Case("baseline", "nb_inverse_penalties", [0.1]),
    Case("baseline", "svm_inverse_penalties", [0.1]),
    Case("audit", "similarity", 0.3),
    Case("evaluate", "bootstrap", 30),
    Case("evaluate", "seed", 1),
    Case("evaluate", "errors", 1),
)  # fmt: skip
# settings that change no result, or whose change is tested elsewhere, and why
NO_CASE = {
    "train.checkpoint_seconds": "how often a checkpoint is kept: changes nothing, and is tested to",
    "train.device": "another machine's: tests/textrnn/nn/test_gpu.py",
    "train.processes": "other processes: tests/textrnn/training/test_processes.py",
    "train.init_from": "needs a model: tests/textrnn/training/test_warm_start.py",
    "train.compare_cold_start": "needs a model: tests/textrnn/training/test_compare_starts.py",
}


def tree_of(*changes: Tree) -> dict[str, dict[str, Any]]:
    """`BASE` with the values of `changes`; None takes one out."""
    found = {section: dict(values) for section, values in BASE.items()}
    for change in changes:
        for section, values in change.items():
            found[section] = {name: v for name, v in {**found[section], **values}.items() if v is not None}
    return found


def write_files(folder: Path) -> None:
    """What the cases read."""

    def lines(name: str, rows: list[dict[str, Any]]) -> None:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / name).write_text(text, encoding="utf-8")

    rows = [
        {**row, "id": f"r{n}", "other": "abc"[n % 3], "grade": n % 3 + 1, "body": row["body"].capitalize()}
        | {"sure": 0.6 + n % 3 / 10, "kept": n % 4 / 4, "sent back": 1 - n % 4 / 4}
        for n, row in enumerate(make_goods(50, seed=1))
    ]
    lines("rows.jsonl", rows)
    lines("other.jsonl", rows[:40])
    check = row_digest(rows[0]["body"], rows[0]["label"])
    (folder / "fixes.csv").write_text(f"row,split,check,right_label,drop\n1,train,{check},,x\n", encoding="utf-8")
    lines("few.jsonl", make_goods(20, seed=2))
    lines("bad.jsonl", [*rows[:30], {"title": "a", "body": None, "price": 1, "shop": "x", "label": None}, *rows[30:]])
    lines("more.jsonl", [{"text": f"a kind song, dull map {n}", "note": f"bright cake, weak {n}"} for n in range(12)])
    chinese = ["這部電影ＡＢ很好", "那本書ＣＤ不好看", "車子ＡＢ太貴了", "這個蛋糕ＣＤ好吃"]
    lines("chinese.jsonl", [{"text": f"{chinese[n % 4]}，{n}", "label": "ab"[n % 2]} for n in range(40)])
    words = [f"the {w} map ({n})" for n, w in enumerate(["dull", "usual", "kind"] * 12)]
    labels = ["low", "fair", "high"] * 12
    (folder / "words.csv").write_text(
        "text,label\n" + "".join(f"{t},{label}\n" for t, label in zip(words, labels, strict=True)), encoding="utf-8"
    )
    (folder / "tabs.csv").write_text(
        "text\tlabel\n" + "".join(f"{t}\t{label}\n" for t, label in zip(words, labels, strict=True)), encoding="utf-8"
    )
    several = "".join(f'{t},"{label},odd;even"\n' for t, label in zip(words, labels, strict=True))
    (folder / "several.csv").write_text("text,label\n" + several, encoding="utf-8")
    quotes = "".join(f'"the ""{t}""",{label}\n' for t, label in zip(words, labels, strict=True))
    (folder / "quotes.csv").write_text("text,label\n" + quotes, encoding="utf-8")
    (folder / "bytes.csv").write_bytes(
        b"text,label\n"
        + b"".join(b"caf\xe9 %d " % n + b"ab"[n % 2 : n % 2 + 1] * 3 + b",%d\n" % (n % 2) for n in range(30))
    )
    write_encoder(folder / "encoder")
    tokens = ["the", "was", "good", "bad", "lovely", "song", "map"]
    (folder / "vectors.txt").write_text(
        "".join(f"{t} 0.{n} 0.5 -0.{n}\n" for n, t in enumerate(tokens)), encoding="utf-8"
    )
