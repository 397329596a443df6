"""Builds the C files of this folder, at installation or by `python -m textrnn.kernels.build`; needs Python alone.

One library for each kind of instructions, so that any processor finds one that it can run. Each carries a digest of
the source: a library that was built from another source is never used.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HERE = Path(__file__).resolve().parent
SOURCES = tuple(path.name for path in sorted(HERE.glob("*.[ch]"), key=lambda path: (path.suffix, path.name)))
SUFFIX = {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")
MACOS = "11.0"  # the first for Apple's own processors; what is built runs from there on
_X86, _ARM = ("x86_64", "AMD64"), ("aarch64", "arm64", "ARM64")  # as Linux, macOS and Windows call them
_AVX512 = ("avx512f", "avx512dq", "avx512bw", "avx512vl")


@dataclass(frozen=True)
class Variant:
    """A library for processors with all `flags`, as Linux lists them, that computes in `dtype`.

    It is for `machines` (() is any), and what oneDNN does with one of the flags `unless` is faster.
    """

    name: str
    dtype: Literal["float32", "bfloat16"]
    machines: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the library lies once it is built."""
        return HERE / f"steps-{self.name}{SUFFIX}"


_ALL = (  # of those that can run, the first is the fastest
    Variant(
        "avx512-bf16",
        "bfloat16",
        _X86,
        (*_AVX512, "fma", "avx512_bf16"),
        (*(f"-m{flag}" for flag in _AVX512), "-mfma", "-mavx512bf16", "-DTEXTRNN_BFLOAT16"),
        unless=("amx_bf16",),
    ),
    Variant("avx512", "float32", _X86, (*_AVX512, "fma"), (*(f"-m{flag}" for flag in _AVX512), "-mfma")),
    Variant("avx2", "float32", _X86, ("avx2", "fma"), ("-mavx2", "-mfma")),
    Variant("neon", "float32", _ARM),
    Variant("plain", "float32", options=("-DTEXTRNN_PLAIN",)),
)


def variants_of(machine: str) -> tuple[Variant, ...]:
    """The libraries for a `machine`, as `platform.machine()` calls it."""
    return tuple(variant for variant in _ALL if not variant.machines or machine in variant.machines)


VARIANTS = variants_of(platform.machine())


def digest_of_sources() -> str:
    """A digest of the C files; "" where they are not there."""
    if not SOURCES:
        return ""
    try:
        parts = [(HERE / name).read_bytes() for name in SOURCES]
    except OSError:
        return ""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def reason_against() -> str:
    """Why they cannot be built here, in one line; "" where they can."""
    if _compiler() is None:
        get = {"darwin": "macOS: xcode-select --install", "win32": "Windows: winget install LLVM.LLVM"}.get(
            sys.platform, "Debian, Ubuntu: apt install gcc libc6-dev"
        )
        return f"there is no C compiler; install one ({get}), then python -m textrnn.kernels.build"
    return ""


def _compiler() -> list[str] | None:
    """The compiler's command, by CC as make has it, or None where there is none."""
    command = shlex.split(os.environ.get("CC") or ("clang" if sys.platform == "win32" else "cc"))
    return command if shutil.which(command[0]) else None


def options_of(variant: Variant) -> list[str]:
    """The compiler's options for `variant`, gcc's or clang's: not fused and not reordered, numbers are as written."""
    system = {
        "win32": [],  # where all code may be moved, and only declared names are exported
        "darwin": ["-fPIC", "-fvisibility=hidden", f"-mmacosx-version-min={MACOS}"],
    }.get(sys.platform, ["-fPIC", "-fvisibility=hidden"])
    always = ["-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-shared"]
    return [*always, *system, *variant.options, f'-DTEXTRNN_SOURCE="{digest_of_sources()}"']


def build() -> tuple[list[Path], str]:
    """The libraries that could be built, and why the others could not, in one line; "" where all were."""
    compiler = _compiler()
    if compiler is None:
        return [], reason_against()
    built, trouble = [], ""
    for variant in VARIANTS:
        if why := _compile(compiler, variant):
            trouble = trouble or f"{variant.path.name}: {why}"
        else:
            built.append(variant.path)
    return built, trouble


def _compile(compiler: list[str], variant: Variant) -> str:
    """Why `variant` was not built; "" where it was: then it stands in its place, whole."""
    import subprocess  # takes time, and the libraries' names are read from this file too

    half = variant.path.with_suffix(f".{os.getpid()}.tmp")
    files = [str(HERE / name) for name in SOURCES if name.endswith(".c")]
    command = [*compiler, *options_of(variant), "-o", str(half), *files]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300)
        if done.returncode == 0:
            half.replace(variant.path)
            return ""
        errors = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
        return " ".join(errors[:1])[:300] or f"{compiler[0]} ended with {done.returncode}"
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    finally:
        with contextlib.suppress(OSError):  # there is none, or nothing can be written there
            half.unlink()


if __name__ == "__main__":
    libraries, why = build()
    for path in libraries:
        print(path)
    if why:
        sys.exit(f"not built: {why}")
