"""Every command and Python block of the README, the tutorial and the guides runs, and prints what the page shows.

A page is read from top to bottom in a folder of its own, with small files (doc_world.py). Numbers are not
compared: they belong to the real data and to the machine that the page tells of. What cannot run here
says why in the page.
"""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from doc_blocks import RUN_ID, RUNNABLE, Block, blocks_of, disagreement, masked, typed_in
from doc_server import DocServer, shape_of
from doc_world import SETTINGS, make_files, make_packages, names_of_python

from pipelines.app import run_app
from pipelines.running.signals import interruptible
from pipelines.stages import stage_names

pytestmark = pytest.mark.usefixtures("without_plots")

ROOT = Path(__file__).parent.parent
TUTORIAL = ROOT / "docs" / "tutorial.md"
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
PAGES = [ROOT / "README.md", TUTORIAL, ROOT / "docs" / "explanation" / "cache.md", *GUIDES]
EMPTY = ("README.md", "tutorial.md")  # pages that begin before anything was trained
TAKING_SETTINGS = ("run", "plan", "why", "benchmark", *(name for name in stage_names() if name != "decide"))
SHORTER = {("demo", "series"): ["--epochs", "2", "--seeds", "1"], ("demo", "memory"): ["--steps", "2", "--length", "8"]}
MAKE_RUNS = {"train": "textrnn run --config sentiment"}  # what a target of the Makefile does besides set-up; `trained`


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Small packages of data, found before the real ones."""
    place = tmp_path_factory.mktemp("packages")
    make_packages(place)
    sys.path.insert(0, str(place))
    yield place
    sys.path.remove(str(place))


@pytest.fixture(scope="module")
def trained(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `make train` has run, with what it printed."""
    place = tmp_path_factory.mktemp("trained")
    make_files(place)
    with pytest.MonkeyPatch.context() as patch, open(place / "printed.log", "w", encoding="utf-8") as log:
        patch.chdir(place)
        patch.setattr("sys.stderr", log)
        patch.setattr("sys.stdout", log)
        assert run_app(["run", *_settings(), "--config", "sentiment"]) == 0
    return place


@dataclass
class Reader:
    """Somebody who types what a page says, in a folder of their own."""

    trained: Path
    capture: pytest.CaptureFixture[str]
    names: dict[str, Any] = field(default_factory=names_of_python)
    ids: list[str] = field(default_factory=list)  # of runs that the page names, in their order
    server: DocServer | None = None  # that the page started

    def read(self, block: Block) -> None:
        """Do what a block says; AssertionError where it fails, or where something else comes than is shown."""
        if block.file:
            Path(block.file).write_text(block.body, encoding="utf-8")
            return
        if block.language == "python":
            self._python(block)
            return
        for typed in typed_in(block):
            out, err = self._type(typed.command, block.place)
            came = [*err.splitlines(), *out.splitlines()]
            if typed.shown and block.loose and typed.command.startswith("curl "):
                assert shape_of(out) == shape_of("\n".join(typed.shown)), f"{block.place}: {out}"
            elif typed.shown:
                alone = [
                    lines
                    for lines in (came, out.splitlines())
                    if not disagreement(typed.shown, lines, loose=block.loose)
                ]
                assert alone, f"{block.place}: {typed.command}\n{disagreement(typed.shown, came, loose=block.loose)}"

    def _type(self, line: str, place: str) -> tuple[str, str]:
        """Run a line of a shell; what it printed."""
        words = [self._of_here(word) for word in shlex.split(line, comments=True)]
        if words[0] == "make":
            done = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{place}: {done.stderr}"
            if words[1] not in MAKE_RUNS:
                return "", ""
            assert MAKE_RUNS[words[1]] in done.stdout
            if not Path(".textrnn").exists():
                for made in (".textrnn", "runs", "models"):
                    shutil.copytree(self.trained / made, made)
            return (self.trained / "printed.log").read_text("utf-8"), ""
        if words[:1] == ["source"]:
            assert words[1:] == [".venv/bin/activate"]
            return "", ""
        if words[:2] == ["pip", "install"]:
            assert all(re.fullmatch(r"textrnn(-core)?(\[\w+\])?", word) for word in words[2:]), f"{place}: {line}"
            return "", ""
        if words[0] == "curl":
            assert self.server is not None, f"{place}: expected a server before, found none"
            return self.server.curl(words[1:]), ""
        assert words[0] == "textrnn", f"{place}: expected textrnn, make, pip, curl or source, found {words[0]!r}"
        if words[1] == "serve":
            self.stop()
            self.server = DocServer(words[1:], Path.cwd())
            return "", ""
        arguments = words[1:]
        if arguments[0] in TAKING_SETTINGS:
            arguments = [arguments[0], *_settings(), *arguments[1:]]
        elif arguments[0] == "init":
            Path("textrnn.toml").unlink(missing_ok=True)  # each begins a project of its own
        arguments += SHORTER.get(tuple(arguments[:2]), [])
        self.capture.readouterr()
        with interruptible():
            code = run_app(arguments)
        out, err = self.capture.readouterr()
        assert code == 0, f"{place}: {line}\n{err}"
        return out, err

    def stop(self) -> None:
        """Stop the server that the page started, if it did."""
        if self.server is not None:
            self.server.stop()
            self.server = None

    def _of_here(self, word: str) -> str:
        """`word` with the ids of runs that a page names as they are here: both in their order."""
        here = sorted(path.name for path in Path("runs").glob("*/*") if RUN_ID.fullmatch(path.name))
        return RUN_ID.sub(lambda named: here[self.ids.index(named[0]) - len(self.ids)], word)

    def _python(self, block: Block) -> None:
        """Run a block; with `>>>` compare what each example prints."""
        if ">>>" not in block.body:
            exec(compile(block.code, block.place, "exec"), self.names)
            return
        for example in doctest.DocTestParser().get_examples(block.body):
            self.capture.readouterr()
            exec(compile(example.source, block.place, "single"), self.names)
            out = self.capture.readouterr().out
            assert masked(out, loose=block.loose) == masked(example.want, loose=block.loose), block.place


def _settings() -> list[str]:
    return [word for setting in SETTINGS for word in ("--set", setting)]


@pytest.fixture
def reader(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Reader]:
    monkeypatch.chdir(tmp_path)
    for name in ("TEXTRNN_CACHE", "TEXTRNN_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    found = Reader(trained, capsys)
    yield found
    found.stop()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_of_a_page_does_what_it_shows(page: Path, reader: Reader) -> None:
    if page.name == "onnx.md":
        pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    if page.name in EMPTY:
        make_files(Path())
        if page.name == "README.md":
            for block in blocks_of(TUTORIAL):  # which makes the files that the README reads
                if block.file or "writer(file)" in block.body:
                    reader.read(block)
    else:
        shutil.copytree(reader.trained, ".", dirs_exist_ok=True)
    ran = 0
    reader.ids = sorted({*RUN_ID.findall(page.read_text("utf-8"))})
    for block in blocks_of(page):
        if (block.language in RUNNABLE or block.file) and not block.skipped:
            reader.read(block)
            ran += 1
    assert ran or page.name == "gpu.md"  # what they need is not here


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_example_that_the_chinese_page_has_of_its_own(reader: Reader) -> None:
    """Its commands, on twenty times its rows; the other blocks are those of README.md (test_readme.py)."""
    page = ROOT / "README.zh.md"
    start = page.read_text("utf-8").count("\n", 0, page.read_text("utf-8").index("中文数据也一样"))
    rows, commands = [block for block in blocks_of(page) if block.line > start and block.language != "sh"]
    header, *tickets = [*rows.body.splitlines(), "K1004,包裹在路上一直没有到,物流"]
    more = [f"{ticket.replace(',', f'{i},', 1).replace('，', f'{i}，', 1)}" for i in range(20) for ticket in tickets]
    for name in ("工单.csv", "新工单.csv"):
        Path(name).write_text("\n".join([header, *more]) + "\n", encoding="utf-8")
    reader.read(commands)


def test_what_is_left_out_is_little_and_says_why() -> None:
    skipped = [block for page in PAGES for block in blocks_of(page) if block.language in RUNNABLE and block.skipped]
    assert {block.marker.removeprefix("skip, ").partition(":")[0] for block in skipped} <= REASONS
    assert len(skipped) <= 6


REASONS = {
    "needs a GPU",
    "needs several machines",
    "needs packages of other projects",
    "takes minutes",
    "needs Docker",
    "needs rows by the hundred",
}


def test_no_block_of_commands_goes_by_another_name() -> None:
    """A command in a block of `text` would not be run."""
    for page in PAGES:
        for block in blocks_of(page):
            assert block.language in (*RUNNABLE, "toml", "text"), block.place
            assert block.language in RUNNABLE or not re.search(r"^\$? ?(textrnn|make) ", block.body, re.M), block.place


@pytest.mark.parametrize(
    ("shown", "came", "agree"),
    [
        (["a 1", "b"], ["a 22", "b"], True),
        (["a", "b"], ["a", "c", "b"], False),
        (["a", "...", "b"], ["a", "c", "b"], True),
        (["a", "...", "b"], ["a", "b", "c"], False),
        (["a", "...", "b", "..."], ["a", "c", "b", "d"], True),
        (["...", "b"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        (["x y 1 z"], ["x y 2 w"], False),
    ],
)
def test_how_output_is_compared(shown: list[str], came: list[str], agree: bool) -> None:
    assert (disagreement(shown, came) == "") is agree


def test_loosely_the_first_words_are_compared() -> None:
    assert disagreement(["x y 1 z"], ["x y 2 w"], loose=True) == ""
    assert disagreement(["x y"], ["x z"], loose=True) != ""


def test_a_marker_that_means_nothing_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- test: skip -->\n```sh\nls\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        blocks_of(page)
    page.write_text("<!-- test: skip, needs a GPU -->\n```sh\nls\n```\n", encoding="utf-8")
    assert [block.skipped for block in blocks_of(page)] == [True]


def test_a_block_that_fails_is_found(tmp_path: Path, reader: Reader) -> None:
    """The test of the test: a wrong output, a wrong option, an error in Python."""
    wrong = ["sh textrnn plan --no-such", "python >>> 1 + 1\n'3'", "python none_such", "sh make nothing-of-it", "sh ls"]
    for language, _, body in (each.partition(" ") for each in wrong):
        page = tmp_path / "page.md"
        page.write_text(f"```{language}\n{body}\n```\n", encoding="utf-8")
        with pytest.raises((AssertionError, NameError)):
            reader.read(blocks_of(page)[0])
