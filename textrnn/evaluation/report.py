"""The report: how good a classifier is, as data and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textrnn.files import read_json, write_json, write_text
from textrnn.ours import GENERATOR, PAGE_MARK, mark_json, mark_page


@dataclass(frozen=True)
class Report:
    """`data` is plain JSON, all that was measured; `html` is one page that shows it and needs no other file."""

    data: Mapping[str, Any]
    html: str

    def save(self, folder: Path) -> None:
        """Write `report.json` and `report.html` into `folder`, marked as ours; equal reports give equal bytes."""
        write_json(folder / "report.json", mark_json(self.data))
        write_text(folder / "report.html", mark_page(self.html))

    @staticmethod
    def load(folder: Path) -> Report:
        """The report that `save` wrote into `folder`. Raises OSError, ValueError."""
        data = read_json(folder / "report.json")
        page = (folder / "report.html").read_bytes().decode("utf-8")
        return Report({name: data[name] for name in data if name != GENERATOR}, page.removesuffix(PAGE_MARK))
