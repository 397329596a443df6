"""Model folders that mean harm: a clear refusal or a harmless load, whatever lies in them."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from faulting import record, scaled
from hostile import LINKS, NAMES, run_cases
from hostile_models import saved_models
from hostile_payloads import every, pickles

FILES, OF_NUMBERS = 9, 4  # of a model folder, of one over numbers


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sound folders of each kind of vocabulary and of target, and one over numbers."""
    home = tmp_path_factory.mktemp("sound")
    for name, save in saved_models().items():
        save(home / name)
    return home


CASES = [
    ("payload", 60 * FILES, "60 payloads as every file"),
    ("mutated", 2000, "mutated folders of every kind of target, resealed"),
    ("tokenizer", 300, "hostile tokenizer.json, resealed"),
    ("path", (len(LINKS) + len(NAMES)) * FILES, "links, devices, names that lead out"),
    ("sequence payload", 60 * OF_NUMBERS, "over numbers: 60 payloads as every file"),
    ("sequence mutated", 500, "over numbers: mutated folders, resealed"),
    ("sequence path", (len(LINKS) + len(NAMES)) * OF_NUMBERS, "over numbers: links, devices, names that lead out"),
]


def numbers(full: int) -> range:
    """`scaled(full)` of the rounds, spread over all of them by a step that meets every file."""
    rounds = scaled(full)
    step = full // rounds
    step += step > 1 and step % 3 == 0  # of nine files, and of four
    step += step > 1 and step % 2 == 0
    step += step > 1 and step % 3 == 0
    return range(0, min(step * rounds, full), step)


def test_a_hostile_folder_is_refused_or_harmless(base: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    plan = [(kind, number) for kind, full, _ in CASES for number in numbers(full)]
    every_case = run_cases(plan, base, tmp_path / "home")
    assert [(case.kind, case.number) for case in every_case] == plan
    for kind, _, note in CASES:
        cases = [case for case in every_case if case.kind == kind]
        held = sum(case.fault is None for case in cases)
        refused = sum(case.outcome == "refused" for case in cases)
        slowest, largest = max(case.seconds for case in cases), max(case.megabytes for case in cases)
        seen = f"{refused} refused, at most {slowest:.2f} s CPU, {largest:.0f} MB above the start"
        record(request, "hostile", rounds=len(cases), held=held, note=f"{note}: {seen}")
    faults = [case.fault for case in every_case if case.fault]
    assert not faults, f"{len(faults)} of {len(plan)}: {faults[:5]}"
    assert sum(case.outcome == "refused" for case in every_case) > len(plan) // 4, "the product should see most of it"
    outside = tmp_path / "home" / "outside"
    assert not outside.exists() or [path.name for path in outside.iterdir()] == ["secret"]


def test_the_payloads_are_live(tmp_path: Path) -> None:
    """Loaded the careless way they do make their file: a test that passes says something."""
    marker = tmp_path / "marker"
    for name, data in pickles(marker):
        opened = pickle.load(io.BytesIO(data))
        if hasattr(opened, "close"):
            opened.close()
        assert marker.exists(), name
        marker.unlink()
    with pytest.raises(TypeError, match="NoneType"):
        np.load(io.BytesIO(dict(every(marker))["npy of objects"]), allow_pickle=True).item() + 1
    assert marker.exists()
