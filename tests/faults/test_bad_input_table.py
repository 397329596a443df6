"""The table of bad input: what is handled is counted, what is refused is one line, and nothing is a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from faulting import record
from made import make_rows, write_csv
from running import SMALL, Call, Ended

from pipelines.app import run_app
from textrnn.config.data import DataConfig
from textrnn.data.corpus import Corpus
from textrnn.data.load import load_corpus
from textrnn.linear.baseline import Baseline
from textrnn.model.folder import load_predictor

ROWS = [(text, label) for text, label in make_rows(60)]
HEADER = b"text,label\n"
PLAIN = b"".join(b"%s,%s\n" % (f'"{text}"'.encode(), label.encode()) for text, label in ROWS)
GOOD = HEADER + PLAIN
MORE = b'"one more text",good\n'


def of_json(*values: object, last: bytes = b"") -> bytes:
    rows = [{"text": text, "label": label} for text, label in ROWS]
    return "".join(json.dumps(value) + "\n" for value in (*rows, *values)).encode() + last


def row(text: object, label: object = "good") -> dict[str, object]:
    return {"text": text, "label": label}


def of_lines(*more: bytes) -> bytes:
    """The rows as fastText has them, and `more` lines."""
    return b"".join(f"__label__{label} {text}\n".encode() for text, label in ROWS) + b"".join(more)


def of_cells(*cells: tuple[str, str]) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\n").writerows([("text", "label"), *ROWS, *cells])
    return made.getvalue().encode("utf-8", "surrogatepass")


@pytest.fixture(autouse=True, scope="module")
def _no_pictures() -> Iterator[None]:
    """They take most of the time, and show nothing that is not in the report's data."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textrnn.evaluation.build_report.draw_plots", lambda data: {})
        yield


@pytest.fixture
def here(tmp_path: Path, scored: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing in it but what is remembered of our own code."""
    monkeypatch.chdir(tmp_path)
    for name in ("TEXTRNN_CACHE", "TEXTRNN_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".textrnn").mkdir()
    shutil.copy(scored / ".textrnn" / "memo.json", tmp_path / ".textrnn")
    return tmp_path


@pytest.fixture
def textrnn(capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        code = run_app(list(arguments))
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return call


def files(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, but for the cache and the record of a run, which says that it failed."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {".textrnn", "runs"} & set(path.relative_to(folder).parts)
    }


def entries(folder: Path) -> list[str]:
    return sorted(str(path) for path in (folder / ".textrnn" / "entries").rglob("manifest.json"))


def corpus_in(source: Path | str, **more: Any) -> Corpus:
    return load_corpus(DataConfig(source=str(source), **more))


def all_texts(corpus: Corpus) -> list[str]:
    return [text for examples in corpus.splits.values() for text in examples.texts]


def all_labels(corpus: Corpus) -> list[object]:
    return [label for examples in corpus.splits.values() for label in examples.labels]


def holds(corpus: Corpus, text: str, label: str | None = None) -> bool:
    found = [
        (one, other) for part in corpus.splits.values() for one, other in zip(part.texts, part.labels, strict=True)
    ]
    return any(one == text and label in (None, other) for one, other in found)


def warned(corpus: Corpus, said: str) -> bool:
    return any(said in warning for warning in corpus.checks["warnings"])


# --- handled ----------------------------------------------------------------------------------

LONG = "word " * 40_000  # 200 kB
BIDI = "\u202e\u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f469\u200d\U0001f467 a\u200bb"
MANY = b"".join(b"t%d,y\n" % i for i in range(100_000))

Handled = tuple[str, bytes, Callable[[Corpus], bool]]
HANDLED: dict[str, Handled] = {
    "byte order mark": ("csv", b"\xef\xbb\xbf" + GOOD, lambda c: len(all_texts(c)) == 60),
    "CRLF": ("csv", GOOD.replace(b"\n", b"\r\n"), lambda c: set(all_labels(c)) == {"good", "bad"}),
    "LF": ("csv", GOOD, lambda c: set(all_labels(c)) == {"good", "bad"}),
    "mixed line ends": (
        "csv",
        HEADER + PLAIN.replace(b"\n", b"\r\n", 7),
        lambda c: c.target.classes == ("bad", "good"),
    ),
    "NUL": ("csv", GOOD + b'"a\0b",good\n', lambda c: c.checks["nul_texts"] == 1 and warned(c, "1 text with NUL")),
    "newline in quotes": ("csv", GOOD + b'"two\nlines",good\n', lambda c: holds(c, "two\nlines", "good")),
    "200 kB field": ("csv", of_cells((LONG, "good")), lambda c: holds(c, LONG)),
    "formula": ("csv", of_cells(("=cmd()", "good")), lambda c: holds(c, "=cmd()")),
    "NA as text and label": (
        "csv",
        of_cells(*((value, value) for value in ("NA", "None", "null", "nan"))),
        lambda c: all(holds(c, value, value) for value in ("NA", "None", "null", "nan")),
    ),
    "labels 01, 1, 1.0": (
        "csv",
        HEADER + b"".join(b"t%d,%s\n" % (i, (b"01", b"1", b"1.0")[i % 3]) for i in range(60)),
        lambda c: c.target.classes == ("01", "1", "1.0") and warned(c, "look alike"),
    ),
    "blanks after a label": (
        "csv",
        GOOD + b"a text,good  \n",
        lambda c: c.target.classes == ("bad", "good") and warned(c, "whitespace around 1 label were removed"),
    ),
    "empty texts among others": ("csv", GOOD + b",good\n , bad\n", lambda c: warned(c, "2 texts without a visible")),
    "lone surrogate": (
        "jsonl",
        of_json() + b'{"text": "a\\ud800b", "label": "good"}\n',
        lambda c: holds(c, "a\ufffdb") and warned(c, "1 lone surrogate replaced by U+FFFD"),
    ),
    "one text, two labels": ("csv", GOOD + b"a b,good\na b,bad\n", lambda c: warned(c, "two different labels")),
    "1 to 100,000": ("csv", HEADER + MANY + b"odd,x\n", lambda c: warned(c, "times the training rows of 'x'")),
    "a class with one row": ("csv", GOOD + b"odd,rare\n", lambda c: "rare" in c.splits["train"].labels),
    "text [PAD]": ("csv", GOOD + b"[PAD] [UNK],good\n", lambda c: holds(c, "[PAD] [UNK]")),
    "NFC beside NFD": (
        "csv",
        of_cells(("caf\u00e9", "good"), ("cafe\u0301", "bad")),
        lambda c: holds(c, "caf\u00e9") and holds(c, "cafe\u0301"),
    ),
    "right to left, joiners, zero width": ("csv", of_cells((BIDI, "good")), lambda c: holds(c, BIDI)),
    "fastText": ("txt", of_lines(b"\n \r\n"), lambda c: sorted(all_texts(c)) == sorted(text for text, _ in ROWS)),
    "fastText, a label behind the text": ("train", of_lines(b"a b __label__bad\n"), lambda c: holds(c, "a b", "bad")),
    "3 MB line after short ones": ("jsonl", of_json(row("x " * 1_500_000)), lambda c: c.checks["cut_texts"] == 1),
}


@pytest.mark.parametrize("name", HANDLED)
def test_handled(name: str, here: Path, textrnn: Call, request: pytest.FixtureRequest) -> None:
    suffix, data, is_right = HANDLED[name]
    (here / f"data.{suffix}").write_bytes(data)
    ended = textrnn("load", "--data", f"data.{suffix}", "--json")
    assert ended.code == 0, ended.err
    corpus = Corpus.load(next((here / ".textrnn" / "entries" / "load").rglob("corpus.json")).parent)
    assert is_right(corpus), corpus.checks
    record(request, "input", rounds=1, held=1, note=f"handled: {name}")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose test split shares rows with training and has a label of its own."""
    folder = tmp_path_factory.mktemp("scored")
    write_csv(folder / "train.csv", make_rows(120))
    unseen = [(f"the odd one ({i})", "god") for i in range(6)]
    write_csv(folder / "test.csv", make_rows(10) + make_rows(30, seed=1) + unseen)
    config = SMALL.replace('source = "data.csv"', 'train = "train.csv"\ntest = "test.csv"')
    (folder / "textrnn.toml").write_text(config.replace("bootstrap = 20", "bootstrap = 0"), encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert run_app(["run", "--quiet"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def model(scored: Path, here: Path) -> Path:
    """A copy of its model, in the present folder beside data to use it on."""
    shutil.copytree(scored / "models" / "textrnn", here / "model")
    write_csv(here / "data.csv", make_rows(12))
    return here / "model"


def test_a_label_that_only_the_test_has_is_counted_wrong(scored: Path, request: pytest.FixtureRequest) -> None:
    report = json.loads((scored / "runs" / "textrnn" / "report.json").read_text(encoding="utf-8"))
    found = {about["name"]: about for about in report["classes"]}["god"]
    assert (found["support"], found["recall"], found["f1"]) == (6, 0, 0)
    place = [about["name"] for about in report["classes"]].index("god")
    assert sum(report["confusion"][place]) == 6
    assert report["confusion"][place][place] == 0
    # not by luck: of whatever text it has probability 0
    predictor = load_predictor(scored / "models" / "textrnn")
    said = predictor.predict_probabilities([text for text, _ in make_rows(200)] + ["", "god", "the odd one (1)"])
    assert not said[:, predictor.target.classes.index("god")].any()
    baseline = next((scored / ".textrnn" / "entries" / "baseline").glob("*/data"))
    assert not Baseline.load(baseline).scores["test"][:, predictor.target.classes.index("god")].any()
    assert any("no training row has the label 'god': 6 test rows" in said for said in report["checks"]["warnings"])
    assert any("did you mean 'good'" in said for said in report["checks"]["warnings"])
    record(request, "input", rounds=1, held=1, note="handled: a label that only the test split has")


def test_rows_in_train_and_test_are_in_the_report(scored: Path, request: pytest.FixtureRequest) -> None:
    report = json.loads((scored / "runs" / "textrnn" / "report.json").read_text(encoding="utf-8"))
    assert report["checks"]["shared"]["train-test"]["rows"] >= 8
    said = "repeat a text of train"
    assert any(said in warning and "%" in warning for warning in report["checks"]["warnings"])
    assert said in (scored / "runs" / "textrnn" / "report.html").read_text(encoding="utf-8")
    record(request, "input", rounds=1, held=1, note="handled: train/test overlap")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "folder"])
def test_a_test_split_of_minus_one_is_left_out(kind: str, here: Path, request: pytest.FixtureRequest) -> None:
    train, test = here / f"train.{kind}", here / f"test.{kind}"
    if kind == "csv":
        write_csv(train, ROWS)
        write_csv(test, [(text, "-1") for text, _ in ROWS])
        config = DataConfig(train=str(train), test=str(test))
    elif kind == "jsonl":
        for path in (train, test):
            rows = [row(text, -1 if path == test else i % 2) for i, (text, _) in enumerate(ROWS)]
            path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
        config = DataConfig(train=str(train), test=str(test))
    else:
        names = Features({"text": Value("string"), "label": ClassLabel(names=["bad", "good"])})
        parts = {
            split: Dataset.from_dict({"text": [f"{split} {i}" for i in range(60)], "label": labels}, names)
            for split, labels in (("train", [0, 1] * 30), ("test", [-1] * 60))
        }
        DatasetDict(parts).save_to_disk(here / "dict")
        config = DataConfig(source=str(here / "dict"))
    corpus = load_corpus(config)
    assert list(corpus.splits) == ["train", "validation"]
    assert corpus.checks["unlabelled_test"] == 60
    assert warned(corpus, "the test split has no labels (60 rows, all -1)")
    record(request, "input", rounds=1, held=1, note=f"handled: an unlabelled test split ({kind})")


def test_without_test_labels_validation_is_scored_which_is_reported(here: Path, textrnn: Call) -> None:
    write_csv(here / "train.csv", make_rows(80))
    write_csv(here / "test.csv", [(text, "-1") for text, _ in make_rows(20)])
    config = SMALL.replace('source = "data.csv"', 'train = "train.csv"\ntest = "test.csv"')
    (here / "textrnn.toml").write_text(config.replace("bootstrap = 20", "bootstrap = 0"), encoding="utf-8")
    assert textrnn("evaluate", "--quiet").code == 0
    folder = next((here / ".textrnn" / "entries" / "evaluate").rglob("report.json")).parent
    assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["split"] == "validation"
    assert "validation" in (folder / "report.html").read_text(encoding="utf-8")


def test_label_names_in_another_order_are_matched_by_name(here: Path, request: pytest.FixtureRequest) -> None:
    parts = {}
    for split, names in (("train", ["bad", "good"]), ("test", ["good", "bad"])):
        kinds = Features({"text": Value("string"), "label": ClassLabel(names=names)})
        labels = [names.index(label) for _, label in ROWS]
        parts[split] = Dataset.from_dict({"text": [f"{split} {text}" for text, _ in ROWS], "label": labels}, kinds)
    for split, part in parts.items():
        part.save_to_disk(here / "dict" / split)
    (here / "dict" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}', encoding="utf-8")
    test = corpus_in(here / "dict").splits["test"]
    expected = {f"test {text}": label for text, label in ROWS}
    assert dict(zip(test.texts, test.labels, strict=True)) == expected
    record(request, "input", rounds=1, held=1, note="handled: label names in another order")


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_bytes_that_are_not_utf8_are_replaced_if_asked(
    suffix: str, here: Path, textrnn: Call, request: pytest.FixtureRequest
) -> None:
    bad = (
        b'"caf\xe9 \xef\xbf\xbd \xff",good\n'
        if suffix == "csv"
        else b'{"text": "caf\xe9 \xef\xbf\xbd \xff", "label": "good"}\n'
    )
    (here / f"data.{suffix}").write_bytes((GOOD if suffix == "csv" else of_json()) + bad)
    assert textrnn("load", "--data", f"data.{suffix}").code == 3
    ended = textrnn("load", "--data", f"data.{suffix}", "--set", "data.errors=replace")
    assert ended.code == 0
    assert "warning: 2 byte sequences replaced by U+FFFD" in ended.err
    corpus = corpus_in(here / f"data.{suffix}", errors="replace")
    assert holds(corpus, "caf\ufffd \ufffd \ufffd")
    assert corpus.checks["replaced_bytes"] == 2
    assert textrnn("init", f"data.{suffix}", "--errors", "replace").code == 0
    assert textrnn("load").code == 0
    record(request, "input", rounds=1, held=1, note=f"handled: invalid bytes replaced ({suffix})")


def test_predict_and_score_replace_bytes_if_asked(model: Path, here: Path, textrnn: Call) -> None:
    for name in ("data.csv", "data.txt"):
        (here / name).write_bytes(HEADER + b"caf\xe9,good\n")
        refused = textrnn("predict", "-m", "model", "-i", name)
        assert refused.code == 3
        assert "0xe9" in refused.error
        assert textrnn("predict", "-m", "model", "-i", name, "--errors", "replace").code == 0
    assert textrnn("score", "data.csv", "-m", "model").code == 3
    ended = textrnn("score", "data.csv", "-m", "model", "--errors", "replace", "--json")
    assert ended.code == 0
    assert ended.json["checks"]["replaced_bytes"] == 1


READ_OF = ["accepted", "tokens", "cut", "unknown", "model"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_cells_are_safe_in_a_spreadsheet(start: str) -> None:
    from pipelines.predicting.csv_json_output import csv_rows
    from pipelines.predicting.input_columns import original_cells
    from pipelines.predicting.output_columns import OutputColumns
    from pipelines.predicting.predicted_rows import PredictedRows

    label = f"{start}cmd()"
    told = [[label, "-1.5"]], [label], [1.0], [True], [None], [3], [False], [0.0], [range(2)], [[1.0, 0.0]], [""]
    look = OutputColumns("label", (label, "b"), top=None)
    made = {}
    for safe in (False, True):
        form = csv_rows(look, original_cells([label, "n"]), safe=safe)
        text = form.head + form.write(PredictedRows._make(told))
        made[safe] = list(csv.reader(text.splitlines(keepends=True), strict=True))
    added = ["label", "probability", *READ_OF, f"probability_{label}", "probability_b"]
    cells = ["1.0", "true", "3", "false", "0.0", "", "1.0", "0.0"]
    assert made[False] == [[label, "n", *added], [label, "-1.5", label, *cells]]
    assert made[True] == [[f"'{label}", "n", *added], [f"'{label}", "-1.5", f"'{label}", *cells]]


def test_spreadsheet_safe_is_of_csv(model: Path, textrnn: Call) -> None:
    assert textrnn("predict", "-m", "model", "a", "-f", "csv", "--spreadsheet-safe").code == 0
    refused = textrnn("predict", "-m", "model", "a", "--spreadsheet-safe")
    assert refused.code == 2
    assert "expected --format csv" in refused.error


# --- refused as data --------------------------------------------------------------------------

FEW = b"".join(b"t%d,l%d\n" % (i, i) for i in range(10_001))
DEEP = b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b', "label": "x"}\n'

ROW_61, LINE_61 = "row 61 after the header (line 62)", "row 61 (counted from 1, line 61)"
REFUSED: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "0 bytes": ("csv", b"", ("data.csv", "0 bytes")),
    "header only": ("csv", HEADER, ("found no rows",)),
    "UTF-16": ("csv", GOOD.decode().encode("utf-16"), ("UTF-16", "--encoding utf-16")),
    "fastText, a line without a label": ("txt", of_lines(b"no label\n"), ("row 61", "line 61", "expected a label")),
    "fastText, a label without a name": ("txt", of_lines(b"__label__ a\n"), ("line 61", "a label after __label__")),
    "plain text, then labels": ("txt", b"no label\n" + of_lines(), ("line 1", "as in line 2, found 'no label'")),
    "fastText, an invalid byte": ("txt", of_lines(b"__label__good caf\xe9\n"), ("line 61", "0xe9", "cp1252")),
    "UTF-16 without a mark": ("csv", GOOD.decode().encode("utf-16-le"), ("UTF-16",)),
    "invalid byte": ("csv", GOOD + b"caf\xe9,good\n", ("line 62", f"0xe9 at offset {len(GOOD) + 3}", "cp1252")),
    "bare CR": ("csv", GOOD.replace(b"\n", b"\r"), ("bare CR", "convert the line endings")),
    "unclosed quote": ("csv", GOOD + b'"never,good\n' + MORE, (ROW_61, "never close")),
    "a field too many": ("csv", GOOD + b"a,b,good\n", (ROW_61, "expected 2 fields, found 3")),
    "a field too few": ("csv", GOOD + b"alone\n", (ROW_61, "expected 2 fields, found 1")),
    "missing column": ("csv", GOOD.replace(b"label", b"lable", 1), ("found 'text', 'lable'", "did you mean 'lable'?")),
    "header twice": ("csv", GOOD.replace(b"label", b"text", 1), ("expected one column 'text'", "more than once")),
    "wrong delimiter": (
        "csv", GOOD.replace(b"text,label", b"review,stars").replace(b",", b";"),
        ("one column", "likely ';'", "--delimiter ';'"),
    ),
    "cut last line": ("jsonl", of_json(last=b'{"text": "a", "lab'), (LINE_61, "last line is cut")),
    "key twice": ("jsonl", of_json(last=b'{"text": "a", "text": "b", "label": "x"}\n'), ("row 61", "more than once")),
    "top-level array": ("json", json.dumps([row("a")] * 60).encode(), ("found an array", "jq -c '.[]'")),
    "array over many lines": ("json", json.dumps([row("a")] * 60, indent=1).encode(), ("found an array", "jq -c")),
    "mixed label types": ("jsonl", of_json(row("a", 1)), ("row 61", "'good' and then 1", "write them one way")),
    "NaN": ("jsonl", of_json(last=b'{"text": "a", "label": NaN}\n'), ("row 61", "found NaN")),
    "nested 100,000 deep": ("jsonl", of_json(last=DEEP), ("row 61", "nested too deeply")),
    "a text that is a number": ("jsonl", of_json(row(5)), (LINE_61, "column 'text'", "found a number 5")),
    "a text that is a list": ("jsonl", of_json(row(["a"])), (LINE_61, "column 'text'", "found a list")),
    "all texts empty": ("csv", HEADER + b",good\n,bad\n" * 30, ("all 60 empty", "is it the text column?")),
    "one class": ("csv", GOOD.replace(b",bad", b",good"), ("at least two classes", "only 'good'")),
    "U+FDFA a million times": (
        "csv", GOOD + "\ufdfa".encode() * 1_000_000 + b",good\n",
        ("column 'text'", "at most 1,000,000 characters", "found 18,000,000 once 1,000,000 are normalised"),
    ),
    "10,001 labels": ("csv", HEADER + FEW, ("row 10001", "at most 10,000 classes", "--allow-many-labels")),
}  # fmt: skip


def require_refusal(ended: Ended, said: tuple[str, ...], code: int = 3) -> None:
    assert ended.code == code, (ended.code, ended.err)
    for part in said:
        assert part in ended.error, ended.error
    assert len(ended.error) < 500


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, here: Path, textrnn: Call, request: pytest.FixtureRequest) -> None:
    suffix, data, said = REFUSED[name]
    (here / f"data.{suffix}").write_bytes(data)
    before = files(here)
    require_refusal(textrnn("load", "--data", f"data.{suffix}"), said)
    assert files(here) == before
    assert entries(here) == []
    looked = textrnn("init", f"data.{suffix}", "--text-column", "text", "--label-column", "label")
    require_refusal(looked, said)
    assert files(here) == before
    if name in ("bare CR", "wrong delimiter", "missing column", "header twice"):  # where columns are to be guessed
        guessed = textrnn("init", f"data.{suffix}")
        assert guessed.code == 3
        assert guessed.error
        assert files(here) == before
    record(request, "input", rounds=1, held=1, note=f"refused: {name}")


def test_more_labels_can_be_requested(here: Path, textrnn: Call) -> None:
    (here / "data.csv").write_bytes(HEADER + b"".join(b"t%d,l%d\n" % (i, i % 11) for i in range(330)))
    ended = textrnn("load", "--data", "data.csv", "--set", "data.max_labels=10")
    require_refusal(ended, ("at most 10 classes", "data.max_labels"))
    assert textrnn("load", "--data", "data.csv", "--set", "data.max_labels=11").code == 0


def test_ten_thousand_labels_and_more_by_an_option(here: Path, textrnn: Call, request: pytest.FixtureRequest) -> None:
    rows = (b"t%d,l%d\n" % (i, i % 10_001) for i in range(20_002))
    (here / "data.csv").write_bytes(HEADER + b"".join(rows))
    require_refusal(textrnn("load", "--data", "data.csv"), ("--allow-many-labels",))
    assert textrnn("load", "--data", "data.csv", "--allow-many-labels").code == 0
    assert textrnn("plan", "--json").json[0]["status"] == "cached", "the next command here knows of it"
    assert textrnn("run", "--data", "data.csv", "--allow-many-labels", "--until", "load").code == 0
    columns = ("--text-column", "text", "--label-column", "label")
    assert textrnn("init", "data.csv", *columns).code == 3
    assert textrnn("init", "data.csv", *columns, "--allow-many-labels").code == 0
    assert textrnn("load").code == 0, "the config that it wrote allows them too"
    record(request, "input", rounds=1, held=1, note="handled: more than 10,000 labels, by --allow-many-labels")


# --- word vectors -----------------------------------------------------------------------------

KNOWN = "the 1 2 3\nfilm 2 3 4\nsoup 4 5 6\nwas 1 1 2\ngood 0 1 2\nbad 1 2 0\n, 1 0 1\n( 1 1 0\n) 0 1 1\n"
VECTORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a header line": ("6 3\n" + KNOWN, ("vectors.txt: covers",)),
    "no header line": (KNOWN, ("vectors.txt: covers",)),
    "tokens with spaces": (KNOWN + ". . . 1 2 3\nnew york 1 2 3\n", ("vectors.txt: covers",)),
    "few words in common": ("nonsense 1 2 3\n, 1 1 1\n", ("warning: ", "vectors for less than 20% of")),
}
NO_VECTORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a row of another dimension": (KNOWN + "plot 1 2\n", ("line 10", "3 finite numbers", "found 2 after 'plot'")),
    "a row too long": (KNOWN + "plot 1 2 3 4\n", ("line 10", "3 finite numbers", "found 4 after 'plot'")),
    "NaN": (KNOWN + "plot 1 nan 3\n", ("line 10", "3 finite numbers")),
    "NaN of a word in use": (KNOWN.replace("good 0", "good NaN"), ("line 5", "3 finite numbers")),
    "no word in common": ("nonsense 1 2 3\n", ("vectors.txt: expected vectors for words", "none in common")),
}


def pretrained(here: Path, textrnn: Call, content: str) -> Ended:
    (here / "data.csv").write_bytes(GOOD)
    (here / "vectors.txt").write_text(content, encoding="utf-8")
    (here / "textrnn.toml").write_text(SMALL.replace('"none"', '"vectors.txt"\nsize = 0'), encoding="utf-8")
    return textrnn("embeddings")


@pytest.mark.parametrize("name", VECTORS)
def test_word_vectors(name: str, here: Path, textrnn: Call, request: pytest.FixtureRequest) -> None:
    content, said = VECTORS[name]
    ended = pretrained(here, textrnn, content)
    assert ended.code == 0, ended.err
    assert all(part in ended.err for part in said), ended.err
    assert ("less than 20%" in ended.err) == ("few" in name), ended.err
    record(request, "input", rounds=1, held=1, note=f"handled: word vectors, {name}")


@pytest.mark.parametrize("name", NO_VECTORS)
def test_word_vectors_that_are_refused(name: str, here: Path, textrnn: Call, request: pytest.FixtureRequest) -> None:
    content, said = NO_VECTORS[name]
    require_refusal(pretrained(here, textrnn, content), said)
    assert not list((here / ".textrnn" / "entries").glob("embeddings/*"))
    record(request, "input", rounds=1, held=1, note=f"refused: word vectors, {name}")


def test_a_few_labels_of_the_test_are_minus_one(here: Path, textrnn: Call) -> None:
    write_csv(here / "train.csv", ROWS)
    write_csv(here / "test.csv", [*ROWS[:4], ("a", "-1")])
    config = '[data]\ntrain = "train.csv"\ntest = "test.csv"\n'
    (here / "textrnn.toml").write_text(config, encoding="utf-8")
    require_refusal(textrnn("load"), ("test split, row 5", "-1 in 1 row of 5", "leave those rows out"))


def write_bomb(path: Path, rows: int = 3000, characters: int = 1_000_000) -> None:
    """One long text, held once, that the rows name by its number: 500 bytes of file, 3 GB of text."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["a" * characters]))
    labels = pa.array(["x", "y"] * (rows // 2))
    table = pa.table({"text": texts, "label": labels})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=1 << 30, store_schema=False)


def test_a_parquet_bomb_is_refused_before_it_is_decoded(
    here: Path, textrnn: Call, request: pytest.FixtureRequest
) -> None:
    write_bomb(here / "data.parquet")
    assert (here / "data.parquet").stat().st_size < 5000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ended = textrnn("load", "--data", "data.parquet")
    require_refusal(
        ended,
        (
            "data.parquet, row 2049 to 3000 (counted from 1): expected at most 2,147,483,648 bytes of text",
            "data.max_bytes",
        ),
    )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 200, f"{grown:.0f} MB more"
    record(request, "input", rounds=1, held=1, note=f"refused: a Parquet bomb of 3 GB, {grown:.0f} MB more memory")


def test_a_bomb_of_plain_pages_is_refused_by_what_the_file_says(here: Path, textrnn: Call) -> None:
    table = pa.table({"text": [f"{i} " + "a" * 50_000 for i in range(80)], "label": ["x", "y"] * 40})
    pq.write_table(table, here / "data.parquet", compression="zstd", use_dictionary=False)
    said = ("data.parquet: expected at most 1,000,000 bytes of text",)  # no row: nothing was decoded
    require_refusal(textrnn("load", "--data", "data.parquet", "--set", "data.max_bytes=1000000"), said)
    assert textrnn("load", "--data", "data.parquet").code == 0


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_text_of_more_bytes_than_allowed(suffix: str, here: Path, textrnn: Call) -> None:
    (here / f"data.{suffix}").write_bytes(GOOD if suffix == "csv" else of_json())
    ended = textrnn("load", "--data", f"data.{suffix}", "--set", "data.max_bytes=100")
    require_refusal(ended, ("row 3", "expected at most 100 bytes of text"))


def test_a_parquet_file_without_its_footer(here: Path, textrnn: Call, request: pytest.FixtureRequest) -> None:
    texts, labels = zip(*ROWS, strict=True)
    pq.write_table(pa.table({"text": texts, "label": labels}), here / "whole.parquet")
    whole = (here / "whole.parquet").read_bytes()
    for cut in (1, 8, len(whole) // 2):
        (here / "data.parquet").write_bytes(whole[:-cut])
        for command in (("load", "--data"), ("init",)):
            require_refusal(textrnn(*command, "data.parquet"), ("data.parquet",))
        explicit = textrnn("load", "--data", "data.parquet")
        require_refusal(explicit, ("cut or damaged",))
    record(request, "input", rounds=1, held=1, note="refused: a Parquet footer cut off")


def test_a_text_column_of_bytes(here: Path, textrnn: Call, request: pytest.FixtureRequest) -> None:
    table = pa.table({"text": pa.array([b"a"] * 60, pa.binary()), "label": ["x", "y"] * 30})
    pq.write_table(table, here / "data.parquet")
    require_refusal(textrnn("load", "--data", "data.parquet"), ("strings in the column 'text'", "found binary"))
    record(request, "input", rounds=1, held=1, note="refused: a binary text column")


def write_dataset(folder: Path) -> None:
    Dataset.from_dict({"text": [t for t, _ in ROWS], "label": [la for _, la in ROWS]}).save_to_disk(
        folder, num_shards=2
    )


def drop_shard(folder: Path) -> None:
    (folder / "data-00001-of-00002.arrow").unlink()


def add_program(folder: Path) -> None:
    (folder / "load.py").write_text(f"open({str(folder / 'imported')!r}, 'w').close()\n", encoding="utf-8")


def lead_out(folder: Path) -> None:
    shard = folder / "data-00001-of-00002.arrow"
    shard.rename(folder.parent / "away.arrow")
    shard.symlink_to(folder.parent / "away.arrow")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (drop_shard, ("expected 2 shards", "no dict/data-00001-of-00002.arrow")),
        (add_program, ("the program load.py", "no code is read")),
        (lead_out, ("a link to a file outside", "data-00001-of-00002.arrow", "copy the file in")),
    ],
)
@pytest.mark.parametrize("kind", ["", "hub:./"])
def test_a_dataset_folder(
    kind: str,
    damage: Callable[[Path], None],
    said: tuple[str, ...],
    here: Path,
    textrnn: Call,
    request: pytest.FixtureRequest,
) -> None:
    write_dataset(here / "dict")
    if not kind:
        assert textrnn("load", "--data", "dict", "--cache-dir", "other").code == 0
    damage(here / "dict")
    before = files(here)
    ended = textrnn("load", "--data", f"{kind}dict")
    require_refusal(ended, tuple(part.replace(" dict/", f" {here}/dict/") for part in said))
    assert files(here) == before
    assert entries(here) == []
    assert not (here / "dict" / "imported").exists()
    record(request, "input", rounds=1, held=1, note=f"refused: dataset folder, {damage.__name__}")


# --- refused as usage -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("train.epoch=2", "did you mean train.epochs?"),
        ("trian.epochs=2", "did you mean train?"),
        ("model.epochs=2", "it belongs to [train]: train.epochs"),
        ("train.epochs=two", "train.epochs: "),
        ("train.learning_rate=nan", "train.learning_rate: "),
        ("train.clip_norm=-1", "train.clip_norm: "),
        ("train.batch_size=-1", "train.batch_size: "),
        ("model.dropout=1.5", "model.dropout: "),
        ("train.batch_size=1000000000", "train.batch_size: "),
        ("data.max_bytes=0", "data.max_bytes: "),
        ("data.errors=ignore", "data.errors: "),
        ("a\nb=1", "'a\\nb': no such section"),
    ],
)
def test_a_wrong_setting(change: str, said: str, here: Path, textrnn: Call, request: pytest.FixtureRequest) -> None:
    (here / "data.csv").write_bytes(GOOD)
    before = files(here)
    require_refusal(textrnn("run", "--data", "data.csv", "--set", change), (said,), code=2)
    assert files(here) == before
    assert entries(here) == []
    record(request, "input", rounds=1, held=1, note=f"usage: {change.encode('unicode_escape').decode()[:40]}")


def link(target: str, name: str) -> str:
    os.symlink(target, name)
    return name


def hard_link(target: str, name: str) -> str:
    os.link(target, name)
    return name


@pytest.mark.parametrize(
    "arguments",
    [
        lambda: ("init", "data.csv", "--overwrite", "-o", "data.csv"),
        lambda: ("init", "data.csv", "--overwrite", "-o", link("data.csv", "link.csv")),
        lambda: ("predict", "-m", "model", "-i", "data.csv", "-o", "data.csv"),
        lambda: ("predict", "-m", "model", "-i", "data.csv", "-o", "../" + Path.cwd().name + "/data.csv"),
        lambda: ("predict", "-m", "model", "-i", "data.csv", "-o", link("data.csv", "link.csv")),
        lambda: ("predict", "-m", "model", "-i", "data.csv", "-o", hard_link("data.csv", "hard.csv")),
        lambda: ("predict", "-m", "model", "-i", "data.csv", "-o", "model/config.json"),
        lambda: ("predict", "-m", "model", "a", "-o", "model"),
        lambda: ("score", "data.csv", "-m", "model", "-o", "data.csv"),
        lambda: ("score", "data.csv", "-m", "model", "-o", "model"),
        lambda: ("score", "report.json", "-m", "model", "-o", "."),
        lambda: ("predict", "-m", "model", "a", "-o", "data.csv/x"),
        lambda: ("score", "data.csv", "-m", "model", "-o", "other.csv"),
        lambda: ("init", "data.csv", "-o", "data.csv/x.toml"),
        lambda: ("predict", "-m", "model", "a", "-o", "locked/x"),
        lambda: ("score", "data.csv", "-m", "model", "-o", "locked/x"),
        lambda: ("init", "data.csv", "-o", "locked/x.toml"),
    ],
)
def test_an_output_that_would_be_lost_or_cannot_be_written(
    arguments: Callable[[], tuple[str, ...]],
    model: Path,
    here: Path,
    textrnn: Call,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    shutil.copy(here / "data.csv", here / "other.csv")
    shutil.copy(here / "data.csv", here / "report.json")
    (here / "locked").mkdir(mode=0o555)
    given = arguments()
    if os.geteuid() == 0:  # root may write anywhere: answer as for anybody else
        asked = os.access
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locked" and asked(path, mode))
    before = files(here)
    require_refusal(textrnn(*given), ("--output ", ": expected "), code=2)
    assert files(here) == before
    record(request, "input", rounds=1, held=1, note=f"usage: {given[0]} -o {given[-1].rpartition('/')[2]}")
