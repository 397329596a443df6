"""The README says what is so: its table of keys is the config classes, its links are files."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from pipelines.app import run_app
from pipelines.commands.look import NAME_MEANING, describe_fields
from pipelines.config import SECTIONS, read_config
from pipelines.running.output import toml_value

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")
# what the Chinese page is the translation of: what comes before these, and their own text
FIRST_PAGE = ("Two commands", "In Python", "Your own data", "On the command line")


def table_of_keys() -> str:
    """The table that the README holds."""
    rows = ["| key | default | meaning |", "|---|---|---|", f"| `name` |  | {NAME_MEANING} |"]
    for section, kind in SECTIONS.items():
        defaults = {field.name: field.default for field in dataclasses.fields(kind)}
        for name, meaning in describe_fields(section):
            value = toml_value(defaults[name])
            rows.append(f"| `{section}.{name}` | {f'`{value}`' if value else ''} | {meaning} |")
    return "\n".join(rows)


def test_every_key_stands_in_the_readme_with_its_default():
    assert table_of_keys() in README


@pytest.mark.parametrize("page", [README, CHINESE], ids=["README.md", "README.zh.md"])
def test_links_and_pictures_are_there(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        assert target.startswith("https://") or (ROOT / target).is_file(), target


HAN = re.compile("[\u4e00-\u9fff]")


def code_of(page: str) -> list[str]:
    """The lines of the indented blocks of `page`, without their comments."""
    return [line.partition("  # ")[0].strip() for line in page.splitlines() if line.startswith("    ")]


def section_of(page: str, title: str) -> str:
    """What stands under the heading `title`."""
    return page.split(f"\n## {title}\n")[1].split("\n## ")[0]


def figures_of(page: str) -> set[str]:
    """The numbers of `page`, as they are written; of ten thousands, as Chinese counts them, the millions."""
    counted = re.sub(r"(\d+) 万", lambda found: f"{int(found[1]) / 100:g} million", page)
    return set(re.findall(r"\d+(?:[.,:/]\d+)*", counted))


def test_each_page_begins_with_a_link_to_the_other() -> None:
    assert README.splitlines()[0] == "[中文](README.zh.md)"
    assert CHINESE.splitlines()[0] == "[English](README.md)"


def test_the_chinese_page_shows_what_the_english_one_shows() -> None:
    """Each line of its blocks, each command in its text and its tables, each figure, stands in the English page, but
    for the example of Chinese rows.
    """
    assert [line for line in code_of(CHINESE) if line not in README and not HAN.search(line)] == []
    named = re.findall(r"`([^`\n]+)`", CHINESE)
    assert [command for command in named if command not in README and not HAN.search(command)] == []
    told = "\n".join(line for line in CHINESE.splitlines() if not (line.startswith("    ") and HAN.search(line)))
    assert sorted(figures_of(told) - figures_of(README)) == []
    assert "4.8" in figures_of(CHINESE)


def test_comments_of_the_chinese_page_are_chinese() -> None:
    comments = re.findall(r"^    .*  # (.*)$", CHINESE, re.MULTILINE)
    assert comments
    assert [comment for comment in comments if not HAN.search(comment)] == []


def test_the_chinese_rows_are_read_by_the_commands_beside_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = re.findall(r"^    (编号.*(?:\n    K\d+,.*)+)", CHINESE, re.MULTILINE)[0].replace("    ", "").splitlines()
    more = [row.replace("，", f"{i}，", 1).replace("！", f"{i}！") for i in range(20) for row in rows[1:]]
    (tmp_path / "工单.csv").write_text("\n".join([rows[0], *more]) + "\n", encoding="utf-8")
    command = next(line for line in code_of(CHINESE) if line.startswith("textrnn init 工单.csv"))
    monkeypatch.chdir(tmp_path)
    assert run_app(command.split()[1:]) == 0
    config = read_config("textrnn.toml")
    assert (config.data.text_columns, config.data.label_column) == (("内容",), "类别")
    assert rows[0].split(",")[0] in next(line for line in code_of(CHINESE) if "data.id_column=" in line)


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
