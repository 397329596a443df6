"""Two named models compared: their rows found, both predicted by the engine, the difference tested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.runs.compared_rows import ComparedRows, rows_of_runs
from pipelines.runs.comparison import MODEL_NAMES, Comparison, compare_predictions, predict_rows, require_comparable
from pipelines.runs.differing_texts import DifferingText, find_differing
from pipelines.runs.references import NamedModel
from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples, select_examples
from textrnn.errors import ConfigError
from textrnn.model.folder import load_predictor
from textrnn.model.predictor import Predictor
from textrnn.model.score_rows import read_labelled


@dataclass(frozen=True)
class ComparedModels:
    """Two models, the rows they were compared on, how well each does there, the rows on which they differ."""

    a: NamedModel
    b: NamedModel
    rows: ComparedRows
    comparison: Comparison
    differing: list[DifferingText]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            **{
                name: {
                    "run": model.run.id if model.run else None,
                    "name": model.run.name if model.run else None,
                    "model": str(model.folder),
                    "score": self.comparison.scores[name],
                }
                for name, model in (("a", self.a), ("b", self.b))
            },
            "rows": len(self.rows.examples),
            "held_out": self.rows.counts.to_json() if self.rows.counts else None,
            "compared_on": self.rows.line,
            **self.comparison.test,
            "differing": [text.to_json() for text in self.differing],
        }


def compare_models(
    a: NamedModel,
    b: NamedModel,
    data: str | None = None,
    reading: Mapping[str, Any] | None = None,
    cache_dir: Path | None = None,
    *,
    called: tuple[str, str] = MODEL_NAMES,
    max_rows: int | None = None,
) -> ComparedModels:
    """Compare the models on rows that both runs held out, or on the labelled rows `data`, which
    `read_labelled` reads by the options `reading`; `called` names them in the verdict. Of more
    than `max_rows` rows so many are taken, evenly spaced.

    Raises ConfigError where nothing can be compared, DataError, ModelError.
    """
    first, second = load_predictor(a.folder), load_predictor(b.folder)
    kind = require_comparable(first, second, (a.shown, b.shown))
    if data is not None:
        rows = _rows_of_file(data, first, second, reading or {})
    elif a.run is not None and b.run is not None:
        rows = rows_of_runs(a.run, b.run, cache_dir)
    else:
        lone = a if a.run is None else b
        raise ConfigError(
            f"{lone.shown}: expected a kept run, whose held-out rows are known, found a model alone; name labelled "
            "rows that neither model has seen, by --data FILE"
        )
    if max_rows is not None and len(rows.examples) > max_rows:
        some = select_examples(rows.examples, [i * len(rows.examples) // max_rows for i in range(max_rows)])
        rows = replace(rows, examples=some)
    answers = [predict_rows(each, rows.examples, name) for each, name in ((first, "A"), (second, "B"))]
    comparison = compare_predictions(kind, rows.examples, answers[0], answers[1], EvaluateConfig(), called)
    return ComparedModels(a, b, rows, comparison, find_differing(rows.examples, answers[0], answers[1], comparison))


def _rows_of_file(data: str, first: Predictor, second: Predictor, reading: Mapping[str, Any]) -> ComparedRows:
    """The labelled rows of a file, with the columns that either model reads. Raises DataError."""
    a, b = (read_labelled(each, data, **reading)[0] for each in (first, second))
    if a.rows.tolist() != b.rows.tolist():
        raise ConfigError(f"--data {data}: expected rows that both models can read, found others for each")
    # a text column may have another name here: then it stands at the place of that of training
    texts = {
        name: column
        for predictor, found in ((first, a), (second, b))
        for name, column in zip(predictor.columns.text, found.columns.values(), strict=True)
    }
    cells = {**a.tabular, **b.tabular}
    examples = Examples(texts, b.labels, b.rows, cells, b.ids, b.headed)
    return ComparedRows(examples, f"on {len(examples):,} rows of {data}")
