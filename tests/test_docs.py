"""The documentation agrees with the tree: generated pages are current, links lead somewhere, named files are there."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from running import environment

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
# what tells of the past keeps the names of its day
HISTORY = ("docs/log/", "docs/mutants.md", "docs/faults.md", "CHANGELOG.md")
OF_TODAY = [page for page in PAGES if not page.relative_to(ROOT).as_posix().startswith(HISTORY)]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def generator() -> ModuleType:
    found = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["docs_generate"] = module
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["settings.md", "commands.md", "exit-codes.md", "checks.md"])
def test_the_generated_pages_are_what_the_code_says(name: str) -> None:
    assert (DOCS / "reference" / name).read_text("utf-8") == generator().pages()[name], "run `make docs`"


def test_the_generator_compares_and_writes(tmp_path: Path) -> None:
    module = generator()
    module.REFERENCE = tmp_path
    assert module.main(["--check"]) == 1
    assert list(tmp_path.iterdir()) == []
    assert module.main([]) == 0
    assert module.main(["--check"]) == 0
    (tmp_path / "settings.md").write_text("edited", encoding="utf-8")
    assert module.main(["--check"]) == 1


def test_the_generator_is_a_command() -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "generate.py"), "--check"], env=environment(), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


def anchors_of(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith(("https://", "http://")):
            continue
        file, _, anchor = target.partition("#")
        place = (page.parent / file).resolve() if file else page
        assert place.is_file(), target
        assert not anchor or anchor in anchors_of(place), target


@pytest.mark.parametrize("page", OF_TODAY, ids=name_of)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    files = [*ROOT.glob("*.*"), *(path for room in ROOMS for path in (ROOT / room).rglob("*.*"))]
    known = [f"/{path.relative_to(ROOT).as_posix()}" for path in files]
    text = page.read_text("utf-8")
    named = re.findall(r"`([\w./-]+\.(?:py|c|h|toml))`", text)
    for block in re.findall(r"^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL):  # trees
        named += re.findall(r"(?<![\w./])[\w./]+\.(?:py|c|h)\b", block)
    named = [re.sub(r"\w*NAME\.\w+$", "", name) for name in named if name not in OF_USERS]  # files to be written
    lost = [name for name in named if not any(is_named(path, name) for path in known)]
    assert sorted(set(lost)) == []


def is_named(path: str, name: str) -> bool:
    """Whether `name` is the end of `path`, or a folder on it."""
    return f"/{name}" in path if name.endswith("/") or not name else path.endswith(f"/{name}")


ROOMS = ("textrnn", "pipelines", "packaging", "tests", "benchmarks", "docs")
OF_USERS = ("textrnn.toml", "mine.toml", "pyproject.toml")


def test_the_architecture_is_one_sitting() -> None:
    page = DOCS / "architecture.md"
    assert page.stat().st_size < 15_000
    assert page.read_text("utf-8").index("## The tree") < page.read_text("utf-8").index("## The way of the data")


def test_every_page_is_reached_from_the_first_one() -> None:
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page not in reached:
            reached.add(page)
            links = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text("utf-8"))
            todo += [(page.parent / link).resolve() for link in links if not link.startswith("http")]
    assert sorted(map(name_of, set(PAGES) - reached)) == []
