"""`make mutants`: plant wrong meanings one at a time, and say which of them the tests do not see."""

from __future__ import annotations

import argparse
import itertools
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence, Set
from typing import TypeVar

from mutants.chosen import draw
from mutants.client import Worker
from mutants.operators import Mutant
from mutants.planted import DoesNotApply, planted_mutants
from mutants.reach import Reach, digests_of, measure, measured, test_files, tree_digest
from mutants.results import (
    Result,
    keep_result,
    key_of,
    read_equivalents,
    read_killers,
    read_results,
    reason_of,
    stands,
)
from mutants.tree import mutated

LEAST = 0.95  # the share that must be killed
EXAMPLE = ">>> "  # in a docstring, which `make check` runs
T = TypeVar("T")
MOST_TESTS = 300.0  # seconds of tests, as they take without a mutant, that are run against one
SLOWER, PAUSE = 6.0, 60.0  # how much longer than without a mutant tests may take before it counts as a hang


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 0 where at least 95 % were killed and every planted meaning applies."""
    asked = parser().parse_args(arguments)
    try:
        mutants = chosen_mutants(asked.count, asked.seed, asked.only)
    except DoesNotApply as error:
        print(f"error: planted meanings that no longer apply; write them anew in tests/mutants/planted.py:\n{error}")
        return 2
    tree, begun = tree_digest(), time.monotonic()
    known, equivalents = read_results(), read_equivalents()
    waiting = [m for m in mutants if not stands(known.get(key_of(m)), tree) and not reason_of(m, equivalents)]
    if asked.again:
        waiting = [m for m in mutants if not (r := known.get(key_of(m))) or not r.killed]
        waiting = [m for m in waiting if not reason_of(m, equivalents)]
    print(f"{len(mutants)} mutants, {len(waiting)} of them to run", flush=True)
    if waiting:
        workers = [Worker(number) for number in range(asked.workers)]
        try:
            reach = find_reach(workers, stale=asked.stale)
            each(workers, waiting, lambda worker, mutant: run_one(worker, mutant, reach, tree, asked.most))
        finally:
            for worker in workers:
                worker.close()
    return report(mutants, time.monotonic() - begun)


def parser() -> argparse.ArgumentParser:
    """What can be asked."""
    made = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    made.add_argument("--count", type=int, default=320, help="drawn by the operators, beside the planted ones")
    made.add_argument("--seed", type=int, default=0, help="of the draw")
    made.add_argument("--only", default="", help="mutants whose line holds this text; 'planted' are those by hand")
    made.add_argument("--workers", type=int, default=2, help="processes side by side, a core each")
    made.add_argument("--most", type=float, default=MOST_TESTS, help="seconds of tests against one mutant")
    made.add_argument("--again", action="store_true", help="run survivors again")
    made.add_argument(
        "--stale", action="store_true", help="the map as it is, of other code and not whole: for a first look"
    )
    return made


def chosen_mutants(count: int, seed: int, only: str = "") -> list[Mutant]:
    """The planted ones, then those drawn; no change twice."""
    found = {key_of(mutant): mutant for mutant in [*planted_mutants(), *draw(count, seed)]}
    return [mutant for mutant in found.values() if only in mutant.said]


def each(workers: Sequence[Worker], items: Sequence[T], run: Callable[[Worker, T], None]) -> None:
    """`run` every item, each worker on a thread of its own; the first error ends it."""
    left: queue.SimpleQueue[T] = queue.SimpleQueue()
    for item in items:
        left.put(item)
    failed: list[BaseException] = []

    def work(worker: Worker) -> None:
        try:
            while not failed:
                run(worker, left.get_nowait())
        except queue.Empty:
            return
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def find_reach(workers: Sequence[Worker], *, stale: bool = False) -> Reach:
    """Which tests come to which lines: read where it is known of this very code, else measured; `stale`: as it is."""
    known = measured()
    files = test_files()
    digests = digests_of(files)
    missing = [file for file in files if file not in known or known[file].tree != digests[file]]
    if stale:
        files, missing = [file for file in files if file in known], []
    if missing:
        print(f"measuring what {len(missing)} files of tests come to", flush=True)

    def look(worker: Worker, file: str) -> None:
        known[file] = measure(worker, digests[file], file)
        if known[file].failed or not known[file].seconds:
            print(f"warning: {file}: fails without a mutant, left out: {', '.join(sorted(known[file].failed))}")

    each(workers, missing, look)
    return Reach({file: known[file] for file in files})


def run_one(worker: Worker, mutant: Mutant, reach: Reach, tree: str, most: float) -> None:
    """Plant `mutant`, run its tests, and keep what came of it."""
    known = {mutant.test, *read_killers(mutant.file)}
    result = try_mutant(worker, mutant, reach.plan(mutant, most, known), tree, known)
    keep_result(mutant, result)
    mark = {"killed": ".", "late": "t", "survived": "SURVIVED"}[result.outcome]
    print(f"{mark} {result.seconds:6.1f} s  {shortened(mutant.said)}  {result.by}", flush=True)


def try_mutant(
    worker: Worker, mutant: Mutant, plan: Sequence[tuple[str, list[str], float]], tree: str, known: Set[str]
) -> Result:
    """The examples in the module's docstrings first, then the tests of `plan`: those that are `known`, the quick half,
    the others, each in a process.
    """
    first = list(itertools.takewhile(lambda row: known.issuperset(row[1]), plan))
    quick, slow, total = [], [], 0.0
    for row in plan[len(first) :]:
        total += row[2]
        (quick if total < 8 or not quick else slow).append(row)
    seconds, count = 0.0, 0
    with mutated(worker.place, mutant.file, mutant.source):
        if EXAMPLE in mutant.source and not mutant.test:
            found = worker.ask({mutant.file: None}, PAUSE, examples=True)
            seconds, count = found["seconds"], len(found["rows"])
            if found["outcome"] == "failed":
                return Result("killed", (found["failed"] or [mutant.file])[0], round(seconds, 2), count, tree)
        for part in (first, quick, slow):
            if not part:
                continue
            tests: dict[str, list[str]] = {}
            for file, names, _ in part:
                tests.setdefault(file, []).extend(names)
            limit = PAUSE + SLOWER * sum(row[2] for row in part)
            found = worker.ask(tests, limit)
            seconds, count = seconds + found["seconds"], count + sum(map(len, tests.values()))
            if found["outcome"] == "late":
                return Result("late", next(iter(tests)), round(seconds, 2), count, tree)
            if found["outcome"] == "failed":
                by = (found["failed"] or [f"exit {found['status']}"])[0]
                return Result("killed", by, round(seconds, 2), count, tree)
    return Result("survived", "", round(seconds, 2), count, tree)


def report(mutants: Sequence[Mutant], took: float) -> int:
    """Print what came of all; 0 where enough were killed."""
    known, equivalents = read_results(), read_equivalents()
    reasons = {key_of(mutant): reason_of(mutant, equivalents) for mutant in mutants}
    same = [mutant for mutant in mutants if reasons[key_of(mutant)]]
    results = [(mutant, known.get(key_of(mutant))) for mutant in mutants if not reasons[key_of(mutant)]]
    killed = [mutant for mutant, result in results if result is not None and result.killed]
    lived = [(mutant, result) for mutant, result in results if result is not None and not result.killed]
    for mutant in same:
        print(f"changes no meaning: {shortened(mutant.said)}: {reasons[key_of(mutant)]}")
    for mutant, result in lived:
        print(f"survived {result.tests} tests: {mutant.said}")
    hand = [mutant for mutant in mutants if mutant.place == "planted"]
    dead = sum(mutant.place == "planted" for mutant in killed)
    share = len(killed) / max(len(mutants), 1)
    without = len(killed) / max(len(mutants) - len(same), 1)
    print(
        f"{len(killed)} of {len(mutants)} killed ({share:.1%}), {len(lived)} survived, {len(same)} change no meaning "
        f"(without those {without:.1%}); of {len(hand)} planted by hand {dead} killed; {took / 60:.0f} minutes"
    )
    return 0 if share >= LEAST and len(killed) + len(lived) + len(same) == len(mutants) else 1


def shortened(text: str, most: int = 150) -> str:
    """`text` on one line, no longer than `most`."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3] + "..."


if __name__ == "__main__":
    sys.exit(main())
