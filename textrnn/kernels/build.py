"""Builds the C files beside this one, at installation or by `python -m textrnn.kernels.build`; needs Python alone.

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
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HERE = Path(__file__).resolve().parent
SOURCES = tuple(path.name for path in sorted(HERE.glob("*.[ch]"), key=lambda path: (path.suffix, path.name)))
_AVX512 = ("avx512f", "avx512dq", "avx512bw", "avx512vl")


@dataclass(frozen=True)
class Variant:
    """A library for processors with all `flags`, as Linux lists them, that computes in `dtype`.

    What oneDNN does with one of the flags `unless` is faster.
    """

    name: str
    dtype: Literal["float32", "bfloat16"]
    flags: tuple[str, ...]
    options: tuple[str, ...]
    unless: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the library lies once it is built."""
        return HERE / f"steps-{self.name}.so"


VARIANTS = (  # of those that can run, the first is the fastest
    Variant(
        "avx512-bf16",
        "bfloat16",
        (*_AVX512, "fma", "avx512_bf16"),
        (*(f"-m{flag}" for flag in _AVX512), "-mfma", "-mavx512bf16", "-DTEXTRNN_BFLOAT16"),
        unless=("amx_bf16",),
    ),
    Variant("avx512", "float32", (*_AVX512, "fma"), (*(f"-m{flag}" for flag in _AVX512), "-mfma")),
    Variant("avx2", "float32", ("avx2", "fma"), ("-mavx2", "-mfma")),
)


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
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return f"they are for Linux on x86-64, and this is {sys.platform} on {platform.machine()}"
    if _compiler() is None:
        return (
            "there is no C compiler; install one (Debian, Ubuntu: apt install gcc libc6-dev), then "
            "python -m textrnn.kernels.build"
        )
    return ""


def _compiler() -> list[str] | None:
    """The compiler's command, by CC as make has it, or None where there is none."""
    command = shlex.split(os.environ.get("CC") or "cc")
    return command if shutil.which(command[0]) else None


def build() -> tuple[list[Path], str]:
    """The libraries that could be built, and why the others could not, in one line; "" where all were."""
    compiler = _compiler()
    if compiler is None or reason_against():
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
    half = variant.path.with_suffix(f".{os.getpid()}.tmp")
    always = ("-std=c11", "-O3", "-ffp-contract=off", "-fPIC", "-shared", "-fvisibility=hidden")
    digest = f'-DTEXTRNN_SOURCE="{digest_of_sources()}"'
    files = [str(HERE / name) for name in SOURCES if name.endswith(".c")]
    command = [*compiler, *always, *variant.options, digest, "-o", str(half), *files]
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
