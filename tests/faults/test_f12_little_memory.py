"""F12: little memory, at many levels: one line that says so, exit 1, and nothing half made."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from faulting import SCALE, record, scaled
from forks import forking, leftovers, make_place, results
from made import make_rows, write_csv
from running import environment

from pipelines.caching.cache import Cache

LEVELS = (0, 1, 2, 4, 8, 16, 32, 64)  # MiB above what the libraries have taken already
LARGE = {"hidden_size = 8": "hidden_size = 700", "embedding_size = 8": "embedding_size = 300"}
JOBS = ("load", "tokenize", "ngram_branch", "train", "predict")
LIMITED = """
import resource, sys
limit = int(sys.argv.pop(1)) << 20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
from pipelines.app import main
main()
"""


@pytest.mark.parametrize("job", JOBS)
def test_little_memory(job: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    levels = LEVELS if SCALE >= 1 else LEVELS[1 : 1 + scaled(len(LEVELS))]
    held, refused = 0, 0
    with forking(tmp_path) as start:
        rows = 200 if job == "predict" else 3000  # what a model was trained on says nothing of predicting
        place = make_place(tmp_path / "place", rows=rows, changes=LARGE if job == "train" else None)
        if job == "predict":
            before = start("run", cwd=place)
        else:
            before = start({"load": "plan", "tokenize": "load"}.get(job, "numericalize"), cwd=place)
        assert before.end() == 0, before.err
        write_csv(place / "more.csv", make_rows(40_000))
        arguments = {
            "load": ["load", "--data", "more.csv"],
            "predict": ["predict", "--input", "more.csv", "--output", "out.jsonl"],
        }.get(job, [job])
        for level in levels:
            folder = tmp_path / f"{job} {level}"
            shutil.copytree(place, folder)
            kept = results(folder)
            ended = start(*arguments, cwd=folder, room=level << 20)
            code, told = ended.end(), f"{job} with {level} MiB: {ended.err}"
            assert code in (0, 1), (code, told)
            if code:
                assert ended.err.splitlines()[-1].startswith("error: out of memory"), told
                assert "Traceback" not in ended.err, told
                assert results(folder) == kept, told
                assert not (folder / "out.jsonl").exists(), told
            assert Cache(folder / ".textrnn").verify() == {}, told
            assert not [name for name in leftovers(folder) if "/work/" not in name], told
            refused += code
            held += 1
            shutil.rmtree(folder)
    record(request, "F12", rounds=len(levels), held=held, note=f"{job}: {refused} out of memory, {held - refused} done")
    assert refused, "no level was too low: nothing was tried"


@pytest.mark.parametrize("limit", [64, 300, 511] if SCALE >= 1 else [300])
@pytest.mark.parametrize("job", ["load", "predict"])
def test_too_little_for_the_libraries(job: str, limit: int, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    place = make_place(tmp_path / "place")
    arguments = [job] if job == "load" else [job, "--model", "nowhere", "a text"]
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit), *arguments],
        cwd=place, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("error: out of memory: expected at least 512 MiB"), ended.stderr
    assert "Traceback" not in ended.stderr
    record(request, "F12", rounds=1, held=1, note=f"{job} under a limit of {limit} MiB from the start")
