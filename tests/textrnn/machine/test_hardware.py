from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from textrnn.errors import ConfigError
from textrnn.machine import hardware
from textrnn.machine.hardware import available_cores, processor_flags, processor_name, resolve_device, resolve_precision


def with_flags(monkeypatch: pytest.MonkeyPatch, *flags: str) -> None:
    monkeypatch.setattr(hardware, "processor_flags", lambda: frozenset(flags))
    monkeypatch.setattr(hardware, "processor_name", lambda: "Some Processor")


@pytest.mark.parametrize("flag", ["avx512_bf16", "amx_bf16"])
def test_bfloat16_where_the_processor_multiplies_it(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_flags(monkeypatch, "sse2", flag)
    assert resolve_precision("auto", "cpu") == "bfloat16"
    assert resolve_precision("bfloat16", "cpu") == "bfloat16"
    assert resolve_precision("float32", "cpu") == "float32"


def test_no_bfloat16_where_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with_flags(monkeypatch, "sse2", "avx2", "avx512f")
    assert resolve_precision("auto", "cpu") == "float32"
    assert resolve_precision("float32", "cpu") == "float32"
    with pytest.raises(ConfigError, match=r"precision: bfloat16 needs one of amx_bf16, avx512_bf16.*Some Processor"):
        resolve_precision("bfloat16", "cpu")


def test_a_card_has_bfloat16_whatever_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    with_flags(monkeypatch)
    assert resolve_precision("auto", "cuda") == "bfloat16"
    assert resolve_precision("auto", "mps") == "float32"
    with pytest.raises(ConfigError):
        resolve_precision("bfloat16", "mps")


def machine(
    monkeypatch: pytest.MonkeyPatch, *, cuda_torch: bool, card: bool, system: str = "Linux", machine: str = "x86_64"
) -> None:
    monkeypatch.setattr(hardware, "_torch_has_cuda", lambda: cuda_torch)
    monkeypatch.setattr(hardware.platform, "system", lambda: system)
    monkeypatch.setattr(hardware.platform, "machine", lambda: machine)
    monkeypatch.setattr(Path, "exists", lambda path: card and str(path) == "/dev/nvidiactl")


@pytest.mark.parametrize(
    ("cuda_torch", "card", "system", "kind", "expected"),
    [
        (True, True, "Linux", "x86_64", "cuda"),
        (True, False, "Linux", "x86_64", "cpu"),
        (False, True, "Linux", "x86_64", "cpu"),
        (False, False, "Darwin", "arm64", "mps"),
        (False, False, "Darwin", "x86_64", "cpu"),
        (False, False, "Linux", "arm64", "cpu"),
    ],
)
def test_auto_is_the_best_device_there_is(
    cuda_torch: bool, card: bool, system: str, kind: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, cuda_torch=cuda_torch, card=card, system=system, machine=kind)
    assert resolve_device("auto") == expected
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("cuda") == "cuda"  # asked for: whether it is there is torch's to say


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cuda: Optional[str] = None\n", False),
        ("cuda = None\n", False),
        ("cuda: Optional[str] = '12.8'\n", True),
        ('cuda = "13.0"\n', True),
        ("git_version = 'cuda'\n", False),
    ],
)
def test_whether_torch_knows_cuda_is_read_from_its_version(
    text: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise RuntimeError('imported')")
    (tmp_path / "torch" / "version.py").write_text(text)
    script = "from textrnn.machine.hardware import _torch_has_cuda; print(_torch_has_cuda())"
    root = Path(hardware.__file__).parents[2]
    extra = [str(tmp_path), str(root), *filter(None, sys.path)]
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {extra!r}; {script}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == f"{expected}\n"


def test_this_machine_says_something() -> None:
    assert available_cores() >= 1
    assert processor_name()
    assert isinstance(processor_flags(), frozenset)


def test_what_is_not_listed_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> str:
        raise OSError("no such file")

    monkeypatch.setattr(Path, "read_text", fail)
    assert processor_flags.__wrapped__() == frozenset()
    assert processor_name.__wrapped__()
