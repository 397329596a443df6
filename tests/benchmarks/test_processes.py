"""Rivals as processes: what they print, how they fail, how they end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from benchmarks_environments import environment

from benchmarks.processes import ROOT, Child, RivalFailed, machine_seconds, processor_seconds, python_of

PROGRAM = """
import os, sys, time
sys.argv[1:] = sys.argv[3:]
from benchmarks.serve import measured, serve

def work(folder, *, seconds):
    print("a library that prints")
    os.write(1, b"and one that writes")
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return measured(seconds, 7)

def fail(folder):
    raise ValueError("no such shape")

def die(folder):
    print("out of luck", file=sys.stderr, flush=True)
    os._exit(9)

def sleep(folder):
    time.sleep(60)

serve({"work": work, "fail": fail, "die": die, "sleep": sleep}, ["numpy"])
"""


@pytest.fixture
def child(tmp_path):
    python = environment(tmp_path, "played", PROGRAM) / "bin" / "python"
    started = Child(python, "played", (), tmp_path, 1)
    yield started
    started.end()


def test_answers_are_answers_whatever_a_library_prints(child):
    assert child.ask({"do": "work", "seconds": 0.01}, timeout=60) == {"seconds": 0.01, "work": 7}
    assert child.ask({"do": "about"}, timeout=60)["libraries"].keys() == {"numpy"}
    assert "a library that prints" in child.log.read_text()


def test_a_failure_is_told_and_the_next_request_is_answered(child):
    with pytest.raises(RivalFailed, match="ValueError: no such shape"):
        child.ask({"do": "fail"}, timeout=60)
    assert child.ask({"do": "work", "seconds": 0.0}, timeout=60)["work"] == 7


def test_one_that_dies_leaves_its_last_words(child):
    with pytest.raises(RivalFailed, match="code 9: out of luck"):
        child.ask({"do": "die"}, timeout=60)


def test_one_that_does_not_answer_is_ended(child):
    with pytest.raises(RivalFailed, match="no answer in 0 s"):
        child.ask({"do": "sleep"}, timeout=0.3)
    assert child.process.poll() is not None


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="the kernel's clocks are read from /proc")
def test_processor_time_is_counted_and_a_waiting_child_uses_none(child):
    child.ask({"do": "about"}, timeout=60)
    before, machine = child.processor_seconds(), machine_seconds()
    child.ask({"do": "work", "seconds": 0.2}, timeout=60)
    used = child.processor_seconds() - before
    assert used >= 0.1  # the kernel counts in ticks
    assert machine_seconds() - machine >= 0.1
    assert child.ask({"do": "peak"}, timeout=60)["mib"] > 1
    assert processor_seconds(2**22 + 1) == 0  # no such process


def test_an_environment_is_there_once_it_is_built_whole(tmp_path):
    home = environment(tmp_path, "keras")
    assert python_of("keras", tmp_path) == home / "bin" / "python"
    (home / ".ready").unlink()
    assert python_of("keras", tmp_path) is None
    assert python_of("textrnn", tmp_path) == Path(sys.executable)


def test_every_rival_has_a_pinned_environment():
    programs = {path.stem.rstrip("_") for path in (ROOT / "benchmarks" / "rivals").rglob("[a-z]*_.py")}
    programs -= {"textrnn", "linear"}  # in this environment
    files = {path.stem: path.read_text().split() for path in (ROOT / "benchmarks" / "envs").glob("*.txt")}
    assert programs == files.keys()
    assert all("==" in line for lines in files.values() for line in lines)
