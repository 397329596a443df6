"""`textrnn export`: what is asked for is written, or one line says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Call


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
        (("--onnx", "films.pb"), "expected a name that ends in .onnx, found .pb"),
        (("--onnx", "none/films.onnx"), "expected a folder none, found none; make it first"),
        (("--onnx", "models/textrnn/films.onnx"), "expected another place than the model folder"),
        (("--onnx", "folder.onnx", "--overwrite"), "found a folder; name another"),
    ],
)
def test_what_cannot_be_written_is_refused_before_any_work(
    arguments: tuple[str, ...], said: str, place: Path, textrnn: Call
) -> None:
    Path("folder.onnx").mkdir()
    ended = textrnn("export", *arguments)
    assert ended.code == 2
    assert said in ended.error


def test_without_the_extra_it_says_what_to_install(place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    ended = textrnn("export", "--onnx", "films.onnx")
    assert ended.code == 2
    assert "expected the package onnx to be installed; run: pip install 'textrnn[onnx]'" in ended.error
    assert not Path("films.onnx").exists()
