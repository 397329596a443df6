"""The README says what is so: its table of keys is the config classes, its links are files."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from pipelines.commands.look import describe_fields
from pipelines.commands.output import toml_value
from pipelines.config import SECTIONS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")
# what the Chinese page is the translation of: what comes before these, and their own text
FIRST_PAGE = ("Two commands", "In Python", "Your own data", "On the command line")


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


@pytest.mark.parametrize("page", [README, CHINESE], ids=["README.md", "README.zh.md"])
def test_links_and_pictures_are_there(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        assert target.startswith("https://") or (ROOT / target).is_file(), target


def code_of(page: str) -> list[str]:
    """The lines of the indented blocks of `page`."""
    return [line.strip() for line in page.splitlines() if line.startswith("    ")]


def section_of(page: str, title: str) -> str:
    """What stands under the heading `title`."""
    return page.split(f"\n## {title}\n")[1].split("\n## ")[0]


def figures_of(page: str) -> set[str]:
    """The numbers of `page`, as they are written."""
    return set(re.findall(r"\d+(?:[.,:/]\d+)*", page))


def test_each_page_begins_with_a_link_to_the_other() -> None:
    assert README.splitlines()[0] == "[中文](README.zh.md)"
    assert CHINESE.splitlines()[0] == "[English](README.md)"


def test_the_chinese_page_shows_what_the_english_one_shows() -> None:
    """Each line of its blocks, each command in its text and its tables, each figure, stands in the English page."""
    assert [line for line in code_of(CHINESE) if line not in README] == []
    assert [command for command in re.findall(r"`([^`\n]+)`", CHINESE) if command not in README] == []
    assert sorted(figures_of(CHINESE) - figures_of(README)) == []


@pytest.mark.parametrize("title", FIRST_PAGE)
def test_the_commands_of_the_first_page_stand_in_chinese_too(title: str) -> None:
    section = section_of(README, title)
    typed = [line for line in code_of(section) if re.match(r"(\$ |>>> |make |textrnn |clf)", line)]
    assert typed
    known = set(code_of(CHINESE))
    assert [line for line in typed if line not in known] == []


def test_the_table_of_speeds_is_the_same() -> None:
    def numbers(page: str) -> list[list[str]]:
        rows = page.split("|---|---:|---:|---:|---:|\n")[1].split("\n\n")[0].splitlines()
        return [re.findall(r"[\d.,]+", "|".join(row.split("|")[2:])) for row in rows]

    assert numbers(CHINESE) == numbers(README)


if __name__ == "__main__":
    print(table_of_keys())
