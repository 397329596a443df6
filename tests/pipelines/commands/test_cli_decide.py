"""`textrnn decide`: what it writes, what it says, what uses it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from made import make_rows, write_csv
from running import Call

from textrnn.model.folder import load_predictor

MODEL = Path("models") / "textrnn"


def test_the_validation_split_of_the_run_decides_and_whatever_reads_the_model_uses_it(
    place: Path, textrnn: Call
) -> None:
    ended = textrnn("decide", "--coverage", "0.5")
    assert ended.code == 0, ended.error
    assert "accepted" in ended.out
    assert "(validation split); written into" in ended.out
    rows = write_csv(place / "new.csv", make_rows(60, seed=3))
    scored = textrnn("score", str(rows))
    assert "rejected " in scored.out
    predicted = textrnn("predict", "--input", str(rows), "--output", "out.csv")
    assert predicted.code == 0
    assert (place / "out.csv").read_text(encoding="utf-8").count("false") > 0
    assert "not accepted" in predicted.err or "rejected" in predicted.err
    assert textrnn("decide", "--coverage", "1").code == 0, "the run is still known as the model's"
    assert load_predictor(MODEL).decision.min_confidence is None


@pytest.mark.parametrize("name", ["o.csv", "o.jsonl", "o.parquet"])
def test_the_label_that_was_rejected_stands_in_a_column_of_its_own(name: str, place: Path, textrnn: Call) -> None:
    rows = write_csv(place / "new.csv", [(text, "?") for text, _ in make_rows(60, seed=3)])
    found = []
    for coverage in ("1", "0.5"):
        assert textrnn("decide", "--coverage", coverage).code == 0
        assert textrnn("predict", "--input", str(rows), "--text-column", "text", "--output", name).code == 0
        found.append(read_predictions(place / name))
        (place / name).unlink()
    before, after = found
    assert "rejected_label" not in before[0]
    accepted = [row["accepted"] in (True, "true") for row in after]
    assert 0 < sum(accepted) < 60
    for own, row, stands in zip(before, after, accepted, strict=True):
        label, rejected = row["predicted_label"], row["rejected_label"]
        assert (label, rejected) == ((own["predicted_label"], None) if stands else (None, own["predicted_label"]))


def read_predictions(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: cell or None for name, cell in row.items()} for row in csv.DictReader(file)]


def test_labelled_rows_decide_and_what_is_guaranteed_comes_as_json(place: Path, textrnn: Call) -> None:
    rows = write_csv(place / "new.csv", make_rows(200, seed=4))
    ended = textrnn("decide", "--recall", "0.6", "--for", "bad", "--data", str(rows), "--json")
    assert ended.code == 0, ended.error
    found = json.loads(ended.out)
    (promise,) = found["promises"]
    assert (promise["measure"], promise["class"], promise["confidence"], promise["at_least"]) == (
        "recall", "bad", 0.9, 0.6,
    )  # fmt: skip
    assert (found["rows"], promise["rows"], promise["holds"]) == (200, 100, True)
    assert load_predictor(MODEL).decision.lowered[0] < 1


def test_what_no_threshold_gives_is_said_and_nothing_is_written(place: Path, textrnn: Call) -> None:
    before = (place / MODEL / "manifest.json").read_bytes()
    ended = textrnn("decide", "--precision", "0.9999")
    assert ended.code == 4
    assert ended.error.startswith("error: no threshold guarantees a precision of 0.9999 on ")
    assert (place / MODEL / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "decide: expected one of --precision, --recall, --coverage, --abstain-below, --costs, found none"),
        (("--precision", "2"), "--precision: expected a share above 0 and below 1, found 2"),
        (("--precision", "0.9", "--for", "eggs"), "--for: expected one of 'bad', 'good', found 'eggs'"),
        (("--abstain-below", "0"), "--abstain-below: expected a share above 0 to 1, found 0"),
        (("--costs", "none.csv"), "--costs none.csv: expected a CSV file in UTF-8"),
    ],
)
def test_what_is_mistaken_is_one_line(arguments: tuple[str, ...], words: str, place: Path, textrnn: Call) -> None:
    ended = textrnn("decide", *arguments)
    assert ended.code == 2
    assert ended.error.startswith(f"error: {words}")


def test_costs_come_from_a_file(place: Path, textrnn: Call) -> None:
    (place / "costs.csv").write_text("true,bad,good,abstain\nbad,0,9,0.5\ngood,1,0,0.5\n", encoding="utf-8")
    assert textrnn("decide", "--costs", "costs.csv").code == 0
    assert load_predictor(MODEL).decision.costs == ((0.0, 9.0, 0.5), (1.0, 0.0, 0.5))


def test_labelled_rows_are_read_alike_by_all_that_read_them(place: Path, textrnn: Call) -> None:
    rows = make_rows(60, seed=3)
    write_csv(place / "plain.csv", rows)
    lines = ["Größe;Text;Sorte", *(f'1;"{text}";{label}' for text, label in rows), '1;"what is this";']
    (place / "foreign.csv").write_bytes("\n".join(lines).encode("cp1252"))
    how = ("--text-column", "Text", "--label-column", "Sorte", "--encoding", "cp1252", "--delimiter", ";")
    how = (*how, "--on-bad-row", "skip")
    found = {}
    for file, options in (("plain.csv", ()), ("foreign.csv", how)):
        scored = textrnn("score", file, "--json", *options)
        decided = textrnn("decide", "--coverage", "0.5", "--data", file, "--json", *options)
        compared = textrnn("compare", str(MODEL), str(MODEL), "--data", file, "--json", *options)
        assert [each.code for each in (scored, decided, compared)] == [0, 0, 0], scored.err + decided.err + compared.err
        promises = decided.json["promises"]
        found[file] = scored.json["metrics"], promises, compared.json["rows"], compared.json["a"]["score"]
        assert textrnn("decide", "--coverage", "1").code == 0
    assert found["plain.csv"] == found["foreign.csv"]
    small = textrnn("export", "--small", "small", "--validation", "plain.csv", "--label-column", "nope")
    assert (small.code, "expected a column 'nope'" in small.error) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("decide", "--coverage", "0.5", "--label-column", "a"), "--label-column: expected --data FILE with it"),
        (("compare", str(MODEL), str(MODEL), "--no-header"), "--header: expected --data FILE with it"),
        (("export", "--small", "s", "--delimiter", ";"), "--delimiter: expected --validation FILE with it"),
        (("export", "--onnx", "m.onnx", "--encoding", "cp1252"), "--encoding: expected --validation FILE with it"),
    ],
)
def test_how_a_file_is_read_means_nothing_without_a_file(
    arguments: tuple[str, ...], words: str, place: Path, textrnn: Call
) -> None:
    ended = textrnn(*arguments)
    assert (ended.code, words in ended.error) == (2, True), ended.error
