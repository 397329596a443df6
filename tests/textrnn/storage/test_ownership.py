"""What textrnn wrote is told from what somebody else wrote, also after damage and by older releases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from textrnn.errors import ConfigError
from textrnn.evaluation.report import Report
from textrnn.storage.ownership import is_written_by_textrnn, require_own_files

COMMAND_LINE_ONLY = [
    b"# my notes\n",
    b"<!doctype html>\n<html><title>Quarterly report</title></html>\n",
    b"{}",
    b"[1, 2]",
    b"[]",
    b'[{"name": "a", "score": 1}]',
    b'{"generator": "somebody else"}',
    b'{"format": 1}',
    b'["generator", "textrnn"]',
    b"[" * 100_000,
    b"\xff\xfe\x00",
    b"a note on <!-- generator: textrnn -->\nand how it is made\n",
]


@pytest.mark.parametrize("data", COMMAND_LINE_ONLY)
def test_the_file_of_somebody_else_is_theirs(tmp_path: Path, data: bytes) -> None:
    for name in ("report.html", "report.json"):
        path = tmp_path / name
        path.write_bytes(data)
        assert not is_written_by_textrnn(path)
        with pytest.raises(ConfigError, match="that textrnn did not write; move it, or replace it with --overwrite"):
            require_own_files([tmp_path / "absent", path], "--output rep:")


def test_what_a_report_writes_is_ours(tmp_path: Path) -> None:
    Report({"a": 1}, "<p>a page</p>").save(tmp_path)
    assert is_written_by_textrnn(tmp_path / "report.json")
    assert is_written_by_textrnn(tmp_path / "report.html")
    require_own_files(tmp_path.iterdir())


def test_what_older_releases_wrote_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for members in (
        ("format", "split", "examples", "metrics", "settings", "history"),
        ("config", "stages", "started", "finished", "exit", "error"),
    ):
        path.write_text(json.dumps(dict.fromkeys(members)))
        assert is_written_by_textrnn(path)


def test_what_holds_nothing_may_be_replaced_and_a_folder_may_not(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    assert is_written_by_textrnn(tmp_path / "empty")
    (tmp_path / "folder").mkdir()
    assert not is_written_by_textrnn(tmp_path / "folder")
    assert not is_written_by_textrnn(tmp_path / "absent")
    with pytest.raises(ConfigError, match="found a folder; choose another path"):
        require_own_files([tmp_path / "folder"])


def test_a_link_is_what_it_leads_to(tmp_path: Path) -> None:
    Report({}, "").save(tmp_path / "mine")
    (tmp_path / "theirs").write_text("notes")
    for name, mine in (("mine/report.json", True), ("theirs", False), ("nothing", False)):
        link = tmp_path / f"to {Path(name).name}"
        link.symlink_to(name)
        assert is_written_by_textrnn(link) is mine
