"""textrnn and textrnn-core installed at once: noticed where their versions differ."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import textrnn
from textrnn.errors import TextrnnWarning
from textrnn.machine.installed_textrnn import distributions_in, warn_of_two_versions

PACKAGES = Path(textrnn.__file__).parent.parent


def installed(place: Path, *records: str) -> Path:
    """A folder as of installed packages: links to ours, and these records of distributions."""
    for name in ("textrnn", "pipelines"):
        (place / name).symlink_to(PACKAGES / name)
    for record in records:
        (place / f"{record}.dist-info").mkdir()
    return place


def said_by_import(place: Path) -> str:
    code = f"import sys; sys.path.insert(0, {str(place)!r}); import textrnn; print(textrnn.__file__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(place))
    return done.stderr


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([], {}),
        (["textrnn-1.0"], {"textrnn": "1.0"}),
        (["textrnn_core-1.0", "numpy-2.0"], {"textrnn-core": "1.0"}),
        (["textrnn_core-0.9", "textrnn-1.0"], {"textrnn": "1.0", "textrnn-core": "0.9"}),
        (["textrnn_extra-1.0"], {}),
    ],
)
def test_distributions_are_found_by_their_records(records: list[str], found: dict[str, str], tmp_path: Path) -> None:
    assert distributions_in(str(installed(tmp_path, *records))) == found


def test_importing_warns_where_their_versions_differ(tmp_path: Path) -> None:
    said = said_by_import(installed(tmp_path, "textrnn-1.0", "textrnn_core-0.9"))
    assert "TextrnnWarning: expected textrnn or textrnn-core, found textrnn 1.0 and textrnn-core 0.9" in said
    assert "pip uninstall textrnn textrnn-core, then pip install textrnn" in said


@pytest.mark.parametrize(
    "records", [["textrnn-1.0"], ["textrnn-1.0", "textrnn_core-1.0"], ["textrnn-1.0", "numpy-2.0"]]
)
def test_importing_is_silent_elsewhere(records: list[str], tmp_path: Path) -> None:
    assert said_by_import(installed(tmp_path, *records)) == ""


def test_a_folder_that_is_none_is_no_failure(tmp_path: Path) -> None:
    assert distributions_in(str(tmp_path / "none")) == {}
    warn_of_two_versions(str(tmp_path / "none"))
    with pytest.warns(TextrnnWarning, match="which have the same files"):
        warn_of_two_versions(str(installed(tmp_path, "textrnn-1.0", "textrnn_core-2.0")))
