"""F2: the whole command killed in every stage, and run again: the same bytes, nothing done twice, nothing left."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from faulting import record, scaled
from forks import NAMES, finished, forking, leftovers, make_place, results
from running import OFF

UNSEEN = (*OFF, "publish")  # places that no line tells of
PLACES = [*NAMES, *UNSEEN]


def test_killed_in_every_stage_and_run_again(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rounds, held, killed = scaled(20), 0, Counter[str]()
    with forking(tmp_path) as start:
        whole = make_place(tmp_path / "whole")
        first = start("run", "--json", cwd=whole, trace=tmp_path / "trace")
        assert first.end() == 0, first.err
        expected = results(whole)
        changes = Counter((tmp_path / "trace").read_text().split())
        assert set(PLACES) <= set(changes), changes
        for number in range(rounds):
            chance = random.Random(number)
            stage = PLACES[number % len(PLACES)] if rounds >= 10 else chance.choice(PLACES)
            place = make_place(tmp_path / f"round {number}")
            if number % 3 < 2:
                at = chance.randint(1, changes[stage])
                victim = start("run", cwd=place, die_at=(stage, at))
                how = f"at change {at} of the disk in {stage}"
            else:
                victim = start("run", cwd=place)
                if victim.wait_until(lambda victim=victim, stage=stage: stage in victim.began or stage in UNSEEN):  # type: ignore[misc]
                    time.sleep(chance.uniform(0, 0.05))
                victim.signal(signal.SIGKILL)
                how = f"some moments into {stage}"
            code = victim.end()
            told = f"round {number}, killed {how}"
            assert code == -signal.SIGKILL or "some moments" in how, (told, victim.err)
            done = finished(place)
            killed[stage] += code == -signal.SIGKILL
            again = start("run", "--json", cwd=place)
            assert again.end() == 0, (told, again.err)
            assert set(again.ran) == set(NAMES) - done, told
            assert results(place) == expected, told
            assert leftovers(place) == [], told
            held += 1
    note = f"{killed.total()} died, in {len(killed)} stages, {sum(changes.values())} changes of the disk to die at"
    record(request, "F2", rounds=rounds, held=held, note=note)
