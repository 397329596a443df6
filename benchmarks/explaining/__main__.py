"""`python -m benchmarks.explaining`: measure how faithful the explanations of trained models are, print the table."""

from __future__ import annotations

import argparse
import json
import lzma
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.explaining.measure import METHODS, RANDOM, locate, measure_model
from textrnn.model.folder import load_predictor
from textrnn.model.predictor import Predictor

SCORES = ("comprehensiveness deletion", "comprehensiveness unknown", "sufficiency deletion", "sufficiency unknown")
FEWEST = 5  # words: of fewer there are hardly any orders


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each model on texts of its own; returns the exit code."""
    wanted = _parse(arguments)
    results: dict[str, Any] = {}
    for name, model, rows in wanted.data:
        predictor = load_predictor(Path(model))
        texts = choose_texts(predictor, Path(rows), wanted.texts, wanted.longest)
        print(f"{name}: {len(texts)} texts", file=sys.stderr)
        results[name] = {"texts": len(texts), "methods": measure_model(predictor, texts, _tell)}
        print("\n".join(table_of(name, results[name])))
    if wanted.output:
        Path(wanted.output).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explaining", description=__doc__)
    parser.add_argument(
        "--data", nargs=3, action="append", required=True, metavar=("NAME", "MODEL", "ROWS"),
        help="a model folder, and JSON Lines with the texts to explain; repeatable",
    )  # fmt: skip
    parser.add_argument("--texts", type=int, default=200, help="how many texts")
    parser.add_argument(
        "--longest", type=int, default=40, help="words of a text; orders are searched for in its square"
    )
    parser.add_argument("--output", help="where the figures are written as JSON")
    return parser.parse_args(arguments)


def choose_texts(predictor: Predictor, path: Path, count: int, longest: int) -> list[str]:
    """Returns the first `count` different texts of 5 to `longest` words."""
    found: dict[str, None] = {}
    for text in _texts_in(path):
        if len(found) == count:
            break
        if len(text.split()) <= longest and FEWEST <= len(locate(predictor, text).spans) <= longest:
            found.setdefault(text)
    return list(found)


def _texts_in(path: Path) -> Iterator[str]:
    with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)["text"]


def table_of(name: str, result: dict[str, Any]) -> list[str]:
    """Returns the lines of a table, a row a method."""
    heads = [f"{name}, {result['texts']} texts", *SCORES, "largest p", "occlusion", "random weights", "remainder", "ms"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for method, row in result["methods"].items():
        cells = [method.replace("_", "-") if method in METHODS else method, *(f"{row[score]:.3f}" for score in SCORES)]
        largest = "" if method == RANDOM else f"{max(row[f'p {score}'] for score in SCORES):.1g}"
        more = ["rank agreement with occlusion", "rank correlation with random weights"]
        cells += [largest, *(f"{row[key]:.2f}" if key in row else "" for key in more)]
        cells += [f"{row['remainder']:.1%}", f"{1000 * row['seconds']:.0f}"] if "seconds" in row else ["", ""]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _tell(number: int) -> None:
    if number % 20 == 0:
        print(f"  {number} texts", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
