"""The learning curves on made-up rows: what is drawn, what is run again, what the page says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made import make_rows

from benchmarks.ablation.lines import read_lines
from benchmarks.learning import __main__ as learning
from benchmarks.learning import draw, sets, ways
from benchmarks.learning.lines import newest
from benchmarks.learning.picture import draw_curves
from benchmarks.learning.running import Run, group_runs
from benchmarks.learning.table import page_of
from benchmarks.learning.task import read_rows

ROWS = [(text, str(label)) for text, label in make_rows(400)]


def of_rows(folder: Path) -> list[tuple[str, str]]:
    return [*ROWS, ROWS[0], (ROWS[1][0], "another"), (" ", "blank")]


MADE = sets.Dataset("made", "Made", of_rows, related=lambda _: [*ROWS[2:50], ("a related text", "x")])


def test_the_rows_of_a_seed_are_nested_and_nothing_stands_on_both_sides(tmp_path: Path) -> None:
    draw.prepare(MADE, tmp_path, tmp_path)
    pool, held = (read_rows(tmp_path / f"{name}.jsonl") for name in ("pool", "held"))
    texts = [text for text, _ in pool + held]
    assert len(texts) == len(set(texts)) == len({text for text, _ in ROWS}) - 1  # no copy, none of two labels, no blank
    assert len(held) == len(texts) // 5
    few, many = (read_rows(draw.labelled_rows(tmp_path, size, 3)[0]) for size in (20, 100))
    assert many[:20] == few
    assert set(many) <= set(pool)
    assert few != read_rows(draw.labelled_rows(tmp_path, 20, 4)[0])
    assert draw.labelled_rows(tmp_path, 20, 3)[1] != draw.labelled_rows(tmp_path, 20, 4)[1]
    assert read_rows(tmp_path / "related.jsonl") == [("a related text", "x")]  # the others are known


def test_official_validation_rows_are_held_out_and_leave_the_pool(tmp_path: Path) -> None:
    draw.prepare(replace(MADE, held=lambda _: ROWS[10:20]), tmp_path, tmp_path)
    pool, held = (read_rows(tmp_path / f"{name}.jsonl") for name in ("pool", "held"))
    assert sorted(held) == sorted(dict.fromkeys(ROWS[10:20]))
    assert not {text for text, _ in held} & {text for text, _ in pool}


def test_a_program_does_its_ways_over_the_same_rows() -> None:
    runs = [
        Run(MADE, size, seed, way, "digest")
        for seed in (0, 1) for size in (100, 300) for way in ways.WAYS
    ]  # fmt: skip
    groups = group_runs(runs)
    assert sum(map(len, groups)) == len(runs)
    assert [[run.way.name for run in group] for group in groups[:2]] == [
        ["default", "warm", "borrowed"],
        ["tfidf", "nb-lr", "svm", "svm-characters"],
    ]
    assert all(len({(run.size, run.seed, run.way.program) for run in group}) == 1 for group in groups)


def test_a_line_that_is_there_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sets, "SETS", (replace(MADE, name="banking77"),))
    places = ["--data", str(tmp_path), "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    places += ["--picture", str(tmp_path / "curves.svg"), "--environments", str(tmp_path / "none")]
    asked = ["--sets", "banking77", "--sizes", "60", "--seeds", "1", "--processes", "1", "--ways", "tfidf,svm,fasttext"]
    assert learning.main([*places, *asked]) == 1  # the environment of fastText is not built
    lines = read_lines(tmp_path / "out" / "results.jsonl")
    assert [line["way"] for line in lines] == ["tfidf", "svm"]
    assert all(line["accuracy"] > 0.6 and line["bytes"] > 0 and line["held_rows"] > 20 for line in lines)
    assert "make bench-envs ENVS=fasttext" in capsys.readouterr().err
    assert learning.main([*places, *asked, "--ways", "tfidf,svm", "--list"]) == 0
    assert capsys.readouterr().out == ""
    assert learning.main([*places, *asked, "--ways", "tfidf,svm", "--again", "svm", "--list"]) == 0
    assert capsys.readouterr().out == "banking77, 60 rows, seed 0, svm\n"
    assert "| TF-IDF, linear SVM" in (tmp_path / "out" / "RESULTS.md").read_text(encoding="utf-8")


def made_line(way: str, seed: int, accuracy: float, **more: object) -> dict[str, object]:
    return {
        "set": "sst2", "size": 100, "seed": seed, "way": way, "rows": "r", "settings": {}, "accuracy": accuracy,
        "fit_seconds": 2.0, "bytes": 3_000_000, "texts_per_second": 1000.0, "held_rows": 872, "code": "c",
        "machine": {"processor": "P", "cores": 2}, "date": "2026-11-30", **more,
    }  # fmt: skip


LINES = [
    made_line("default", 0, 0.70, branches={"recurrent": 0.69, "ngram_branch": 0.71}),
    made_line("default", 1, 0.74, branches={"recurrent": 0.70, "ngram_branch": 0.72}),
    made_line("svm", 0, 0.60),
    made_line("svm", 0, 0.71),
    made_line("svm", 1, 0.70),
    made_line("tfidf", 0, 0.72),
]


def test_the_page_says_means_spreads_and_what_the_default_gives_away() -> None:
    page = page_of(newest(LINES))
    assert "| textrnn, default                          | 72.0 ± 2.8 |" in page
    assert "| TF-IDF, linear SVM                        | 70.5 ± 0.7 |" in page  # the newest line of a run counts
    assert "| TF-IDF, logistic regression               |   72.0 (1) |" in page
    assert "100 rows +0.5 and +1.5 points" in page  # 72.0 - (71 + 72) / 2, 72.0 - (71 + 70) / 2; TF-IDF lacks a seed


def test_equal_lines_give_an_equal_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("a.svg", "b.svg"):
        draw_curves(newest(LINES), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert "textrnn, default" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_what_is_not_there_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert learning.main(["--sets", "clinc150", "--data", str(tmp_path), "--work", str(tmp_path / "work")]) == 3
    assert "TEXTRNN_DATA" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        learning.main(["--sets", "nothing"])
    assert "expected some of banking77" in capsys.readouterr().err
