"""The report: how good a classifier is, as data or as a page."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textrnn.errors import ConfigError
from textrnn.evaluation.summary import summarise
from textrnn.storage.disk import make_folder
from textrnn.storage.files import read_json, write_json, write_text
from textrnn.storage.ownership import GENERATOR, PAGE_MARK, is_written_by_textrnn, mark_json, mark_page
from textrnn.storage.path_arguments import as_path

PAGE, DATA = "report.html", "report.json"


@dataclass(frozen=True, repr=False)
class Report:
    """`data` is plain JSON, all that was measured; `html` is one page that shows it and needs no other file.

    In a notebook a report shows its page; printed, its scores.
    """

    data: Mapping[str, Any]
    html: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page where `path` ends in .html, the data where it ends in .json, else both into that folder.

        They are marked as ours; equal reports give equal bytes. Raises OSError, and ConfigError where a file of that
        name is somebody else's.
        """
        place = as_path(path, "path")
        if place.suffix in (".html", ".json"):
            if place.exists() and not is_written_by_textrnn(place):
                what = "a folder" if place.is_dir() else "a file that textrnn did not write"
                raise ConfigError(f"path: expected a report or nothing at {place}, found {what}; choose another path")
            make_folder(place.parent)
        page, data = (place, place) if place.suffix in (".html", ".json") else (place / PAGE, place / DATA)
        if place.suffix != ".html":
            write_json(data, mark_json(self.data))
        if place.suffix != ".json":
            write_text(page, mark_page(self.html))

    def __str__(self) -> str:
        return "\n".join(summarise(self.data))

    def __repr__(self) -> str:
        scores = self.data["metrics"]
        first = next(name for name in scores if scores[name]["value"] is not None)
        where = f"{self.data['examples']:,} {'new' if self.data['split'] == 'new' else self.data['split']} examples"
        return f"Report({first.replace('_', ' ')} {scores[first]['value']:.4f} on {where})"

    def _repr_html_(self) -> str:
        """The page in a frame of its own, as notebooks show it."""
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" sandbox="" title="{html.escape(repr(self))}" '
            'style="width: 100%; height: 40em; border: 1px solid #ccc"></iframe>'
        )

    @staticmethod
    def load(folder: Path) -> Report:
        """The report that `save` wrote into `folder`. Raises OSError, ValueError."""
        data = read_json(folder / DATA)
        page = (folder / PAGE).read_bytes().decode("utf-8")
        return Report({name: data[name] for name in data if name != GENERATOR}, page.removesuffix(PAGE_MARK))
