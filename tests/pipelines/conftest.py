"""One finished run for all tests of the pipeline, and two ways to call the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made import make_rows, write_csv
from running import SMALL, START, TREE, Call, Ended, environment

from pipelines.app import run_app
from pipelines.running.signals import interruptible


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEXTRNN_CACHE", "TEXTRNN_DEBUG"):
        monkeypatch.setenv(name, "")  # so that what a test sets is taken back
        monkeypatch.delenv(name)


@pytest.fixture
def textrnn(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command in this process, in the present folder."""

    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        with interruptible():  # as in main
            code = run_app(list(arguments))
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return call


@pytest.fixture
def process() -> Call:
    """Run a command in a process of its own."""

    def call(*arguments: str, cwd: Path, tree: Path = TREE, input: bytes | None = None, **more: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-c", START, *arguments],
            cwd=cwd,
            env=environment(tree, **more),
            input=input,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command in a process of its own, killed at the end of the test where it still runs."""
    started: list[subprocess.Popen[str]] = []

    def call(*arguments: str, cwd: Path, tree: Path = TREE) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", START, *arguments],
                cwd=cwd,
                env=environment(tree),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield call
    for running in started:
        if running.poll() is None:
            running.kill()
        running.communicate()


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data.csv, textrnn.toml, and all that one whole run leaves. Copy it, do not write to it."""
    from textrnn.evaluation.plots import draw_plots  # takes time

    folder = tmp_path_factory.mktemp("finished")
    write_csv(folder / "data.csv", make_rows(200))
    (folder / "textrnn.toml").write_text(SMALL, encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        with pytest.MonkeyPatch.context() as patch:  # whoever asks first may be without plots
            patch.setattr("textrnn.evaluation.build_report.draw_plots", draw_plots)
            assert run_app(["run", "--quiet"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def place(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the finished run, which is also the present folder."""
    folder = tmp_path / "place"
    shutil.copytree(finished, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data.csv and textrnn.toml where nothing has run; it is also the present folder."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    write_csv(folder / "data.csv", make_rows(120))
    (folder / "textrnn.toml").write_text(SMALL, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder
