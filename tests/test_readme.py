"""The README says what is so: its table of keys is the config classes, its links are files."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from pipelines.commands.look import describe_fields
from pipelines.commands.output import toml_value
from pipelines.config import SECTIONS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def table_of_keys() -> str:
    """The table that the README holds."""
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for section, kind in SECTIONS.items():
        defaults = {field.name: field.default for field in dataclasses.fields(kind)}
        for name, meaning in describe_fields(kind):
            value = toml_value(defaults[name])
            rows.append(f"| `{section}.{name}` | {f'`{value}`' if value else ''} | {meaning} |")
    return "\n".join(rows)


def test_every_key_stands_in_the_readme_with_its_default():
    assert table_of_keys() in README


def test_links_and_pictures_are_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).is_file(), target


if __name__ == "__main__":
    print(table_of_keys())
