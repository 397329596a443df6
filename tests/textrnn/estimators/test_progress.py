"""What `fit` shows: a bar in a notebook, lines where they are asked for, else nothing."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from classifiers import parameters_of
from made import make_rows

from textrnn import TextClassifier
from textrnn.errors import ConfigError, ConfigTypeError
from textrnn.estimators import progress
from textrnn.estimators.progress import bar_html, in_notebook, show_progress
from textrnn.training.events import StepDone, TrainingStarted
from textrnn.training.progress_lines import ProgressLine

ROWS = make_rows(60)
TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]
TINY = parameters_of(
    {
        "embedding_size": 4, "hidden_size": 4, "epochs": 2, "batch_size": 16, "device": "cpu", "vectors": "none",
        "validation_fraction": 0.2, "train.precision": "float32", "train.adversarial": 0.0, "train.patience": 0,
    }
)  # fmt: skip


class ZMQInteractiveShell:
    """As Jupyter's shell is called; Colab's is a kind of it."""


class Shell(ZMQInteractiveShell):
    """A notebook's."""


class TerminalInteractiveShell:
    """IPython's in a terminal."""


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A notebook: what it shows, the first picture and each that takes its place."""
    shown: list[str] = []

    def display(picture: SimpleNamespace, *, display_id: bool) -> SimpleNamespace:
        assert display_id
        shown.append(picture.data)
        return SimpleNamespace(update=lambda picture: shown.append(picture.data))

    ipython, module = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = Shell  # type: ignore[attr-defined]
    module.display, module.HTML = display, lambda data: SimpleNamespace(data=data)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return shown


@pytest.mark.parametrize("verbose", ["auto", 1, True])
def test_a_notebook_has_a_bar(verbose: Any, pictures: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    TextClassifier(**TINY, verbose=verbose).fit(TEXTS, LABELS)
    assert len(pictures) >= 3  # the start and each epoch
    assert "2 epochs of 3 steps" in pictures[0]
    assert 'value="6" max="6"' in pictures[-1]
    assert "epoch 2" in pictures[-1]
    assert capsys.readouterr() == ("", "")


def test_the_last_step_is_drawn_though_the_bar_was_drawn_just_before(
    pictures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SECONDS", 1e9)
    with show_progress("auto") as show:
        show(TrainingStarted(0, 3, 1, "cpu", "float32", 1))
        for done in (1, 2):
            show(StepDone(1, 1, done, 3, 0.5, 10, 0.1))
        assert 'value="2"' not in pictures[-1]
    assert 'value="2" max="3"' in pictures[-1]


def test_a_bar_stops_where_training_fails(pictures: list[str]) -> None:
    def fail(progress: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TextClassifier(**TINY).fit(TEXTS, LABELS, on_progress=fail)
    assert "epochs of" in pictures[-1]


def test_0_shows_nothing_anywhere(pictures: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress(0) as show:
        show(None)
    assert pictures == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("shell", [None, TerminalInteractiveShell()])
def test_elsewhere_lines_come_where_they_are_requested(
    shell: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ipython = ModuleType("IPython")
    ipython.get_ipython = lambda: shell  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert not in_notebook()
    TextClassifier(**TINY).fit(TEXTS, LABELS)
    assert capsys.readouterr() == ("", "")
    TextClassifier(**TINY, verbose=1).fit(TEXTS, LABELS)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line[:7] for line in err.splitlines()] == ["48 text", "epoch 1", "epoch 2"]


def test_what_is_shown_is_escaped() -> None:
    assert "<b>" not in bar_html(ProgressLine("<b>", 1, 2), ProgressLine("<b>"))


@pytest.mark.parametrize(("verbose", "kind"), [(-1, ConfigError), ("yes", ConfigTypeError), (0.5, ConfigTypeError)])
def test_what_is_no_verbosity_is_refused(verbose: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"^verbose: expected 'auto', 0 or 1, found"):
        TextClassifier(**TINY, verbose=verbose).fit(TEXTS, LABELS)
