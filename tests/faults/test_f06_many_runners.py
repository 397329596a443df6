"""F6: four runners on one cache, killed at random, beside `cache gc` and a held lock."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from faulting import record, scaled
from forks import NAMES, finished, forking, leftovers, make_place, results

from pipelines.cache import Cache

RUNNERS = 4


def test_four_runners_at_once(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rounds, held, kills, gone = scaled(10), 0, 0, 0
    with forking(tmp_path) as start:
        whole = make_place(tmp_path / "whole")
        first = start("run", cwd=whole)
        assert first.end() == 0, first.err
        expected = results(whole)
        keys = {path.parent.name: path.name for path in whole.glob(".textrnn/entries/*/*")}
        for number in range(rounds):
            chance, told = random.Random(number), f"round {number}"
            place = make_place(tmp_path / told)
            cache = Cache(place / ".textrnn")
            stage = chance.choice(NAMES)
            with cache.locked(stage, keys[stage], timeout=1, say=print):
                runners = [start("run", "--json", cwd=place) for _ in range(RUNNERS)]
                time.sleep(chance.uniform(0.2, 1.0))
            victims = runners[: number % 3]  # none, one or two of them
            for victim in victims:
                time.sleep(chance.uniform(0, 0.5))
                victim.signal(signal.SIGKILL)
            collected = 0
            if number % 2:
                collector = start("cache", "gc", "--keep", "1", "--json", cwd=place)
                assert collector.end() == 0, (told, collector.err)
                collected = len(json.loads(collector.out.read_text("utf-8")))
            codes = [runner.end() for runner in runners]
            died = codes.count(-signal.SIGKILL)
            assert codes[len(victims) :] == [0] * (RUNNERS - len(victims)), (told, [runner.err for runner in runners])
            assert finished(place) == set(NAMES), told
            last = start("run", "--json", cwd=place)
            assert last.end() == 0, (told, last.err)
            assert last.ran == [], told
            assert results(place) == expected, told
            assert cache.verify() == {}, told
            assert leftovers(place) == [], told
            began = Counter(name for runner in runners for name in runner.began)
            assert set(began) == set(NAMES), told
            twice = sum(began.values()) - len(NAMES)
            assert twice <= died + collected, (told, began, [runner.err for runner in runners])
            held, kills, gone = held + 1, kills + died, gone + collected
    record(
        request, "F6", rounds=rounds, held=held, note=f"{RUNNERS} runners, {kills} killed, gc removed {gone} results"
    )
