"""Building the steps in C: whole or not at all, and every reason told in a line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from textrnn.kernels import build
from textrnn.kernels.build import SOURCES, VARIANTS, digest_of_sources, reason_against

needs_a_compiler = pytest.mark.skipif(bool(reason_against()), reason=f"cannot be built here: {reason_against()}")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the sources, which the libraries are built into."""
    for name in SOURCES:
        (tmp_path / name).write_bytes((build.HERE / name).read_bytes())
    monkeypatch.setattr(build, "HERE", tmp_path)
    return tmp_path


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - set(SOURCES)


@needs_a_compiler
def test_every_library_is_built_and_nothing_else_is_left(place: Path) -> None:
    built, why = build.build()
    assert why == ""
    assert {path.name for path in built} == {variant.path.name for variant in VARIANTS} == names_in(place)


def test_every_c_file_is_a_source_in_an_order_of_its_own() -> None:
    found = {path.name for path in build.HERE.iterdir() if path.suffix in (".c", ".h")}
    assert set(SOURCES) == found
    assert list(SOURCES) == sorted(SOURCES, key=lambda name: (name[-1], name)), "digests hang on the order"


@needs_a_compiler
def test_the_compiler_may_be_named_with_its_options(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "cc -g0")
    assert build.build()[1] == ""
    assert names_in(place) == {variant.path.name for variant in VARIANTS}


@needs_a_compiler
def test_a_mistake_in_the_source_leaves_the_old_library_and_says_where(place: Path) -> None:
    build.build()
    before = {variant.path.name: variant.path.read_bytes() for variant in VARIANTS}
    source = place / SOURCES[0]
    source.write_text(source.read_text() + "int 5;\n")
    built, why = build.build()
    assert built == []
    assert why.startswith(VARIANTS[0].path.name)
    assert f"{source.name}:" in why
    assert {name: (place / name).read_bytes() for name in names_in(place)} == before


def test_without_a_compiler_it_says_what_to_install(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setenv("CC", "no-such-compiler")
    built, why = build.build()
    assert built == []
    assert "gcc" in why
    assert names_in(place) == set()


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("win32", "AMD64"), ("linux", "aarch64")])
def test_other_machines_are_told_that_it_is_not_for_them(
    place: Path, monkeypatch: pytest.MonkeyPatch, system: str, machine: str
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    built, why = build.build()
    assert built == []
    assert machine in why
    assert names_in(place) == set()


def test_the_digest_is_of_every_file(place: Path) -> None:
    seen = {digest_of_sources()}
    for name in SOURCES:
        (place / name).write_bytes((place / name).read_bytes() + b" ")
        seen.add(digest_of_sources())
    assert len(seen) == 1 + len(SOURCES)
    (place / SOURCES[-1]).unlink()
    assert digest_of_sources() == ""


@needs_a_compiler
def test_as_a_command_it_names_what_it_built() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "textrnn.kernels.build"], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.split() == [str(variant.path) for variant in VARIANTS]
