"""What is written through a link goes to where it leads, and the link stays."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from running import Call

from pipelines.runs.run_id import is_run_id
from textrnn import TextClassifier
from textrnn.errors import ConfigError
from textrnn.model.files import PROVENANCE
from textrnn.storage.files import ASIDE_SUFFIX, replace_folder, resolve_link, write_text

pytestmark = pytest.mark.usefixtures("without_plots")


def names_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def epochs_of(model: Path) -> int:
    return int(json.loads((model / PROVENANCE).read_text("utf-8"))["train"]["epochs"])


def test_a_model_folder_behind_links_is_replaced_there(place: Path, textrnn: Call) -> None:
    store, link = place / "store", place / "models" / "textrnn"
    store.mkdir()
    link.rename(store / "v1")
    (store / "current").symlink_to("v1")
    link.symlink_to("../store/current")
    for epochs in (2, 1, 2):
        assert textrnn("run", "--set", f"train.epochs={epochs}", "--quiet").code == 0
        assert (os.readlink(link), os.readlink(store / "current")) == ("../store/current", "v1")
        assert epochs_of(store / "v1") == epochs
        assert names_below(store) == ["current", "v1"]
        assert names_below(place / "models") == ["textrnn"]
    assert textrnn("predict", "fine", "--model", str(link)).code == 0
    os.rename(store / "v1", store / f"v1{ASIDE_SUFFIX}")  # as if killed between the two renames
    assert textrnn("predict", "fine", "--model", str(link)).code == 0, "the one set aside is put back"


def test_runs_and_the_cache_may_be_links(fresh: Path, textrnn: Call) -> None:
    for name, to in (("runs/textrnn", "there/run"), (".textrnn", "there/cache"), ("models", "there/models")):
        (fresh / to).mkdir(parents=True)
        (fresh / name).parent.mkdir(exist_ok=True)
        (fresh / name).symlink_to(fresh / to)
    assert textrnn("run", "--quiet").code == 0
    kept = [name for name in names_below(fresh / "there" / "run") if is_run_id(name)]
    shown = [name for name in names_below(fresh / "there" / "run") if not name.startswith(".")]
    assert shown == [*kept, "promotions.json", "report.html", "report.json", "run.json"]
    assert len(kept) == 1
    assert all((fresh / name).is_symlink() for name in ("runs/textrnn", ".textrnn", "models"))
    assert textrnn("plan", "--check").code == 0


def test_a_report_is_written_through_a_link(place: Path, textrnn: Call) -> None:
    page = place / "runs" / "textrnn" / "report.html"
    page.rename(place / "page.html")
    page.symlink_to(place / "page.html")
    (place / "scored").mkdir()
    (place / "link").symlink_to("scored")
    (place / "scored" / "report.json").symlink_to("../elsewhere.json")
    assert textrnn("run", "--set", "train.epochs=2", "--quiet").code == 0
    assert textrnn("score", "data.csv", "-o", "link").code == 0
    assert page.is_symlink()
    assert page.read_bytes() == (place / "page.html").read_bytes()
    assert (place / "link").is_symlink()
    assert (place / "scored" / "report.json").is_symlink()
    assert "metrics" in json.loads((place / "elsewhere.json").read_text("utf-8"))


def test_save_goes_through_a_link_any_number_of_times(place: Path) -> None:
    model = TextClassifier.load(place / "models" / "textrnn")
    (place / "target").mkdir()
    (place / "link").symlink_to("target")
    for _ in range(3):
        model.save(place / "link")
        assert (place / "link").is_symlink()
        assert names_below(place / "target") == names_below(place / "models" / "textrnn")
    TextClassifier.load(place / "link")
    assert not list(place.glob(f"*{ASIDE_SUFFIX}"))
    (place / "gone").symlink_to("nothing")
    (place / "round").symlink_to("round")
    (place / "to a file").symlink_to("data.csv")
    for name, said in (("gone", "where nothing is"), ("round", "Too many levels"), ("to a file", "where a file is")):
        with pytest.raises(ConfigError, match=said):
            model.save(place / name)
        assert (place / name).is_symlink()


def test_a_file_is_written_where_its_link_leads(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder/file")
    (tmp_path / "another").symlink_to("link")
    for text in ("first", "second"):  # the first makes the file
        write_text(tmp_path / "another", text)
        assert (tmp_path / "folder" / "file").read_text() == text
        assert (tmp_path / "link").is_symlink()
        assert names_below(tmp_path / "folder") == ["file"]
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(OSError, match="Too many levels") as caught:
        write_text(tmp_path / "round", "")
    assert caught.value.filename == str(tmp_path / "round")


def test_a_link_whose_folder_is_set_aside_leads_there_again(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    (tmp_path / "old").rename(tmp_path / f"target{ASIDE_SUFFIX}")
    (tmp_path / "link").symlink_to("target")
    assert resolve_link(tmp_path / "link") == tmp_path / "target"
    replace_folder(tmp_path / "new", resolve_link(tmp_path / "link"))
    assert names_below(tmp_path) == ["link", "target"]
