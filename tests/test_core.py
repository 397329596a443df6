"""The half that uses a model runs without what trains: neither torch nor scikit-learn, scipy, datasets, pyarrow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from core_process import command_without, commands_without, run_without

FORMATS = Path(__file__).parent / "formats"
MODEL = FORMATS / "model-5"
EXPECTED = json.loads((FORMATS / "model-5.expected.json").read_text(encoding="utf-8"))
ROWS = [("The soup was good.", "good"), ("The song was not good.", "bad"), ("so dull, the map was broken", "bad")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same rows in each format."""
    folder = tmp_path_factory.mktemp("rows")
    for name, mark in (("rows.csv", ","), ("rows.tsv", "\t")):
        lines = [mark.join(("text", "label")), *(mark.join((f'"{text}"', label)) for text, label in ROWS)]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    objects = [json.dumps({"text": text, "label": label}) for text, label in ROWS]
    (folder / "rows.jsonl").write_text("\n".join(objects) + "\n", encoding="utf-8")
    (folder / "rows.parquet").write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    return folder


def test_importing_and_help(place: Path) -> None:
    assert run_without("import textrnn; print(textrnn.__version__)", cwd=place).code == 0
    ended = command_without("--help", cwd=place)
    assert ended.code == 0, ended.err
    assert "predict" in ended.out


def test_predictions_in_python_are_those_of_the_whole(place: Path) -> None:
    code = (
        "import json, textrnn; predictor = textrnn.load(sys.argv[1]); texts = json.loads(sys.argv[2]);"
        "print(json.dumps([predictor.predict(texts).tolist(), predictor.predict_proba(texts).tolist()]));"
        "late = {'numpy.ma', 'logging', 'subprocess', 'tokenizers', 'typer'} & sys.modules.keys();"
        "assert not late, late"
    )
    ended = run_without(code, str(MODEL), json.dumps(EXPECTED["texts"]), cwd=place)
    assert ended.code == 0, ended.err
    predictions, probabilities = json.loads(ended.out)
    for row, expected in zip(probabilities, EXPECTED["probabilities"], strict=True):
        assert row == pytest.approx(expected, abs=1e-5)
    assert predictions == [EXPECTED["classes"][row.index(max(row))] for row in EXPECTED["probabilities"]]


def test_explanations_need_none_of_it_but_for_one_method(place: Path) -> None:
    by_words, by_gradients = commands_without(
        [["explain", "--model", str(MODEL), "the soup was not good", *more] for more in (
            ["--json"], ["--method", "integrated_gradients"]
        )], cwd=place,
    )  # fmt: skip
    assert by_words.code == 0, by_words.err
    assert [word["text"] for word in json.loads(by_words.out)["words"]] == ["the", "soup", "was", "not", "good"]
    assert by_gradients.code == 2
    assert "expected the package torch, found none; install it: pip install 'textrnn" in by_gradients.err


def test_predict_over_arguments_and_standard_input(place: Path) -> None:
    texts = [text for text, _ in ROWS]
    by_argument = command_without("predict", "--model", str(MODEL), *texts, cwd=place)
    by_line = command_without("predict", "--model", str(MODEL), "--input", "-", cwd=place, stdin="\n".join(texts))
    assert by_argument.code == by_line.code == 0, by_argument.err + by_line.err
    found = [json.loads(line) for line in by_argument.out.splitlines()]
    assert [row["label"] for row in found] == [label for _, label in ROWS]
    assert [json.loads(line) for line in by_line.out.splitlines()] == found


def test_predict_over_files(place: Path) -> None:
    sources = ["rows.csv", "rows.tsv", "rows.jsonl"]
    model = ["predict", "--model", str(MODEL)]
    commands = [[*model, "--input", source, "--output", f"{source}.out.csv"] for source in sources]
    for source, ended in zip(sources, commands_without(commands, place), strict=True):
        assert ended.code == 0, ended.err
        header, *lines = (place / f"{source}.out.csv").read_text(encoding="utf-8").splitlines()
        assert header.startswith("text,label,predicted_label,")
        assert len(lines) == len(ROWS)


def test_score_with_its_intervals(place: Path) -> None:
    sources = ["rows.csv", "rows.jsonl"]
    commands = [
        ["score", "--model", str(MODEL), source, "--json", "--output", f"{source}.report"] for source in sources
    ]
    for source, ended in zip(sources, commands_without(commands, place), strict=True):
        assert ended.code == 0, ended.err
        assert ended.json["metrics"]["accuracy"]["value"] == 1.0
        assert (place / f"{source}.report" / "report.html").is_file()


def test_doctor(place: Path) -> None:
    ended = command_without("doctor", cwd=place)
    assert ended.code == 0, ended.err
    assert "installed_by" in ended.out
    assert "prediction_self_test" in ended.out


def test_what_trains_says_what_to_install(place: Path) -> None:
    trains = [
        ["run", "--config", "smoke"],
        ["train"],
        ["init", "rows.csv"],
        ["plan"],
        ["cache", "list"],
        ["demo", "memory"],
    ]
    for arguments, ended in zip(trains, commands_without(trains, place), strict=True):
        assert ended.code == 2, arguments
        assert ended.error.endswith(": expected the package torch, found none; install it: pip install textrnn")
        assert ended.out == ""
    for ended in commands_without([[arguments[0], "--help"] for arguments in trains], place):
        assert ended.code == 0, ended.err


def test_an_estimator_says_what_to_install(place: Path) -> None:
    code = """
import textrnn
for name in ("TextClassifier", "SequenceRegressor"):
    try:
        getattr(textrnn, name)
    except ImportError as error:
        print(type(error).__name__, error)
"""
    needed = "expected the package torch, found none; install it: pip install textrnn"
    ended = run_without(code, cwd=place)
    assert ended.out.splitlines() == [
        f"MissingPackageError textrnn.{name}: {needed}" for name in ("TextClassifier", "SequenceRegressor")
    ], ended.err


def test_parquet_says_what_to_install(place: Path) -> None:
    model = ["--model", str(MODEL)]
    commands = [
        ["predict", *model, "--input", "rows.parquet"],
        ["predict", *model, "--input", "rows.csv", "--output", "answers.parquet"],
        ["score", *model, "rows.parquet"],
    ]
    for ended in commands_without(commands, place):
        assert ended.code == 2
        assert ended.error.endswith(
            "Parquet: expected the package pyarrow, found none; install it: pip install 'textrnn-core[parquet]'"
        )
    assert not (place / "answers.parquet").exists()


def test_a_library_that_is_missed_late_is_reported_in_one_line_too(place: Path) -> None:
    code = "from pipelines.app import _told; print(_told(ModuleNotFoundError('none', name='scipy.sparse'), 'score'))"
    said = "textrnn score: expected the package scipy, found none; install it: pip install textrnn"
    assert run_without(code, cwd=place).out == f"{(said, 2)!r}\n"
