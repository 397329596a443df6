"""F4: a disk that is full or broken at any call: one line of error, a sound store, and a rerun that succeeds."""

from __future__ import annotations

import os
import random
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from broken_disk import FAILURES, Disk, count_calls, failing
from commits import COMMITS, Commit
from faulting import SCALE, record, scaled
from made import make_rows, write_csv
from running import SMALL, Ended

from pipelines.app import run_app
from pipelines.caching.cache import Cache
from pipelines.stages import STAGES, needed_for
from textrnn.errors import TextrnnError
from textrnn.storage.files import read_json

# in `make test` up to the last stage that needs no torch: to load that for a handful of rounds takes ten seconds
NAMES = [stage.name for stage in needed_for(STAGES[-1].name)][: len(STAGES) if SCALE >= 0.1 else 4]
UNTIL = NAMES[-1]
RECORDS = ("run.json", "promotions.json")  # of when a run ended, was promoted
RUN_ID = re.compile(r"\d{8}-\d{6}(?=-[0-9a-f]{4})")  # what stands for the time in it
ORIGIN = re.compile(rb"<!-- origin -->.*?<!-- /origin -->", re.DOTALL)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # that it is called is what counts, not that a real disk is slow


# --- every commit, every call, every way to fail --------------------------------------------------


@pytest.mark.parametrize("commit", COMMITS, ids=lambda commit: commit.name)
def test_a_commit_that_fails_says_so_and_leaves_old_or_new(
    commit: Commit, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    base, whole = tmp_path / "base", tmp_path / "whole"
    base.mkdir()
    commit.before(base)
    shutil.copytree(base, whole)
    old = commit.read(shutil.copytree(base, tmp_path / "old"))
    names = count_calls(whole, lambda: commit.act(whole))
    new = commit.read(whole)
    cases = [(number, failure) for number in range(len(names)) for failure in FAILURES]
    chosen = random.Random(0).sample(cases, min(scaled(len(cases), least=2), len(cases)))
    held = 0
    for number, failure in chosen:
        place = tmp_path / "place"
        shutil.copytree(base, place)
        told = f"{commit.name}: {failure} at call {number} ({names[number]}) of {len(names)}"
        with failing(place, number, failure).watched():
            try:
                commit.act(place)
                succeeded = True
            except (OSError, TextrnnError):
                succeeded = False
        found = commit.read(place)
        assert found in (old, new), told
        assert found == new or not succeeded or commit.hint, f"{told}: a false success"
        commit.act(place)
        assert commit.read(place) == new, f"{told}: and done again"
        shutil.rmtree(place)
        held += 1
    record(request, "F4", rounds=len(chosen), held=held, note=f"{commit.name}, {len(names)} calls x {len(FAILURES)}")


# --- the whole pipeline ---------------------------------------------------------------------------


def command(place: Path, *arguments: str, within: Callable[[], Any] | None = None) -> Ended:
    """`textrnn` in a fork of this process, which has the libraries already; `within` is called there first."""
    out, err = place.with_suffix(".out"), place.with_suffix(".err")
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.chdir(place)
            for number, log in ((1, out), (2, err)):
                os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            if within is not None:
                within()
            code = run_app(list(arguments))
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Ended(code, out.read_text("utf-8"), err.read_text("utf-8"))


def prepare(place: Path) -> Path:
    place.mkdir()
    write_csv(place / "data.csv", make_rows(60))
    (place / "textrnn.toml").write_text(SMALL, encoding="utf-8")
    return place


def contents(place: Path) -> dict[str, str]:
    """The content digest of every result."""
    return {entry.stage: entry.content for entry in Cache(place / ".textrnn").entries()}


def published(place: Path) -> dict[str, bytes]:
    """The bytes of the model, of the report and of each kept run, by path, but for what differs from run to run: the
    second in a run's id, records of when, and the line of the page that says when and how long.
    """
    found = {}
    for folder in (place / "models" / "textrnn", place / "runs" / "textrnn"):
        for path in folder.rglob("*"):
            if path.is_file() and path.name not in RECORDS and not path.name.startswith("."):
                name = RUN_ID.sub("ID", path.relative_to(place).as_posix())
                assert name not in found, f"{name}: two runs of the same result"
                found[name] = ORIGIN.sub(b"", path.read_bytes()) if path.suffix == ".html" else path.read_bytes()
    runs = [path.name for path in (place / "runs" / "textrnn").glob("*") if path.is_dir()]
    if runs:
        promotions = read_json(place / "runs" / "textrnn" / "promotions.json")["promotions"]
        assert [promotion["run"] for promotion in promotions] == runs, "each kept run was promoted"
    return found


@dataclass(frozen=True)
class Steps:
    """What stands before each stage, and at last the whole run; and the calls that each stage makes."""

    shots: list[Path]
    calls: list[list[str]]

    @property
    def whole(self) -> Path:
        return self.shots[-1]


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Steps:
    place = prepare(tmp_path_factory.mktemp("steps") / "place")
    found = Steps([shutil.copytree(place, place.with_name("0"))], [])
    before = Path.cwd()
    os.chdir(place)
    try:
        for number, name in enumerate(NAMES):
            with Disk(place).watched() as disk:
                assert run_app(["run", "--quiet", "--until", name]) == 0
            found.calls.append(disk.names)
            found.shots.append(shutil.copytree(place, place.with_name(str(number + 1))))
    finally:
        os.chdir(before)
    return found


def check_ended(ended: Ended, place: Path, whole: Path, until: str, told: str) -> None:
    """A typed error in one line, or all there; the store sound; and the next run makes what the whole run made."""
    expected = contents(whole)
    wanted = {name: expected[name] for name in NAMES[: NAMES.index(until) + 1]}
    assert ended.code in (0, 1), f"{told}: {ended.err}"
    if ended.code == 0:
        assert contents(place) == wanted, f"{told}: a false success"
    else:
        assert "internal error" not in ended.error, told
        assert str(place) in ended.error or place.name in ended.error, f"{told}: {ended.error}"
    before = Path.cwd()
    os.chdir(place)
    try:
        assert run_app(["cache", "verify"]) == 0, told
        assert run_app(["run", "--quiet", "--until", until]) == 0, f"{told}: and run again"
    finally:
        os.chdir(before)
    assert contents(place) == wanted, told
    if until == UNTIL:
        assert published(place) == published(whole), told


def test_a_run_on_a_disk_that_fails(steps: Steps, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place = tmp_path / "place"
    cases = [(stage, number) for stage in range(len(NAMES)) for number in range(len(steps.calls[stage]))]
    # half a second each: a quarter of them in `make faults`, every one with SCALE=4
    chosen = sorted(random.Random(0).sample(cases, min(scaled(len(cases)) // 4 + 1, len(cases))))
    held = failed = 0
    for stage, number in chosen:
        names, name = steps.calls[stage], NAMES[stage]
        failure = FAILURES[(number + stage) % len(FAILURES)]
        shutil.copytree(steps.shots[stage], place)
        ended = command(place, "run", "--quiet", "--until", name, within=failing(place, number, failure).watch)
        told = f"{name}: {failure} at call {number} ({names[number]}) of {len(names)}"
        check_ended(ended, place, steps.whole, name, told)
        shutil.rmtree(place)
        failed += ended.code != 0
        held += 1
    note = f"of {len(cases)} calls of all stages; {failed} refused in one line, {held - failed} lost nothing"
    record(request, "F4", rounds=len(chosen), held=held, note=note)


def test_a_limit_of_the_size_of_files(steps: Steps, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    # SIGXFSZ is ignored by Python: EFBIG comes, and a part of the bytes was taken before
    place, rounds = tmp_path / "place", scaled(20)
    held = failed = 0
    for number in range(rounds):
        limit = random.Random(number).randrange(1_000, 60_000 if SCALE >= 0.1 else 5_000)
        shutil.copytree(steps.shots[0], place)
        ended = command(
            place,
            *("run", "--quiet", "--until", UNTIL),
            within=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1)),
        )
        check_ended(ended, place, steps.whole, UNTIL, f"round {number}: files of at most {limit} bytes")
        shutil.rmtree(place)
        failed += ended.code != 0
        held += 1
    record(request, "F4", rounds=rounds, held=held, note=f"RLIMIT_FSIZE; {failed} refused in one line")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a disk of some kB, or makes the one that is mounted larger."""
    place = tmp_path / "place"
    place.mkdir()

    def mount(size: int) -> Path:
        remount = "remount," if os.path.ismount(place) else ""
        arguments = ["mount", "-t", "tmpfs", "-o", f"{remount}size={size}k", "textrnn", str(place)]
        try:
            done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("needs `mount`")
        if done.returncode:
            pytest.skip(f"needs leave to mount a tmpfs: {done.stderr.strip()}")
        return place

    yield mount
    if os.path.ismount(place):
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_full(
    steps: Steps, small_disk: Callable[[int], Path], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rounds = scaled(20)
    held = failed = 0
    for number in range(rounds):
        size = random.Random(number).randrange(40, 1200 if SCALE >= 0.1 else 60)
        place = small_disk(size)
        shutil.copytree(steps.shots[0], place, dirs_exist_ok=True)
        ended = command(place, "run", "--quiet", "--until", UNTIL)
        small_disk(20_000)
        check_ended(ended, place, steps.whole, UNTIL, f"round {number}: a disk of {size} kB")
        subprocess.run(["umount", str(place)], check=True)
        failed += ended.code != 0
        held += 1
    record(request, "F4", rounds=rounds, held=held, note=f"a full tmpfs; {failed} refused in one line")
