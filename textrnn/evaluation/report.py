"""The report: how good a classifier is, as data and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textrnn.files import read_json, write_json, write_text


@dataclass(frozen=True)
class Report:
    """`data` is plain JSON, all that was measured; `html` is one page that shows it and needs no other file."""

    data: Mapping[str, Any]
    html: str

    def save(self, folder: Path) -> None:
        """Write `report.json` and `report.html` into `folder`; equal reports give equal bytes."""
        write_json(folder / "report.json", dict(self.data))
        write_text(folder / "report.html", self.html)

    @staticmethod
    def load(folder: Path) -> Report:
        """The report that `save` wrote into `folder`. Raises OSError, ValueError."""
        return Report(read_json(folder / "report.json"), (folder / "report.html").read_bytes().decode("utf-8"))
