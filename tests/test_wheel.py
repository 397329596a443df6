"""The wheel, installed: both packages, the configs, and a console script that no foreign folder disturbs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from compiling import quick_compiler

from textrnn.kernels.build import SOURCES, VARIANTS, WASM_FILES, build_obstacle, wasm_build_obstacle

ROOT = Path(__file__).parent.parent
FROM_PYTHON = """
import textrnn
from textrnn.settings.config_files import packaged_names

print(textrnn.__file__, packaged_names())
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout without what was built in it: nothing is compiled into the folders of other tests."""
    folder = tmp_path_factory.mktemp("tree") / "textrnn"

    def is_left_out(place: str, names: list[str]) -> set[str]:
        made = {name for name in names if name.endswith((".so", ".dylib", ".dll", ".wasm")) or name == "__pycache__"}
        hidden = {name for name in names if name.startswith(".") and name != ".gitignore"}
        return made | hidden | ({"runs", "models", "build", "dist"} & set(names) if place == str(ROOT) else set())

    shutil.copytree(ROOT, folder, ignore=is_left_out, symlinks=True)
    return folder


def build_wheel(tree: Path, folder: Path, compiler: str) -> Path:
    """The wheel of `tree`, which the compiler of that command builds for, in `folder`."""
    pytest.importorskip("hatchling", reason="building the wheel needs hatchling, which the extra dev brings")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=tree, env={**os.environ, "CC": compiler}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = "no-such-compiler" if build_obstacle() else quick_compiler(tmp_path_factory.mktemp("compiler"))
    return build_wheel(tree, tmp_path_factory.mktemp("wheel"), compiler)


def test_the_wheel_holds_both_packages_and_the_configs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    configs = {f"textrnn/configs/{path.name}" for path in (ROOT / "configs").iterdir()}
    assert names >= {"textrnn/py.typed", "textrnn/__init__.pyi", "pipelines/app.py", "pipelines/py.typed"} | configs
    assert not any(name.startswith(("tests/", "benchmarks/", "configs/")) for name in names)


def test_the_wheel_brings_the_steps_in_c_that_could_be_built(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"textrnn/kernels/{name}" for name in SOURCES} <= names  # to build them elsewhere
    libraries = {f"textrnn/kernels/{variant.path.name}" for variant in VARIANTS}
    if build_obstacle():
        assert not names & libraries
        assert wheel.name.endswith("-py3-none-any.whl")
    else:
        assert names >= libraries
        assert wheel.name.endswith("-py3-none-linux_x86_64.whl")


def test_the_wheel_brings_the_page_with_its_engine(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    page = [path for path in (ROOT / "textrnn" / "page").rglob("*") if path.suffix in (".js", ".css", ".html")]
    assert {path.relative_to(ROOT).as_posix() for path in page} <= names
    assert {"textrnn/kernels/wasm/memory.c", "textrnn/kernels/wasm/string.h"} <= names  # to build it elsewhere
    engine = {f"textrnn/kernels/{path.name}" for path in WASM_FILES.values()}
    assert names & engine == (set() if wasm_build_obstacle() else engine)


def test_without_a_compiler_the_wheel_is_for_every_machine(tree: Path, tmp_path: Path) -> None:
    found = build_wheel(tree, tmp_path, "no-such-compiler")
    assert found.name.endswith("-py3-none-any.whl")
    assert not [name for name in zipfile.ZipFile(found).namelist() if name.endswith(".so")]


def test_the_console_script_in_a_folder_with_a_foreign_package(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    purelib = next(home.glob("lib*/python*/site-packages"), home / "Lib" / "site-packages")
    target = [sys.executable, "-m", "pip", "--python", str(home), "install", "--quiet", "--no-deps", str(wheel)]
    done = subprocess.run(target, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # the libraries come from the environment that runs the tests; the wheel's own folder stands before them
    (purelib / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    place = tmp_path / "place"
    (place / "pipelines").mkdir(parents=True)
    for name in ("__init__.py", "app.py", "stages.py"):
        (place / "pipelines" / name).write_text("raise SystemExit('the foreign pipelines')\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TEXTRNN"))}
    done = subprocess.run(
        [str(home / "bin" / "textrnn"), "run", "--config", "smoke", "--set", "train.epochs=1"],
        cwd=place,
        env={**kept, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:2] == ["model", "models/smoke"]
    origin = subprocess.run(
        [str(home / "bin" / "python"), "-c", FROM_PYTHON],
        cwd=tmp_path, env=kept, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert str(home) in origin.stdout
    assert "best" in origin.stdout
