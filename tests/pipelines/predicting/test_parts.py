"""An output in parts: broken off anywhere and gone on with, it is the same bytes; what is not its own is refused."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from predicted import RUN, Stopped, predict_lines

from pipelines.predicting.parts import Parts, read_part, with_digest, write_part
from textrnn.errors import ConfigError, DamagedFilesError, LockTimeoutError
from textrnn.storage.locks import folder_lock

LINES = [f"line {i} {'x' * (i * 7 % 13)}\n" for i in range(23)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.txt"
    path.write_text("".join(LINES))
    return path


@pytest.fixture
def half(source: Path, tmp_path: Path) -> Path:
    """An output of which three parts are there."""
    output = tmp_path / "out.jsonl"
    with pytest.raises(Stopped):
        predict_lines(source, output, stop_after=3)
    assert not output.exists()
    assert sorted(path.name for path in parts_of(output).iterdir()) == [f"{i:08}.part" for i in range(3)]
    return output


def parts_of(output: Path) -> Path:
    return output.with_name(output.name + ".parts")


def whole(source: Path, **more: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "whole.jsonl"
        predict_lines(source, output, **more)  # type: ignore[arg-type]
        assert list(Path(folder).iterdir()) == [output]
        return output.read_bytes()


@settings(max_examples=25)
@given(
    st.lists(st.text("ab\u597d ", max_size=9), max_size=30),
    st.integers(1, 9),
    st.lists(st.integers(0, 4), max_size=4),
    st.sampled_from(["jsonl", "jsonl.gz", "jsonl.xz"]),
)
def test_broken_off_anywhere_it_is_the_same_bytes(texts: list[str], window: int, stops: list[int], kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, output, other = (Path(folder) / name for name in ("in.txt", f"out.{kind}", f"other.{kind}"))
        source.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        done = 0
        for stop in stops:
            try:
                predicted = predict_lines(source, output, window=window, stop_after=stop)
            except Stopped:
                done += stop if done + stop > 1 else 0  # one alone is kept in memory
            else:
                assert len(predicted) == -(-len(texts) // window) - done, "what was finished is not done again"
                break
        predict_lines(source, output, window=window)
        predict_lines(source, other, window=window)
        assert output.read_bytes() == other.read_bytes()
        assert {path.name for path in Path(folder).iterdir()} == {source.name, output.name, other.name}


def test_what_fits_in_one_part_makes_no_folder(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        predict_lines(source, tmp_path / "out.jsonl", stop_after=1)
    assert list(tmp_path.iterdir()) == [source]
    assert predict_lines(source, tmp_path / "out.jsonl", window=100) == [23]


def test_it_goes_on_behind_the_parts(half: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict_lines(source, half) == [4, 4, 3]
    assert half.read_bytes() == whole(source)
    assert capsys.readouterr().err == ""
    with pytest.raises(Stopped):
        predict_lines(source, half, stop_after=2)
    assert capsys.readouterr().err == f"8 rows are kept in {parts_of(half)}: the same command resumes after them\n"
    assert predict_lines(source, half, restart=True) == [4, 4, 4, 4, 4, 3]


@pytest.mark.parametrize(("name", "told"), [("model", "another model"), ("decision", "another decision")])
def test_parts_of_another_run_are_refused(name: str, told: str, half: Path, source: Path) -> None:
    with pytest.raises(ConfigError, match=rf"found one made with other settings \({told}\); resume .* --restart"):
        predict_lines(source, half, run={**RUN, name: "other"})
    assert len(list(parts_of(half).iterdir())) == 3
    predict_lines(source, half)
    assert half.read_bytes() == whole(source)


@pytest.mark.parametrize("at", [0, 5, 11])
def test_another_input_is_refused(at: int, half: Path, source: Path) -> None:
    lines = list(LINES)
    lines[at] = lines[at].replace("line", "LINE")
    source.write_text("".join(lines))
    with pytest.raises(ConfigError, match="expected parts of this input, but its first 12 rows changed"):
        predict_lines(source, half)
    source.write_text("".join(LINES[:7]))
    with pytest.raises(ConfigError, match="expected parts of this input"):
        predict_lines(source, half)


def test_an_input_that_grew_is_the_same_as_far_as_it_was_read(half: Path, source: Path) -> None:
    source.write_text("".join([*LINES, "one more\n"]))
    predict_lines(source, half)
    assert half.read_bytes() == whole(source)


def test_a_damaged_part_is_made_again(half: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = parts_of(half) / "00000001.part"
    path.write_bytes(path.read_bytes()[:-9])
    assert predict_lines(source, half) == [4, 4, 4, 4, 3]
    assert half.read_bytes() == whole(source)
    assert "00000001.part: expected a part and the" in capsys.readouterr().err


def test_a_part_that_was_made_elsewhere_is_refused(half: Path, source: Path, tmp_path: Path) -> None:
    folder = parts_of(half)
    shutil.copy(folder / "00000000.part", folder / "00000001.part")
    with pytest.raises(ConfigError, match="expected part 1, found another part in its place"):
        predict_lines(source, half)
    other = tmp_path / "other.txt"
    other.write_text("".join(line.upper() for line in LINES))
    with pytest.raises(Stopped):
        predict_lines(other, tmp_path / "other.jsonl", stop_after=3)
    shutil.copy(parts_of(tmp_path / "other.jsonl") / "00000001.part", folder / "00000001.part")
    with pytest.raises(ConfigError, match="expected parts of this input"):
        predict_lines(source, half)
    assert predict_lines(source, half, restart=True) == [4, 4, 4, 4, 4, 3]
    assert half.read_bytes() == whole(source)


def test_a_marker_that_says_something_else_is_damage(half: Path) -> None:
    path = parts_of(half) / "00000002.part"
    marker, chunk = read_part(path)
    line, _, rest = path.read_bytes().partition(b"\n")
    for changed in ({"rejected": 3}, {"rows": 0}, {"rows": "4"}, {"number": True}, {"more": 1}, {"input": "x"}):
        path.write_bytes(json.dumps({**json.loads(line), **changed}).encode() + b"\n" + rest)
        with pytest.raises(DamagedFilesError):
            read_part(path)
    for data in (b"", b"[1]\n", b"\xff\n", b"[" * 100_000, line):
        path.write_bytes(data)
        with pytest.raises(DamagedFilesError):
            read_part(path)
    write_part(path, marker, chunk)
    assert read_part(path) == (with_digest(marker, chunk), chunk)


def test_what_is_not_ours_is_left_alone(half: Path, source: Path, tmp_path: Path) -> None:
    folder = parts_of(half)
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    for name in ("00000001.part", "notes"):
        kept = (folder / name).read_bytes() if (folder / name).exists() else None
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(tmp_path / "elsewhere")
        for restart in (False, True):
            with pytest.raises(ConfigError, match=f"{name}: expected parts that predict wrote, found something else"):
                predict_lines(source, half, restart=restart)
        (folder / name).unlink()
        if kept is not None:
            (folder / name).write_bytes(kept)
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    with pytest.raises(ConfigError, match="expected a folder of parts or nothing"):
        predict_lines(source, half)
    assert (tmp_path / "elsewhere").read_bytes() == b"theirs"


def test_two_at_once_do_not_mix(half: Path, source: Path) -> None:
    with folder_lock(parts_of(half)), pytest.raises(LockTimeoutError, match="another process is at work there"):
        predict_lines(source, half)
    assert Parts(half, RUN).rows == 0
    predict_lines(source, half)
    assert half.read_bytes() == whole(source)
