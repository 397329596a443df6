"""The wheel, installed: both packages, the configs, and a console script that no foreign folder disturbs."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="building the wheel needs hatchling, which the extra dev brings")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--wheel-dir"]
    done = subprocess.run([*command, str(folder), str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_both_packages_and_the_configs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    configs = {f"pipelines/configs/{path.name}" for path in (ROOT / "configs").iterdir()}
    assert names >= {"textrnn/py.typed", "textrnn/__init__.pyi", "pipelines/app.py", "pipelines/py.typed"} | configs
    assert not any(name.startswith(("tests/", "benchmarks/", "configs/")) for name in names)


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
        [str(home / "bin" / "python"), "-c", "import textrnn; print(textrnn.__file__)"],
        cwd=tmp_path, env=kept, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert str(home) in origin.stdout
