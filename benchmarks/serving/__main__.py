"""`textrnn serve` beside the engine in this process, and beside LitServe round the same predictor.

    python -m benchmarks.serving --model models/sentiment --rival benchmarks/.envs/litserve/bin/python --results FILE

Texts are made of known words. All traffic goes to 127.0.0.1; each phase ends by itself. What FILE has is not measured
again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

import textrnn
from benchmarks.serving.client import make_bodies
from benchmarks.serving.ending import ending
from benchmarks.serving.phases import PHASES, Figures, Measured
from benchmarks.serving.running import free_port, running

LITSERVE = "benchmarks.rivals.litserve_"
SERVE = "from pipelines.app import main; main()"


def in_process(predictor: Any, seconds: float) -> tuple[float, float]:
    """Texts a second, and texts a second of the processor."""
    texts, done = make_bodies()[0], 0
    predictor.predict_proba(texts[:256])
    begun, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - begun < seconds:
        predictor.predict_proba(texts[done % 768 : done % 768 + 256])
        done += 256
    return done / (time.perf_counter() - begun), done / (time.process_time() - used)


class Results:
    """Figures by server and phase, kept in a file, if any, as soon as they are there."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.figures: dict[str, dict[str, Figures]] = {}
        if path is not None and path.exists():
            self.figures = json.loads(path.read_text())

    def keep(self, server: str, phase: str, found: Figures) -> None:
        self.figures.setdefault(server, {})[phase] = found
        print(f"{server}: {phase}: {json.dumps(found)}", flush=True)
        if self._path is not None:
            self._path.write_text(json.dumps(self.figures, indent=1) + "\n")


def measure(name: str, command: list[str], port: int, results: Results, options: argparse.Namespace) -> None:
    """Run the phases of one server that are not known yet."""
    known = results.figures.setdefault(name, {})
    wanted = [phase for phase in options.phases or [*PHASES, "ending"] if phase not in known]
    predictor = textrnn.load(options.model)

    async def phases() -> None:
        with running(command, port) as server:
            await server.wait()
            run = Measured(
                server,
                lambda seconds: in_process(predictor, seconds),
                options.seconds,
                options.rounds,
                options.requests,
                known,
            )
            for phase in wanted:
                if phase in PHASES:
                    results.keep(name, phase, await PHASES[phase](run))

    if any(phase in PHASES for phase in wanted):
        uvloop.run(phases())
    if "ending" in wanted:
        results.keep(name, "ending", uvloop.run(ending(command, port)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--seconds", type=float, default=30.0, help="of a phase")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--phases", nargs="+", choices=[*PHASES, "ending"], help="these alone; the first is needed")
    parser.add_argument("--rival", help="the Python of an environment with litserve")
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    results, port, other = Results(options.results), free_port(), free_port()
    serve = ["serve", "-q", "-m", options.model, "--port", str(port)]
    measure("textrnn", [sys.executable, "-c", SERVE, *serve], port, results, options)
    if options.rival:
        measure("litserve", [options.rival, "-m", LITSERVE, options.model, str(other)], other, results, options)


if __name__ == "__main__":
    main()
