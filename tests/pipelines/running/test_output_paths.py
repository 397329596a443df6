"""Whatever cannot be written in the end is told before the first stage: by the run, by a dry run and by the plan."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from running import START, Call, environment

from pipelines.caching.cache import Cache
from pipelines.running.output_paths import list_output_paths, require_writable_paths
from pipelines.running.records import read_run
from pipelines.runs.places import PROMOTIONS_FILE, RECORD, REPORTS
from pipelines.runs.run import list_kept
from pipelines.stages import STAGES, needed_for
from textrnn.errors import ConfigError

pytestmark = pytest.mark.usefixtures("without_plots")

LOOKS = (("plan",), ("run", "--dry-run"), ("run",))


def file_at(name: str, data: str = "notes") -> Callable[[], str]:
    def make() -> str:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(data, encoding="utf-8")
        return name

    return make


def folder_at(name: str) -> Callable[[], str]:
    def make() -> str:
        Path(name).mkdir(parents=True)
        return name

    return make


def link_at(name: str, to: str) -> Callable[[], str]:
    def make() -> str:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).symlink_to(to)
        return name

    return make


OBSTACLES = {
    "models is a file": file_at("models"),
    "runs is a file": file_at("runs"),
    "the model is a file": file_at("models/textrnn"),
    "the run is a file": file_at("runs/textrnn"),
    "a model folder of somebody's notes": file_at("models/textrnn/notes.txt"),
    "somebody's report": file_at("runs/textrnn/report.html"),
    "somebody's numbers": file_at("runs/textrnn/report.json", "{}"),
    "somebody's record": file_at("runs/textrnn/run.json", "[]"),
    "a report that is a folder": folder_at("runs/textrnn/report.html"),
    "a record that is a folder": folder_at("runs/textrnn/run.json"),
    "what was run last is a folder": folder_at("runs/last.json"),
    "the cache is a file": file_at(".textrnn"),
    "results are a file": file_at(".textrnn/entries"),
    "the results of a late stage are a file": file_at(".textrnn/entries/bundle"),
    "locks are a file": file_at(".textrnn/locks"),
    "temporary results are a file": file_at(".textrnn/tmp"),
    "unfinished training is a file": file_at(".textrnn/work"),
    "the history is a file": file_at(".textrnn/history"),
    "the model is a link to nothing": link_at("models/textrnn", "gone"),
    "the model is a link to a file": link_at("models/textrnn", "../data.csv"),
    "the model is a link to itself": link_at("models/textrnn", "textrnn"),
    "models is a link to nothing": link_at("models", "gone"),
    "the run is a link to nothing": link_at("runs/textrnn", "gone"),
    "the run is a link to itself": link_at("runs/textrnn", "textrnn"),
    "the cache is a link to nothing": link_at(".textrnn", "gone"),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_an_obstacle_is_told_before_any_work(name: str, fresh: Path, textrnn: Call) -> None:
    found = OBSTACLES[name]()
    before = listing(fresh)
    for arguments in LOOKS:
        ended = textrnn(*arguments)
        assert ended.code == 2, ended.err
        assert str(fresh / found.removesuffix("/notes.txt")) in ended.error
        assert "expected" in ended.error
        assert not list((fresh / ".textrnn").glob("entries/*/*")), "no stage ran"
    assert {path: data for path, data in listing(fresh).items() if path in before} == before


def listing(folder: Path) -> dict[str, bytes | str]:
    """What stands in `folder`, byte for byte."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        found[str(path)] = os.readlink(path) if path.is_symlink() else "folder" if path.is_dir() else path.read_bytes()
    return found


@pytest.mark.parametrize("length", [251, 256])
def test_a_name_that_is_too_long_with_what_is_put_to_it(length: int, fresh: Path, textrnn: Call) -> None:
    for arguments in LOOKS:
        ended = textrnn(*arguments, "--set", f"name={'n' * length}")
        assert ended.code == 2
        assert "--set name=NAME" in ended.error


def test_a_cache_too_deep_for_the_system(fresh: Path, textrnn: Call) -> None:
    deep = "/".join(["d" * 200] * 20)
    ended = textrnn("run", "--cache-dir", str(fresh / deep))
    assert ended.code == 2
    assert "File name too long" in ended.error


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system in which nothing can be made")
def test_a_cache_where_nothing_can_be_made(fresh: Path, textrnn: Call) -> None:
    for arguments in LOOKS:
        ended = textrnn(*arguments, "--cache-dir", "/proc/cache")
        assert ended.code == 2
        assert "--cache-dir" in ended.error


def test_what_a_run_does_not_write_is_no_matter(fresh: Path, textrnn: Call) -> None:
    (fresh / "models").write_text("a file", encoding="utf-8")
    file_at("runs/textrnn/report.html")()
    assert textrnn("run", "--until", "tokenize").code == 0
    assert textrnn("plan").code == 2


def test_a_run_with_nothing_to_do_needs_no_place(place: Path, textrnn: Call) -> None:
    (place / "locked").write_text("")
    shutil.rmtree(place / ".textrnn" / "tmp", ignore_errors=True)
    (place / ".textrnn" / "tmp").write_text("a file where a folder should be", encoding="utf-8")
    assert textrnn("plan", "--check").code == 0
    assert textrnn("run").code == 0
    assert textrnn("run", "--set", "train.epochs=2").code == 2


def test_overwrite_replaces_a_report_and_nothing_else(place: Path, textrnn: Call) -> None:
    page = place / "runs" / "textrnn" / "report.html"
    ours = page.read_bytes()
    page.write_text("my own report", encoding="utf-8")
    for arguments in (*LOOKS, ("evaluate",)):
        ended = textrnn(*arguments)
        assert (ended.code, "replace it with --overwrite" in ended.error) == (2, True)
    assert page.read_text(encoding="utf-8") == "my own report"
    assert textrnn("run", "--overwrite").code == 0
    assert page.read_bytes() == ours
    (place / "models" / "textrnn" / "notes").write_text("mine", encoding="utf-8")
    ended = textrnn("run", "--set", "train.epochs=2", "--overwrite")
    assert (ended.code, "found notes; move it elsewhere" in ended.error) == (2, True)


def test_the_record_of_somebody_else_stays_after_any_error(fresh: Path, textrnn: Call) -> None:
    file_at("runs/textrnn/run.json", "[1]")()
    (fresh / "data.csv").write_text("text,label\n", encoding="utf-8")
    assert textrnn("run").code != 0
    assert (fresh / "runs" / "textrnn" / "run.json").read_text(encoding="utf-8") == "[1]"
    assert textrnn("run", "--overwrite").code == 3
    assert (read_run(fresh, "textrnn") or {})["exit"] == 3


def test_a_comparison_of_models_is_refused_before_it_trains(fresh: Path, textrnn: Call) -> None:
    file_at("runs/textrnn/models.md")()
    ended = textrnn("benchmark", "--models", "bag")
    assert (ended.code, "models.md" in ended.error) == (2, True)
    assert not (fresh / ".textrnn" / "entries").exists()


def test_all_that_a_run_wrote_was_listed(fresh: Path, textrnn: Call) -> None:
    """Below the places of the list, and nowhere else, does a whole run leave anything."""
    before = set(fresh.rglob("*"))
    cache = Cache(fresh / ".textrnn")
    listed = [place.path for place in list_output_paths(fresh, "textrnn", cache, STAGES)]
    assert textrnn("run", "--quiet").code == 0
    left = {path for path in set(fresh.rglob("*")) - before if path.is_file()}
    (kept,) = list_kept(fresh, "textrnn")
    left -= {*kept.folder.rglob("*"), *kept.folder.parent.glob(".runs.*")}  # below a name that nobody knows before
    tops = {path for path in listed if path not in (cache.root, fresh / "runs" / "textrnn")}
    assert {path for path in left if path not in tops and not tops & set(path.parents)} == set()
    names = {path.name for path in left if path.parent == fresh / "runs" / "textrnn"}
    assert {name for name in names if not name.startswith(".")} == {*REPORTS, RECORD, PROMOTIONS_FILE}


# --- rights and file systems ------------------------------------------------------------------------


def without_rights() -> None:
    """What a forked child does: the next program has no more rights to files than its user, even if that is root."""
    libc = ctypes.CDLL(None)
    for right in (1, 2, 3):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
        libc.prctl(24, right, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="gives folders to another user")
@pytest.mark.parametrize("locked", ["", "models/textrnn", "cache"])
def test_what_belongs_to_somebody_else_is_told(locked: str, fresh: Path) -> None:
    for name in ("runs/textrnn", "models/textrnn", "cache"):
        (fresh / name).mkdir(parents=True)
    (fresh / "models/textrnn/manifest.json").write_text('{"files": {}}')
    if locked == "":
        shutil.rmtree(fresh / "runs")
    os.chown(fresh / locked, 65534, 65534)
    done = subprocess.run(
        [sys.executable, "-c", START, "run", "--quiet", "--cache-dir", "cache"],
        cwd=fresh,
        env=environment(),
        preexec_fn=without_rights,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2, done.stderr
    assert f"{fresh / locked} cannot be written to (Permission denied)" in done.stderr
    assert not list((fresh / "cache").glob("entries/*/*"))


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="gives a file to another user")
def test_a_file_in_a_folder_where_only_owners_replace(place: Path) -> None:
    folder = place / "runs" / "textrnn"
    os.chown(folder, 65534, 65534)
    os.chown(folder / "report.html", 65534, 65534)
    for mode, code in ((0o1777, 2), (0o777, 0)):
        folder.chmod(mode)
        done = subprocess.run(
            [sys.executable, "-c", START, "run", "--dry-run", "--set", "train.epochs=2"],
            cwd=place,
            env=environment(),
            preexec_fn=without_rights,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr


MOUNT = "mount --bind {0} {0} && mount -o remount,bind,{1} {0} && exec {2}"


def mounted(place: Path, how: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command before which `place` is mounted, for its process alone."""
    command = f"{sys.executable} -B -c '{START}' {' '.join(arguments)}"
    script = MOUNT.format(place, how, command)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], cwd=cwd, env=environment(), capture_output=True, text=True
    )
    if "usage" not in done.stderr and ("unshare:" in done.stderr or "mount:" in done.stderr):
        pytest.skip("this machine allows no mounts")
    return done


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
@pytest.mark.parametrize("where", [".", "models/textrnn", "runs/textrnn", "cache"])
def test_a_file_system_that_is_read_only(where: str, fresh: Path) -> None:
    for name in ("runs/textrnn", "models/textrnn", "cache"):
        (fresh / name).mkdir(parents=True)
    elsewhere = fresh.parent / "elsewhere"
    for arguments in (("run", "--quiet"),):
        cache = "cache" if where == "cache" else str(elsewhere)
        done = mounted(fresh / where, "ro", *arguments, "--cache-dir", cache, cwd=fresh)
        assert done.returncode == 2, done.stderr
        assert str(fresh / where) in done.stderr.splitlines()[-1]
    assert not list(elsewhere.glob("entries/*/*"))


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_a_model_folder_that_is_a_mount_point_cannot_be_renamed(fresh: Path) -> None:
    (fresh / "models/textrnn").mkdir(parents=True)
    done = mounted(fresh / "models/textrnn", "rw", "run", "--quiet", cwd=fresh)
    assert done.returncode == 2, done.stderr
    assert "it is a mount point, which cannot be replaced" in done.stderr


@pytest.mark.skipif(shutil.which("chattr") is None, reason="needs chattr")
@pytest.mark.parametrize("where", ["runs/textrnn/report.html", "models/textrnn"])
def test_what_cannot_be_changed(where: str, place: Path, textrnn: Call) -> None:
    if subprocess.run(["chattr", "+i", where], cwd=place, capture_output=True).returncode:
        pytest.skip("this disk knows no such attribute")
    try:
        ended = textrnn("run", "--set", "train.epochs=2")
        assert (ended.code, str(place / where) in ended.error) == (2, True)
    finally:
        subprocess.run(["chattr", "-i", where], cwd=place, check=True)


def test_nothing_is_left_where_it_was_tried(tmp_path: Path) -> None:
    require_writable_paths(tmp_path, "a", Cache(tmp_path / "cache"), needed_for("bundle"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("call", ["probe_folder", "_nearest"])
def test_a_disk_that_fails_is_no_mistake_in_what_was_requested(
    number: int, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> Path:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(f"pipelines.running.check_writable.{call}", fail)
    with pytest.raises(OSError, match=os.strerror(number)):
        require_writable_paths(tmp_path, "a", Cache(tmp_path), STAGES)


def test_a_disk_that_is_read_only_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, "read-only", str(path))

    monkeypatch.setattr("pipelines.running.check_writable.probe_folder", refuse)
    with pytest.raises(ConfigError, match="read-only"):
        require_writable_paths(tmp_path, "a", Cache(tmp_path), STAGES)
