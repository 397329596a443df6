from __future__ import annotations

import io
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.running import display as module
from pipelines.running.display import LineDisplay, LiveDisplay, SilentDisplay, choose_display
from textrnn.training import progress_lines
from textrnn.training.events import EpochDone, StepDone, TrainingStarted
from textrnn.training.progress_lines import Meter, format_clock, progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets that many seconds pass on the display's clock."""
    now = [100.0]
    for one in (module, progress_lines):
        monkeypatch.setattr(one, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


def begun(**changed: Any) -> TrainingStarted:
    about = {
        "steps_done": 0,
        "steps": 4,
        "epochs": 2,
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "note": "",
        "texts": 60,
        "tokens": 1230,
        "classes": 3,
    }
    return TrainingStarted(**{**about, **changed})


def stepped(position: int, epoch: int = 1) -> StepDone:
    return StepDone(epoch, 2, position, 4, 0.5, 100, 0.01)


def scored(is_best: bool = True) -> EpochDone:
    record = {"epoch": 1, "train_loss": 0.5, "validation_loss": 0.25, "validation_accuracy": 0.75, "learning_rate": 0.1}
    return EpochDone(record, is_best)


def test_each_event_is_a_line() -> None:
    stream = io.StringIO()
    display = LineDisplay(stream)
    display.started("train", ("model.dropout was 0.5, is 0.1", "ids changed"))
    display.log("eight rows")
    display.finished("train", 1.26)
    display.cached("load")
    display.off("self_train", "self_training.teachers is 0")
    display.warn("look out")
    display.close()
    assert stream.getvalue().splitlines() == [
        "train             model.dropout was 0.5, is 0.1; ids changed",
        "                  eight rows",
        "                  done in 1.3 s",
        "load              up to date",
        "self_train        off: self_training.teachers is 0",
        "warning: look out",
    ]


def test_of_many_reasons_some_are_shown_and_where_all_are() -> None:
    stream = io.StringIO()
    display = LineDisplay(stream)
    for number in (5, 6):
        display.started("train", tuple(f"{i}.py changed" for i in range(number)))
    five, six = stream.getvalue().splitlines()
    assert five.endswith("3.py changed; 4.py changed")
    assert six.endswith("2.py changed; 3.py changed; 2 more (textrnn why train)")


def test_quiet_says_warnings_alone() -> None:
    stream = io.StringIO()
    display = LineDisplay(stream, quiet=True)
    display.started("train", ())
    display.log("eight rows")
    display.count(1, 2)
    display.show(begun())
    display.finished("train", 1.0)
    display.warn("look out")
    assert stream.getvalue() == "warning: look out\n"


def test_nothing_is_shown_of_a_stage_that_is_off_but_warnings() -> None:
    stream = io.StringIO()
    shown = LineDisplay(stream)
    display = SilentDisplay(shown)
    display.started("self_train", ("never run",))
    display.log("eight rows")
    display.show(begun())
    display.finished("self_train", 1.0)
    display.cached("self_train")
    display.warn("look out")
    assert stream.getvalue() == "warning: look out\n"
    assert shown.warned == ["look out"]


def test_steps_are_shown_now_and_then_and_epochs_always(passed: Callable[[float], None]) -> None:
    stream = io.StringIO()
    display = LineDisplay(stream)
    display.started("train", ())
    for event in (begun(), stepped(1), stepped(2)):
        display.show(event)
    passed(11)
    display.show(stepped(3))
    display.show(stepped(4))
    display.show(scored())
    lines = [line.strip() for line in stream.getvalue().splitlines()]
    assert [line.split("  ")[0] for line in lines[1:]] == [
        "60 texts of 20 tokens, 3 classes: 2 epochs of 4 steps, word dropout 0; on cpu, 1 thread, float32, "
        "0.0% padding",
        "epoch 1/2",
        "epoch 1",
    ]
    assert "step 3/4" in lines[2]
    assert lines[3].endswith("best so far")
    assert "word dropout 0.1, adversarial 0.3; on cpu" in Meter().read(begun(word_dropout=0.1, adversarial=0.3)).text


def test_counts_are_shown_now_and_then(passed: Callable[[float], None]) -> None:
    stream = io.StringIO()
    display = LineDisplay(stream)
    display.count(1, 2000)
    passed(11)
    display.count(1000, 2000)
    assert stream.getvalue().strip() == "1,000 of 2,000"


def test_the_meter_measures_what_it_saw(passed: Callable[[float], None]) -> None:
    gauge = Meter()
    passed(1000)
    assert gauge.read(begun(steps_done=4, note="resumed after 4 steps", threads=2)).text.endswith(
        "2 threads, float32, 0.0% padding; resumed after 4 steps"
    )
    passed(2)
    reading = gauge.read(stepped(1, epoch=2))
    # one step in two seconds: three more take six, however many were done before
    assert (reading.done, reading.total, reading.settled) == (5, 8, False)
    assert "50 tokens/s  0:06 left" in reading.text
    assert "validation" not in reading.text
    epoch = gauge.read(scored(is_best=False))
    assert epoch.settled
    assert "loss 0.5000  validation loss 0.2500  accuracy 0.7500" in epoch.text
    assert "best" not in epoch.text
    assert "validation 0.7500" in gauge.read(stepped(2, epoch=2)).text
    gauge.read(begun())
    passed(1)
    again = gauge.read(stepped(1)).text
    assert "validation" not in again, "another training begins anew"
    assert "  100 tokens/s  0:07 left" in again


def test_time_left_is_from_the_earliest_end_to_the_last_epoch(passed: Callable[[float], None]) -> None:
    def epoch(number: int, *, is_best: bool) -> EpochDone:
        return EpochDone({**scored().record, "epoch": number}, is_best)

    def left(gauge: Meter, number: int) -> str:
        """Behind a step of the epoch, each of which takes a second."""
        passed(1)
        return gauge.read(StepDone(number, 40, 1, 4, 0.5, 100, 0.01)).text.rpartition("tokens/s  ")[2]

    how = {"epochs": 40, "patience": 3}
    gauge = Meter()
    assert "at most 40 epochs of 4 steps, fewer when validation stops improving, word" in gauge.read(begun(**how)).text
    assert left(gauge, 1) == "0:04 an epoch, 0:15 to 2:39 left"  # epoch 1 is the best; 2, 3 and 4 may be worse
    gauge.read(epoch(1, is_best=True))
    gauge.read(epoch(2, is_best=True))
    assert left(gauge, 3) == "0:04 an epoch, 0:11 to 2:31 left"  # to the end of epoch 5
    gauge.read(epoch(3, is_best=False))
    assert left(gauge, 4) == "0:04 an epoch, 0:07 to 2:27 left"
    gauge.read(epoch(38, is_best=True))
    assert left(gauge, 39) == "0:04 an epoch, 0:07 left"
    gauge.read(begun(**how, min_epochs=20))
    assert left(gauge, 1) == "0:04 an epoch, 1:19 to 2:39 left"
    gauge.read(begun(**how, steps_done=12))
    assert left(gauge, 4) == "0:04 an epoch, 0:03 to 2:27 left"  # which one was the best is not known
    for never in ({"epochs": 40}, {"epochs": 4, "patience": 3}, {"epochs": 40, "patience": 3, "min_epochs": 40}):
        assert ": 40 epochs of" in gauge.read(begun(**never)).text or never["epochs"] == 4
        assert "an epoch" not in left(gauge, 1)


@pytest.mark.parametrize(("done", "filled"), [(0, 0), (1, 2), (4, 8), (9, 18)])
def test_a_bar_is_as_full_as_the_work(done: int, filled: int) -> None:
    assert progress_bar(done, 9, 18) == "━" * filled + "─" * (18 - filled)
    assert progress_bar(0, 0, 3) == "───"


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (59.4, "0:59"), (59.6, "1:00"), (3725, "62:05")])
def test_a_clock(seconds: float, shown: str) -> None:
    assert format_clock(seconds) == shown


def test_a_terminal_gets_a_moving_line_and_its_cursor_back(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    display = choose_display()
    assert isinstance(display, LiveDisplay)
    display.started("train", ("never run",))
    display.show(begun())
    display.show(stepped(1))
    display.count(3, 4)
    display.close()
    display.close()
    shown = stream.getvalue()
    assert "step 1/4" in shown
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l") >= 0, "the cursor is shown again"
    display.count(1, 4)
    display.warn("look out")
    assert stream.getvalue().rstrip().endswith("warning: look out"), "the moving line is out of the way"
    display.close()


def test_no_terminal_or_quiet_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert not isinstance(choose_display(quiet=True), LiveDisplay)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not isinstance(choose_display(), LiveDisplay)
