"""`Unlabelled`: unlabelled texts as token ids."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textrnn.storage.files import read_json, write_json
from textrnn.text.ragged import Ragged

FORMAT = 1


@dataclass(frozen=True)
class Unlabelled:
    """`rows` are U rows of token ids, uncut; U may be 0."""

    rows: Ragged

    def save(self, folder: Path) -> None:
        """Write the rows and `unlabelled.json` into `folder`; equal rows give equal bytes."""
        self.rows.save(folder, "unlabelled")
        write_json(folder / "unlabelled.json", {"format": FORMAT, "texts": len(self.rows)})

    @staticmethod
    def load(folder: Path) -> Unlabelled:
        """The rows that `save` wrote into `folder`, memory-mapped. Raises OSError, ValueError."""
        found = Unlabelled(Ragged.load(folder, "unlabelled"))
        if len(found.rows) != read_json(folder / "unlabelled.json")["texts"]:
            raise ValueError(f"{folder}: expected as many rows as unlabelled.json says")
        return found
