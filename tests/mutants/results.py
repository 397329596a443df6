"""What came of each mutant, kept line by line so that a run which ends goes on; and mutants known to change nothing."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutants.operators import Mutant
from mutants.tree import WORK, digest_of

RESULTS = WORK / "results.jsonl"
EQUIVALENT = Path(__file__).parent / "equivalent.toml"


@dataclass(frozen=True)
class Result:
    """`outcome` is killed, late (killed by the clock) or survived; `by` is the test that saw it."""

    outcome: str
    by: str
    seconds: float
    tests: int
    tree: str

    @property
    def killed(self) -> bool:
        """Whether the tests saw it."""
        return self.outcome in ("killed", "late")


def key_of(mutant: Mutant) -> str:
    """What a result is kept under: the file and its source with the change."""
    return digest_of(mutant.file, mutant.source)


def read_results(path: Path = RESULTS) -> dict[str, Result]:
    """All that is known, the last line of each mutant; a line that was cut off is left out."""
    found: dict[str, Result] = {}
    if not path.is_file():
        return found
    with open(path, encoding="utf-8") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:
                continue
            found[row["key"]] = Result(row["outcome"], row["by"], row["seconds"], row["tests"], row["tree"])
    return found


def read_killers(file: str, path: Path = RESULTS) -> list[str]:
    """The tests that have seen a mutant of `file`."""
    if not path.is_file():
        return []
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if f'"said": "{file} ' in line)
    rows = (json.loads(line) for line in lines if line.endswith("}"))
    return sorted({row["by"] for row in rows if row["outcome"] == "killed"})


def keep_result(mutant: Mutant, result: Result, path: Path = RESULTS) -> None:
    """Write one line."""
    row: dict[str, Any] = {"key": key_of(mutant), "said": mutant.said, **result.__dict__}
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = not path.is_file() or path.read_bytes()[-1:] in (b"", b"\n")
    with open(path, "a", encoding="utf-8") as file:
        file.write(("" if whole else "\n") + json.dumps(row) + "\n")


def stands(result: Result | None, tree: str) -> bool:
    """Whether a mutant need not run again: it was killed, or survived the very tests and code that there are now."""
    return result is not None and (result.killed or result.tree == tree)


@dataclass(frozen=True)
class Equivalent:
    """A mutant that changes no meaning, named by its words: every one in `file` `place` of that change."""

    file: str
    place: str
    before: str
    after: str
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        """Whether it is this one; an empty `before` is any change in the place."""
        same = (self.file, self.place) == (mutant.file, mutant.place)
        return same and (not self.before or (self.before, self.after) == (mutant.before, mutant.after))


def read_equivalents(path: Path = EQUIVALENT) -> list[Equivalent]:
    """The known ones."""
    if not path.is_file():
        return []
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])
    return [Equivalent(**{"before": "", "after": "", **row}) for row in rows]


def reason_of(mutant: Mutant, equivalents: Iterable[Equivalent]) -> str:
    """Why `mutant` changes no meaning, or nothing."""
    return next((known.reason for known in equivalents if known.covers(mutant)), "")
