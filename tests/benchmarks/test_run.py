"""The whole of it in tiny counts: ours alone, and beside PyTorch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from benchmarks_environments import environment

from benchmarks.__main__ import NAMES, main
from benchmarks.prediction import TORCH, prediction
from benchmarks.report import page_of
from benchmarks.results import load_results
from benchmarks.session import opened
from benchmarks.sizes import TINY


def run(folder: Path, only: str, *more: str) -> list[dict]:
    """The entries that a tiny run of some benchmarks leaves in `folder`."""
    arguments = ["--tiny", "--threads", "1", "--repeats", "2", "--only", only, "--out", str(folder)]
    assert main([*arguments, "--environments", str(folder / "environments"), *more]) == 0
    return load_results(folder / "results.json")


def test_without_environments_ours_is_measured_and_the_missing_are_named(tmp_path, capsys):
    (training,) = run(tmp_path, "training")
    rows = {row["way"]: row for row in training["rows"]}
    assert len(rows["textrnn"]["values"]) == 2
    assert all(value > 0 for value in rows["textrnn"]["values"] + training["ceiling"])
    assert {row["missing"] for name, row in rows.items() if not name.startswith("textrnn")} == {
        "torch",
        "keras",
        "flair",
    }
    page = (tmp_path / "RESULTS.md").read_text()
    assert page == page_of(load_results(tmp_path / "results.json"))
    printed = capsys.readouterr().out
    for name in ("torch", "keras", "flair"):
        assert f"make bench-envs ENVS={name}" in page
        assert f"make bench-envs ENVS={name}" in printed
    assert "| textrnn " in printed
    # and the page can be written again from the figures
    before = (tmp_path / "results.json").read_bytes()
    (tmp_path / "RESULTS.md").write_text("")
    assert main(["--rewrite", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "RESULTS.md").read_text() == page
    assert (tmp_path / "results.json").read_bytes() == before


@pytest.mark.slow
def test_curves_have_a_point_of_each_size_and_its_memory(tmp_path):
    texts, length = run(tmp_path, "texts,length", "--repeats", "1")
    assert [row["x"] for row in texts["rows"]] == list(TINY.curve_texts)
    assert {row["x"] for row in length["rows"]} == set(TINY.curve_lengths)
    assert all(row["mib"][0] > 50 for row in [*texts["rows"], *length["rows"]] if "missing" not in row)


def test_a_rival_with_our_weights_gives_our_logits_and_one_with_others_is_refused(tmp_path):
    environment(tmp_path, "torch")
    with opened(threads=1, repeats=1, size=TINY, environments=tmp_path) as session:
        rows = {row["way"]: row for row in prediction(session)["rows"]}
        assert rows["nn.LSTM packed"]["difference"] < 1e-4
        assert rows["nn.LSTM packed"]["values"]
        assert rows["ONNX Runtime"]["missing"] == "onnxruntime"
        session.end(TORCH)  # the weights that it read
        _spoil_weights(session)
        spoilt = {row["way"]: row for row in prediction(session)["rows"]}
    assert spoilt["nn.LSTM packed"]["values"] == []
    assert "differ from ours" in spoilt["nn.LSTM packed"]["failed"]


def _spoil_weights(session) -> None:
    """From now on, what textrnn exports is changed before others read it."""
    asked = session.ask

    def ask(program, request):
        answer = asked(program, request)
        if request["do"] == "export":
            path = session.folder / "weights.npz"
            weights = dict(np.load(path))
            weights["encoder.weight_hh_l0_reverse"] = -weights["encoder.weight_hh_l0_reverse"]
            np.savez(path, **weights)
        return answer

    session.ask = ask


def test_an_unknown_benchmark_and_tiny_figures_among_the_real_ones_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "trainig"])
    assert f"expected some of {', '.join(NAMES)}, found trainig" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--tiny"])
    assert "choose another folder with --out" in capsys.readouterr().err


def test_a_gpu_that_is_not_there_and_what_is_not_for_one_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit):
        main(["--device", "cuda", "--only", "prediction"])
    assert "expected --only some of training, sweep, encoders, found prediction" in capsys.readouterr().err
    hidden = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    monkeypatch.setattr("benchmarks.processes._environment", lambda _, **__: hidden)
    assert main(["--device", "cuda", "--only", "training", "--tiny", "--out", str(tmp_path)]) == 1
    assert "torch finds no GPU here; nothing was measured" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
