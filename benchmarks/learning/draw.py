"""Which rows are labelled, held out, related: the same for every way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.learning.sets import Dataset
from benchmarks.learning.task import Row, read_rows
from textrnn.storage.files import digest_file, digest_json, write_text

SIZES = (100, 300, 1_000, 3_000, 10_000)  # and all
SMALL, SEEDS_OF_SMALL = 1_000, 5  # so many seeds to this size, one beyond
HELD, HELD_SHARE, SEED = 2_000, 0.2, 20  # drawn once, where there are no official validation rows
RELATED = 20_000  # labelled rows of the related task, at most


def sizes_of(rows: int, scale: float) -> list[int]:
    """The sizes of a set of `rows` rows: all of them only at full scale.

    >>> sizes_of(6_920, 1.0), sizes_of(6_920, 0.1)
    ([100, 300, 1000, 3000, 6920], [100, 300, 1000])
    """
    most = round(SIZES[-1] * scale)
    return [size for size in SIZES if size <= min(most, rows)] + ([rows] if scale >= 1 and rows not in SIZES else [])


def seeds_of(size: int, scale: float) -> int:
    """How many seeds a size has: five, and one beyond 1,000 rows; two at least of the small ones in a scaled run.

    >>> seeds_of(1_000, 1.0), seeds_of(3_000, 1.0), seeds_of(100, 0.1)
    (5, 1, 2)
    """
    return max(2, round(SEEDS_OF_SMALL * min(scale, 1.0))) if size <= SMALL else 1


def prepare(data: Dataset, folder: Path, work: Path) -> None:
    """Write `pool.jsonl` and `held.jsonl` of a set, once, and `related.jsonl` where there are related texts.

    A text that stands in both, or that has several labels, is in neither. Raises OSError, DataError.
    """
    if (work / "pool.jsonl").exists():
        return
    chance = np.random.Generator(np.random.PCG64(SEED))
    rows = _distinct(data.rows(folder))
    if data.held is None:
        order = chance.permutation(len(rows))
        count = min(HELD, int(len(rows) * HELD_SHARE))
        held, rows = [rows[i] for i in order[:count]], [rows[i] for i in order[count:]]
    else:
        held = _distinct(data.held(folder))
    read = {text for text, _ in held}
    rows = [row for row in rows if row[0] not in read]
    write_rows(work / "held.jsonl", held)
    if data.related is not None:
        read |= {text for text, _ in rows}
        related = [row for row in _distinct(data.related(folder)) if row[0] not in read]
        write_rows(work / "related.jsonl", [related[i] for i in chance.permutation(len(related))[:RELATED]])
    write_rows(work / "pool.jsonl", rows)  # last: where it is, all are


def labelled_rows(work: Path, size: int, seed: int) -> tuple[Path, str]:
    """The file of `size` rows of the pool, in an order drawn by `seed`, so that fewer rows are among more; a digest of
    them with the held-out rows.
    """
    path = work / f"labelled-{size}-{seed}.jsonl"
    if not path.exists():
        pool = read_rows(work / "pool.jsonl")
        order = np.random.Generator(np.random.PCG64(seed)).permutation(len(pool))
        write_rows(path, [pool[i] for i in order[:size]])
    return path, digest_json([digest_file(path), digest_file(work / "held.jsonl")])


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as JSON Lines."""
    lines = (json.dumps({"text": text, "label": label}, ensure_ascii=False) for text, label in rows)
    write_text(path, "".join(line + "\n" for line in lines))


def _distinct(rows: Sequence[Row]) -> list[Row]:
    """Each text once, in the order of the rows; those with several labels, and empty ones, are left out."""
    labels: dict[str, set[str]] = {}
    for text, label in rows:
        labels.setdefault(text, set()).add(label)
    return [(text, next(iter(found))) for text, found in labels.items() if len(found) == 1 and text.strip()]
