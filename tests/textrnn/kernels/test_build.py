"""Building the steps in C: whole or not at all, and every reason told in a line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from compiling import pretended_compiler, quick_compiler

from textrnn.kernels import build
from textrnn.kernels import library as kernels
from textrnn.kernels.build import SOURCES, VARIANTS, build_obstacle, digest_of_sources, options_of, variants_of
from textrnn.machine.hardware import processor_flags

needs_a_compiler = pytest.mark.skipif(bool(build_obstacle()), reason=f"cannot be built here: {build_obstacle()}")


@pytest.fixture
def place(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the sources, which the libraries are built into, quickly."""
    if not build_obstacle():
        monkeypatch.setenv("CC", quick_compiler(tmp_path_factory.mktemp("compiler")))
    for name in SOURCES:
        (tmp_path / name).write_bytes((build.HERE / name).read_bytes())
    monkeypatch.setattr(build, "HERE", tmp_path)
    return tmp_path


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> build.Variant:
    """The one library that is built: enough where it does not matter which."""
    monkeypatch.setattr(build, "VARIANTS", VARIANTS[-1:])
    return VARIANTS[-1]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - set(SOURCES)


def test_every_c_file_is_a_source_in_an_order_of_its_own() -> None:
    found = {path.name for path in build.HERE.iterdir() if path.suffix in (".c", ".h")}
    assert set(SOURCES) == found
    assert list(SOURCES) == sorted(SOURCES, key=lambda name: (name[-1], name)), "digests hang on the order"


@needs_a_compiler
def test_the_compiler_may_be_named_with_its_options(
    place: Path, one: build.Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "cc -g0")
    assert build.build()[1] == ""
    assert names_in(place) == {one.path.name}


@needs_a_compiler
def test_a_mistake_in_the_source_leaves_the_old_library_and_says_where(place: Path, one: build.Variant) -> None:
    build.build()
    before = one.path.read_bytes()
    source = place / SOURCES[0]
    source.write_text(source.read_text() + "int 5;\n")
    built, why = build.build()
    assert built == []
    assert why.startswith(one.path.name)
    assert f"{source.name}:" in why
    assert names_in(place) == {one.path.name}
    assert one.path.read_bytes() == before


@pytest.mark.parametrize(("system", "advice"), [("linux", "gcc"), ("darwin", "xcode-select"), ("win32", "LLVM")])
def test_without_a_compiler_it_says_what_to_install(
    place: Path, monkeypatch: pytest.MonkeyPatch, system: str, advice: str
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setenv("CC", "no-such-compiler")
    built, why = build.build()
    assert built == []
    assert advice in why
    assert names_in(place) == set()


@pytest.mark.parametrize(
    ("machines", "names"),
    [
        (("x86_64", "AMD64"), ["avx512-bf16", "avx512", "avx2", "plain"]),
        (("aarch64", "arm64", "ARM64"), ["neon", "plain"]),
        (("riscv64", "ppc64le"), ["plain"]),
    ],
)
def test_every_machine_has_a_library_that_any_of_its_kind_runs(machines: tuple[str, ...], names: list[str]) -> None:
    for machine in machines:
        found = variants_of(machine)
        assert [variant.name for variant in found] == names
        assert not found[-1].flags


@pytest.mark.parametrize(
    ("system", "has", "lacks"),
    [
        ("linux", "-fPIC", "-mmacosx-version-min=11.0"),
        ("darwin", "-mmacosx-version-min=11.0", ""),
        ("win32", "", "-fPIC"),
    ],
)
def test_each_system_has_its_options(monkeypatch: pytest.MonkeyPatch, system: str, has: str, lacks: str) -> None:
    monkeypatch.setattr("sys.platform", system)
    options = options_of(VARIANTS[0])
    assert has in ["", *options]
    assert lacks not in options
    assert {"-std=c11", "-ffp-contract=off", "-shared"} <= set(options), "bits depend on it"


@pytest.mark.skipif(shutil.which("aarch64-linux-gnu-gcc") is None, reason="not here: Debian's gcc-aarch64-linux-gnu")
def test_a_compiler_for_another_machine_builds_that_one_s(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "aarch64-linux-gnu-gcc")
    monkeypatch.setattr(build, "VARIANTS", variants_of("aarch64")[:1])
    (library,), why = build.build()
    assert why == ""
    assert library.name == "steps-neon.so"
    assert library.read_bytes()[18:20] == b"\xb7\x00", "ELF for aarch64"


def test_where_the_system_lists_no_flags_the_plain_library_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS; on Linux they can be compared."""
    if not kernels.libraries():
        pytest.skip("no libraries are built here")
    asked_for = {flag for variant in VARIANTS for flag in (*variant.flags, *variant.unless)}
    names = [library.name for library in kernels.libraries()]
    assert kernels._reported_flags() == processor_flags() & asked_for
    monkeypatch.setattr(kernels, "processor_flags", frozenset)
    assert [variant.name for variant in VARIANTS if kernels.is_supported(variant)] == names


def test_a_processor_without_any_flags_computes_by_plain_c(monkeypatch: pytest.MonkeyPatch) -> None:
    if not kernels.libraries():
        pytest.skip("no libraries are built here")
    kernels.libraries.cache_clear()
    monkeypatch.setattr(kernels, "processor_flags", lambda: frozenset({"sse2"}))
    try:
        found = kernels.find_library("float32")
        assert found is not None
        assert found.name == next(variant.name for variant in VARIANTS if not variant.flags)
    finally:
        kernels.libraries.cache_clear()


def test_the_digest_is_of_every_file(place: Path) -> None:
    seen = {digest_of_sources()}
    for name in SOURCES:
        (place / name).write_bytes((place / name).read_bytes() + b" ")
        seen.add(digest_of_sources())
    assert len(seen) == 1 + len(SOURCES)
    (place / SOURCES[-1]).unlink()
    assert digest_of_sources() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="the compiler that pretends is a script of sh")
def test_as_a_command_it_names_what_it_built(tmp_path: Path) -> None:
    """In a copy of the folder, which needs Python alone; what compilers make of it the wheel's tests see."""
    (tmp_path / "textrnn").mkdir()
    (tmp_path / "textrnn" / "__init__.py").touch()
    copy = tmp_path / "textrnn" / "kernels"
    shutil.copytree(build.HERE, copy, ignore=shutil.ignore_patterns("*.so", "*.wasm", "__pycache__"))
    before = {path.name for path in copy.iterdir()}
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "CC": pretended_compiler(tmp_path)}
    command = [sys.executable, "-m", "textrnn.kernels.build"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    for_browsers = [] if build.wasm_build_obstacle() else list(build.WASM_FILES.values())
    expected = [path.name for path in (*(variant.path for variant in VARIANTS), *for_browsers)]
    assert done.stdout.split() == [str(copy / name) for name in expected], "every library"
    assert {path.name for path in copy.iterdir()} - before - {"__pycache__"} == set(expected), "nothing else is left"


@pytest.mark.skipif(bool(build.wasm_build_obstacle()), reason=build.wasm_build_obstacle())
def test_webassembly_carries_the_digest_of_its_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "WASM_FILES", {name: tmp_path / path.name for name, path in build.WASM_FILES.items()})
    built, why = build.build_wasm()
    assert (built, why) == (list(build.WASM_FILES.values()), "")
    assert {path.name for path in tmp_path.iterdir()} == {"predict-simd.wasm", "predict-plain.wasm"}
    for path in built:
        data = path.read_bytes()
        assert data.startswith(b"\0asm")
        assert f"{build.WASM_DIGEST_PREFIX}{build.digest_of_wasm()}".encode() in data
        assert len(data) < 24_000
    assert build.digest_of_wasm() != digest_of_sources(), "what is for browsers alone counts there"


@pytest.mark.parametrize(
    ("system", "advice"), [("linux", "apt install clang lld"), ("darwin", "brew"), ("win32", "LLVM")]
)
def test_without_clang_or_its_linker_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, advice: str
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("shutil.which", lambda _: None)
    built, why = build.build_wasm()
    assert built == []
    assert advice in why
