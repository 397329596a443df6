"""The parent's end: rivals as child processes that compute one at a time."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = ROOT / "benchmarks" / ".envs"
OURS = "textrnn"  # the environment that this program itself runs in


class RivalFailed(Exception):
    """A rival could not do what was asked."""


def python_of(environment: str, environments: Path = ENVIRONMENTS) -> Path | None:
    """The Python of `environment`; None where it is not built whole."""
    if environment == OURS:
        return Path(sys.executable)
    folder = environments / environment
    return folder / "bin" / "python" if (folder / ".ready").exists() else None


class Child:
    """A program of `benchmarks/rivals`, started at once; it waits for requests."""

    def __init__(
        self, python: Path, program: str, options: tuple[str, ...], folder: Path, threads: int, *, gpu: bool = False
    ) -> None:
        self.log = folder / f"{program}{''.join(options)}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [python, "-m", f"benchmarks.rivals.{program}", str(folder), *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=_environment(threads, gpu=gpu),
            )

    def ask(self, request: Mapping[str, Any], *, timeout: float) -> dict[str, Any]:
        """The answer to `request`. Raises RivalFailed for what failed, died, or took over `timeout` seconds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise RivalFailed(f"ended: {self._last_words()}") from None
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            self.end()
            raise RivalFailed(f"no answer in {timeout:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RivalFailed(f"ended with code {self.process.returncode}: {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise RivalFailed(answer["failed"])
        return answer

    def processor_seconds(self) -> float:
        """Processor time it has used so far, over all threads; 0 where the system does not say."""
        return processor_seconds(self.process.pid)

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "it said nothing")


def _environment(threads: int, *, gpu: bool = False) -> dict[str, str]:
    """The same cores for everyone: so many threads, no GPU unless it is asked for, nothing fetched."""
    number = str(threads)
    hidden = {} if gpu else {"CUDA_VISIBLE_DEVICES": ""}
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": number,
        "MKL_NUM_THREADS": number,
        "OPENBLAS_NUM_THREADS": number,
        "RAYON_NUM_THREADS": number,
        "TF_NUM_INTRAOP_THREADS": number,
        "TF_NUM_INTEROP_THREADS": number,
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "HF_HUB_OFFLINE": "1",
        **hidden,
    }


def processor_seconds(pid: int) -> float:
    """User and system time of the process `pid`, from Linux's /proc; 0 elsewhere, and where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine_seconds() -> float:
    """Busy seconds of all cores since the machine started, from Linux's /proc; 0 elsewhere."""
    try:
        first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _idle, _waiting, interrupts, soft, stolen = (int(field) for field in first[:8])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")
