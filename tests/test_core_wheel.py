"""textrnn-core's wheel in an empty environment: it loads, predicts and scores, with nothing there that trains."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORMATS = ROOT / "tests" / "formats"
MODEL = FORMATS / "model-5"
EXPECTED = json.loads((FORMATS / "model-5.expected.json").read_text(encoding="utf-8"))
ABSENT = ("torch", "scikit-learn", "scipy", "datasets", "pyarrow")
LARGEST = 150_000_000  # bytes of all that is installed
UNREACHABLE = ("No matching distribution", "Could not find a version", "onnection", "Temporary failure", "Network is")
ROWS = [("The soup was good.", "good"), ("The song was not good.", "bad"), ("so dull, the map was broken", "bad")]
INSTALLED = "import json; from importlib.metadata import distributions as d; print(json.dumps([x.name for x in d()]))"
PREDICT = """
import json, sys, textrnn
predictor = textrnn.load(sys.argv[1])
found = predictor.predict_proba(json.loads(sys.argv[2])).tolist()
print(json.dumps([found, sorted(sys.modules), textrnn.__file__]))
"""

pytestmark = pytest.mark.slow


def pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with textrnn-core's wheel and what it requires."""
    pytest.importorskip("hatchling", reason="building the wheel needs hatchling, which the extra dev brings")
    folder = tmp_path_factory.mktemp("core")
    built = pip(
        "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), f"{ROOT}/packaging/core"
    )
    assert built.returncode == 0, built.stderr
    home = folder / "environment"
    venv.create(home, with_pip=False)
    done = pip("--python", str(home), "install", "--quiet", str(next(folder.glob("textrnn_core-*.whl"))))
    if done.returncode and any(words in done.stderr for words in UNREACHABLE):
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def place(tmp_path: Path) -> Path:
    lines = ["text,label", *(f'"{text}",{label}' for text, label in ROWS)]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    objects = [json.dumps({"text": text, "label": label}) for text, label in ROWS]
    (tmp_path / "rows.jsonl").write_text("\n".join(objects) + "\n", encoding="utf-8")
    return tmp_path


def run(home: Path, place: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TEXTRNN"))}
    command = [str(home / "bin" / program), *arguments]
    return subprocess.run(command, cwd=place, env=kept, capture_output=True, text=True, check=False)


def test_nothing_that_trains_is_installed_and_it_is_small(home: Path, place: Path) -> None:
    names = json.loads(run(home, place, "python", "-c", INSTALLED).stdout)
    assert "textrnn-core" in names
    assert not {name.lower() for name in names} & {*ABSENT, "textrnn"}
    site = next(home.glob("lib*/python*/site-packages"))
    weights = {
        path.name: sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")))
        for path in site.iterdir()
    }
    parts = sorted(weights.items(), key=lambda item: -item[1])
    print("\n".join(f"{size / 1e6:6.1f} MB  {name}" for name, size in parts if size > 500_000))
    print(f"{sum(weights.values()) / 1e6:6.1f} MB  in all")
    assert sum(weights.values()) < LARGEST


def test_python_predicts_what_the_whole_predicts(home: Path, place: Path) -> None:
    done = run(home, place, "python", "-c", PREDICT, str(MODEL), json.dumps(EXPECTED["texts"]))
    assert done.returncode == 0, done.stderr
    probabilities, modules, origin = json.loads(done.stdout)
    assert origin.startswith(str(home))
    for row, expected in zip(probabilities, EXPECTED["probabilities"], strict=True):
        assert row == pytest.approx(expected, abs=1e-5)
    assert not {name.partition(".")[0] for name in modules} & {*ABSENT, "sklearn", "filelock"}


@pytest.mark.parametrize("source", ["rows.csv", "rows.jsonl"])
def test_the_command_line_predicts_and_scores(source: str, home: Path, place: Path) -> None:
    done = run(home, place, "textrnn", "predict", "--model", str(MODEL), "--input", source, "--output", "out.jsonl")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in (place / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [answer["predicted_label"] for answer in answers] == [label for _, label in ROWS]
    done = run(home, place, "textrnn", "score", "--model", str(MODEL), source, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"]["accuracy"]["value"] == 1.0


def test_training_says_what_to_install(home: Path, place: Path) -> None:
    done = run(home, place, "textrnn", "run", "--config", "smoke")
    assert done.returncode == 2
    assert done.stderr == (
        "error: textrnn run: expected the package torch, found none; install it: pip install textrnn\n"
    )
    done = run(home, place, "textrnn", "doctor")
    assert done.returncode == 0, done.stderr
    assert "textrnn-core 0" in done.stdout
