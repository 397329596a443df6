"""`textrnn export`: what is asked for is written, or one line says why not."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from running import Call

from textrnn.kernels.build import wasm_build_obstacle


def test_a_model_is_exported_with_its_card(place: Path, textrnn: Call) -> None:
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    ended = textrnn("export", "--onnx", "films.onnx")
    assert ended.code == 0, ended.err
    wrote, agrees = ended.out.splitlines()
    assert wrote.endswith("MB) and films.md")
    assert " agrees with textrnn to " in agrees
    assert Path("films.md").read_text("utf-8").startswith("# films.onnx\n")
    again = textrnn("export", "--onnx", "films.onnx")
    assert (again.code, "expected no file films.onnx there yet" in again.error) == (2, True)
    before = Path("films.onnx").read_bytes()
    assert textrnn("export", "--onnx", "films.onnx", "--overwrite", "--quiet").code == 0
    assert Path("films.onnx").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "export: expected what to write, found nothing"),
        (("--onnx", "films.onnx", "--small", "small"), "expected one form, found --onnx and --small"),
        (("--onnx", "films.onnx", "--max-size", "2MB"), "--max-size: expected --small with it, found --onnx"),
        (("--small", "small", "--max-size", "2XB"), "--max-size: expected a size as in 2MB or 500kB, found '2XB'"),
        (("--small", "small", "--max-loss", "-1"), "--max-loss: expected percentage points from 0 to 100, found -1"),
        (("--small", "models/textrnn"), "expected a path other than the model folder"),
        (("--small", "models"), "expected a path other than the model folder"),
        (("--small", "data.csv"), "expected a folder, found a file; choose another path"),
        (("--small", "runs"), "expected a model folder or nothing there, found other files"),
        (("--small", "small", "--max-size", "1kB"), "--max-size: expected at least"),
        (("--onnx", "films.pb"), "expected a name that ends in .onnx, found .pb"),
        (("--onnx", "none/films.onnx"), "expected a folder none, found none; make it first"),
        (("--onnx", "models/textrnn/films.onnx"), "expected a path other than the model folder"),
        (("--onnx", "folder.onnx", "--overwrite"), "found a folder; choose another path"),
        (("--html", "films.htm"), "--html films.htm: expected a name that ends in .html, found .htm"),
        (("--html", "films.html", "--onnx", "films.onnx"), "expected one form, found --onnx and --html"),
        (("--html", "films.html", "--max-loss", "1"), "--max-loss: expected --small with it, found --html"),
        (("--html", "models/textrnn/films.html"), "expected a path other than the model folder"),
    ],
)
def test_what_cannot_be_written_is_refused_before_any_work(
    arguments: tuple[str, ...], said: str, place: Path, textrnn: Call
) -> None:
    Path("folder.onnx").mkdir()
    ended = textrnn("export", *arguments)
    assert ended.code == 2
    assert said in ended.error
    assert not Path("small").exists()


def test_without_the_extra_it_says_what_to_install(place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    ended = textrnn("export", "--onnx", "films.onnx")
    assert ended.code == 2
    assert "expected the package onnx to be installed; run: pip install 'textrnn[onnx]'" in ended.error
    assert not Path("films.onnx").exists()


def test_a_small_model_is_a_model_folder_like_any_other(place: Path, textrnn: Call) -> None:
    ended = textrnn("export", "--small", "small", "--max-size", "24 kB", "--quiet")
    assert (ended.code, ended.err) == (0, "")
    wrote, lost = ended.out.splitlines()
    assert re.fullmatch(r"wrote small \([12][0-9] kB of [0-9]{2} kB\): [0-9,]+ of [0-9,]+ tokens, .* n-grams", wrote)
    assert lost.endswith("predictions differ (validation split)")
    assert sum(path.stat().st_size for path in Path("small").iterdir()) <= 24_000
    assert "## Made small" in Path("small/README.md").read_text("utf-8")
    said = [textrnn("predict", "--model", model, "a good song").out for model in ("small", "models/textrnn")]
    assert said[0].split()[0] == said[1].split()[0]
    assert textrnn("score", "data.csv", "--model", "small").code == 0
    again = textrnn("export", "--small", "small")
    assert (again.code, "expected no model there yet, found one" in again.error) == (2, True)
    loss = textrnn("export", "--small", "small", "--overwrite", "--max-loss", "0")
    assert loss.code == 0
    assert "0.00 points of accuracy lost" in loss.out
    assert "tokens of 4 bits" in loss.err
    twice = textrnn("export", "--model", "small", "--small", "smaller", "--validation", "data.csv", "--quiet")
    assert twice.code == 0
    assert Path("smaller/README.md").read_text("utf-8").count("## Made small") == 1


def test_without_the_run_that_made_it_a_model_needs_labelled_rows(place: Path, textrnn: Call) -> None:
    shutil.copytree("models/textrnn", "elsewhere/mine")
    ended = textrnn("export", "--model", "elsewhere/mine", "--small", "small")
    assert ended.code == 2
    assert "elsewhere/mine: expected the run that made it, with a validation split" in ended.error
    assert "--validation rows.csv" in ended.error
    ended = textrnn("export", "--model", "elsewhere/mine", "--small", "small", "--validation", "data.csv", "--quiet")
    assert (ended.code, ended.out.endswith("of 200 predictions differ (data.csv)\n")) == (0, True)
    Path("odd.csv").write_text("text,label\na good song,good\na song,strange\n")
    ended = textrnn("export", "--model", "elsewhere/mine", "--small", "other", "--validation", "odd.csv")
    assert ended.code == 3
    assert "odd.csv: expected labels that the model knows ('bad', 'good'), found 'strange' in " in ended.error
    assert not Path("other").exists()


def test_a_model_of_another_run_is_not_measured_on_the_rows_of_this_one(place: Path, textrnn: Call) -> None:
    """What lies in models/ must be what the run there made: a model copied over it has other tokens."""
    shutil.copytree("models/textrnn", "kept")
    assert textrnn("export", "--small", "small", "--max-size", "24kB", "--quiet").code == 0
    shutil.rmtree("models/textrnn")
    shutil.copytree("small", "models/textrnn")
    ended = textrnn("export", "--small", "smaller", "--max-size", "23kB")
    assert (ended.code, "expected the run that made it" in ended.error) == (2, True)


def test_a_model_that_would_lose_too_much_is_not_written(
    place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textrnn.export.small_choice.points_lost", lambda *_: 1.25)
    ended = textrnn("export", "--small", "small", "--max-size", "24kB", "--max-loss", "1")
    assert (ended.code, "expected at most 1 points lost on validation, but the model of" in ended.error) == (4, True)
    assert not Path("small").exists()


@pytest.mark.skipif(bool(wasm_build_obstacle()), reason=wasm_build_obstacle())
def test_a_model_becomes_one_page(place: Path, textrnn: Call) -> None:
    ended = textrnn("export", "--html", "films.html", "--quiet")
    assert (ended.code, ended.err) == (0, "")
    assert re.fullmatch(
        r"wrote films\.html \([0-9.]+ MB: the model [0-9.]+, engine and page 0\.[01][0-9]\); .*", ended.out.strip()
    )
    assert Path("films.html").read_text("utf-8").startswith("<!doctype html>")
    again = textrnn("export", "--html", "films.html")
    assert (again.code, "expected no file films.html there yet, found one" in again.error) == (2, True)
