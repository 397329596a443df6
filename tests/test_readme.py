"""The two READMEs say the same: their tables, figures, links and blocks agree, and they are short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.app import run_app
from pipelines.config import read_config

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")
# the Chinese page has an example of its own, with Chinese rows
BEFORE, EXAMPLE, AFTER = re.split("(?<=\n)(?=中文数据也一样|## 在命令行上)", CHINESE)
TRANSLATED = BEFORE + AFTER
HAN = re.compile("[\u4e00-\u9fff]")


def code_of(page: str) -> list[str]:
    """The lines of the blocks of `page`, without their comments."""
    blocks = re.findall(r"^```\w+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [line.partition("  # ")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def prose_of(page: str) -> str:
    """What stands outside of the blocks of `page`."""
    return re.sub(r"^```\w+\n.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def figures_of(page: str) -> set[str]:
    """The numbers of `page`, as they are written; of ten thousands, as Chinese counts them, the millions."""
    counted = re.sub(r"(\d+) 万", lambda found: f"{int(found[1]) / 100:g} million", page)
    return set(re.findall(r"\d+(?:[.,:/]\d+)*", counted))


def commands_of(page: str) -> set[str]:
    """What stands between backquotes in `page`."""
    return set(re.findall(r"`([^`\n]+)`", prose_of(page)))


def links_of(page: str) -> list[str]:
    return re.findall(r"\]\(([^)]+)\)", page)


def test_the_first_page_is_short() -> None:
    assert len(README.encode()) < 10_000
    assert len(CHINESE) < 10_000


def test_each_page_begins_with_a_link_to_the_other() -> None:
    assert README.splitlines()[0] == "[中文](README.zh.md)"
    assert CHINESE.splitlines()[0] == "[English](README.md)"


def test_both_pages_show_the_same_blocks() -> None:
    assert code_of(TRANSLATED) == code_of(README)


def test_both_pages_name_the_same_commands_and_links() -> None:
    assert commands_of(TRANSLATED) == commands_of(README)
    assert links_of(TRANSLATED)[1:] == links_of(README)[1:]


def test_both_pages_have_the_same_figures() -> None:
    assert sorted(figures_of(prose_of(TRANSLATED)) ^ figures_of(prose_of(README))) == []
    assert "3.6" in figures_of(CHINESE)


def test_both_pages_have_the_same_tables() -> None:
    def tables(page: str) -> list[list[str]]:
        rows = [line for line in prose_of(page).splitlines() if line.startswith("|")]
        return [re.findall(r"\d[\d.,]*", row) for row in rows]

    assert tables(TRANSLATED) == tables(README)
    assert len(tables(README)) > 15


def test_both_pages_have_the_same_sections() -> None:
    assert len(re.findall(r"^## ", README, re.MULTILINE)) == len(re.findall(r"^## ", CHINESE, re.MULTILINE)) == 6


def test_comments_of_the_chinese_page_are_chinese() -> None:
    comments = re.findall(r"^\w.*  # (.*)$", CHINESE, re.MULTILINE)
    assert comments
    assert [comment for comment in comments if not HAN.search(comment)] == []


def test_the_chinese_rows_are_read_by_the_commands_below_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = re.findall(r"^编号.*(?:\nK\d+,.*)+", EXAMPLE, re.MULTILINE)[0].splitlines()
    more = [row.replace("，", f"{i}，", 1).replace("！", f"{i}！") for i in range(20) for row in rows[1:]]
    (tmp_path / "工单.csv").write_text("\n".join([rows[0], *more]) + "\n", encoding="utf-8")
    command = next(line for line in code_of(EXAMPLE) if line.startswith("$ textrnn init 工单.csv"))
    monkeypatch.chdir(tmp_path)
    assert run_app(command.split()[2:]) == 0
    config = read_config("textrnn.toml")
    assert (config.data.text_columns, config.data.label_column) == (("内容",), "类别")
    assert rows[0].split(",")[0] in next(line for line in code_of(EXAMPLE) if "data.id_column=" in line)
