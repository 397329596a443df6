"""F6: four runners on one cache, killed at random, beside `cache gc` that has much to remove, and a held lock."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from faulting import record, scaled
from forks import NAMES, Forked, forking, leftovers, make_place, results

from pipelines.caching.cache import Cache, Entry
from pipelines.caching.keys import key_of
from pipelines.running.records import remember_results
from pipelines.stages import find_stage
from textrnn.evaluation.report import Report

RUNNERS, OLD = 4, 5


@dataclass
class Planted:
    """Results in the cache of a round that are not its runners': what gc must remove, and what it must leave."""

    cache: Cache
    old: list[Entry] = field(default_factory=list)  # no run reaches them
    reached: list[Entry] = field(default_factory=list)  # the last run of another folder reached them

    def plant(self, number: int = 1) -> None:
        """So many more results that no run reaches."""
        self.old += [self._commit() for _ in range(number)]

    def plant_reached(self, root: Path) -> None:
        """A result of the last run of the folder `root`, and one of the run before that."""
        before, last = self._commit(), self._commit()
        for entry in (before, last):
            remember_results(self.cache, root, "other", {entry.stage: entry.key})
        self.old.append(before)
        self.reached.append(last)

    @contextlib.contextmanager
    def holding_one(self) -> Iterator[Entry]:
        """One more that no run reaches, whose lock this process holds."""
        entry = self._commit()
        with self.cache.locked(entry.stage, entry.key, timeout=1, log=print):
            yield entry

    def _commit(self) -> Entry:
        number = len(self.old) + len(self.reached) + random.getrandbits(60)
        preimage = {"stage": "evaluate", "format": 1, "params": {"planted": number}, "inputs": {}}
        preimage |= {"code": {}, "libraries": {}}
        noun = Report({"number": number}, f"{number} " * 5000)
        return self.cache.commit(find_stage("evaluate"), key_of(preimage), noun, preimage, {})


def collect(start: Callable[..., Forked], place: Path, told: str, seconds: float | None) -> list[str]:
    """What one `cache gc` removed below `entries`; after so many `seconds` it is killed, and has nothing to say."""
    collector = start("cache", "gc", "--keep", "1", "--json", cwd=place)
    if seconds is not None:
        time.sleep(seconds)
        collector.signal(signal.SIGKILL)
    code = collector.end()
    if code == -signal.SIGKILL:
        return []
    assert code == 0, (told, collector.err)
    gone = [Path(row["path"]) for row in json.loads(collector.out.read_text("utf-8"))]
    return [f"{path.parent.name}/{path.name}" for path in gone if path.parent.parent.name == "entries"]


def test_four_runners_at_once(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rounds, held, kills, removed, meanwhile = scaled(10), 0, 0, 0, 0
    with forking(tmp_path) as start:
        whole = make_place(tmp_path / "whole")
        first = start("run", cwd=whole)
        assert first.end() == 0, first.err
        expected = results(whole)
        keys = {entry.stage: entry.key for entry in Cache(whole / ".textrnn").entries()}
        theirs = {f"{stage}/{key[:32]}" for stage, key in keys.items()}
        for number in range(rounds):
            chance, told = random.Random(number), f"round {number}"
            place = make_place(tmp_path / told)
            cache = Cache(place / ".textrnn")
            planted = Planted(cache)
            planted.plant(OLD)
            planted.plant_reached(tmp_path / f"elsewhere {number}")
            stage, gone = chance.choice(NAMES), list[str]()
            with planted.holding_one() as locked:
                with cache.locked(stage, keys[stage], timeout=1, log=print):
                    runners = [start("run", "--json", cwd=place) for _ in range(RUNNERS)]
                    time.sleep(chance.uniform(0.2, 1.0))
                    gone += collect(start, place, told, None)
                victims = runners[: number % 3]  # none, one or two of them
                for victim in victims:
                    time.sleep(chance.uniform(0, 0.5))
                    victim.signal(signal.SIGKILL)
                while any(runner.process.is_alive() for runner in runners):
                    planted.plant()
                    found = collect(start, place, told, chance.choice([None, None, chance.uniform(0, 0.1)]))
                    meanwhile += len(found) if any(runner.process.is_alive() for runner in runners) else 0
                    gone += found
                    time.sleep(chance.uniform(0, 0.5))
                codes = [runner.end() for runner in runners]
                died = codes.count(-signal.SIGKILL)
                assert codes[len(victims) :] == [0] * (RUNNERS - len(victims)), (told, [one.err for one in runners])
                gone += collect(start, place, told, None)
                assert cache.find(locked.stage, locked.key) is not None, f"{told}: gc removed what was locked"
            assert sorted({*gone} & theirs) == [], f"{told}: gc removed what the runners had reached"
            assert [entry for entry in planted.reached if cache.find(entry.stage, entry.key) is None] == [], told
            assert [entry for entry in planted.old if cache.find(entry.stage, entry.key) is not None] == [], told
            last = start("run", "--json", cwd=place)
            assert last.end() == 0, (told, last.err)
            assert last.ran == [], told
            spared = {f".textrnn/entries/{entry.stage}/{entry.key[:32]}" for entry in (locked, *planted.reached)}
            own = {path: digest for path, digest in results(place).items() if not path.startswith(tuple(spared))}
            assert own == expected, told
            assert cache.verify() == {}, told
            assert leftovers(place) == [], told
            began = Counter(name for runner in runners for name in runner.began)
            assert set(began) == set(NAMES), told
            twice = sum(began.values()) - len(NAMES)
            assert twice <= died, (told, began, [runner.err for runner in runners])
            held, kills, removed = held + 1, kills + died, removed + len(gone)
    note = f"{RUNNERS} runners, {kills} killed, gc removed {removed} results, {meanwhile} while they ran"
    record(request, "F6", rounds=rounds, held=held, note=note)
    assert meanwhile, "gc found nothing to remove: nothing was tried"
