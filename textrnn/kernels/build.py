"""Builds the C files of this folder, at installation or by `python -m textrnn.kernels.build`; needs Python alone.

One library for each kind of instructions, so that any processor finds one that it can run; and what predicts as
WebAssembly, for `textrnn export --html`, where there is clang with wasm-ld. Each carries a digest of the source: a
library that was built from another source is never used.
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
LIBRARY_SUFFIX = {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")
MIN_MACOS_VERSION = "11.0"  # the first for Apple's own processors; what is built runs from there on
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
        return HERE / f"steps-{self.name}{LIBRARY_SUFFIX}"


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

_WASM_SOURCES = ("predict.c", "words.c", "wasm/memory.c")  # a browser does no more than predict
_WASM_PARTS = tuple(f"wasm/{path.name}" for path in sorted((HERE / "wasm").glob("*.[ch]")))
_WASM_OPTIONS = {"simd": "-msimd128", "plain": "-DTEXTRNN_PLAIN"}
WASM_FILES = {name: HERE / f"predict-{name}.wasm" for name in _WASM_OPTIONS}  # the fastest first
WASM_DIGEST_PREFIX = "textrnn "  # before the digest that each of them carries


def digest_of_sources(more: tuple[str, ...] = ()) -> str:
    """A digest of the C files, and of `more`; "" where they are not there."""
    if not SOURCES:
        return ""
    try:
        parts = [(HERE / name).read_bytes() for name in (*SOURCES, *more)]
    except OSError:
        return ""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def digest_of_wasm() -> str:
    """A digest of the C files that WebAssembly is built from; "" where they are not there."""
    return digest_of_sources(_WASM_PARTS)


def build_obstacle() -> str:
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
        "darwin": ["-fPIC", "-fvisibility=hidden", f"-mmacosx-version-min={MIN_MACOS_VERSION}"],
    }.get(sys.platform, ["-fPIC", "-fvisibility=hidden"])
    always = ["-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-shared"]
    return [*always, *system, *variant.options, f'-DTEXTRNN_SOURCE="{digest_of_sources()}"']


def build() -> tuple[list[Path], str]:
    """The libraries that could be built, and why the others could not, in one line; "" where all were."""
    compiler = _compiler()
    if compiler is None:
        return [], build_obstacle()
    files = [str(HERE / name) for name in SOURCES if name.endswith(".c")]
    return _compile_all({variant.path: [*compiler, *options_of(variant), *files] for variant in VARIANTS})


def wasm_command(name: str) -> list[str]:
    """What compiles and links the WebAssembly `name` of `WASM_FILES`, but for where it goes."""
    always = ["--target=wasm32", "-std=c11", "-Os", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden"]
    alone = ["-nostdlibinc", "-isystem", str(HERE / "wasm"), f"-I{HERE}", "-nostdlib"]
    link = "-Wl,--no-entry,--export-dynamic,--strip-all"
    source = f'-DTEXTRNN_SOURCE="{WASM_DIGEST_PREFIX}{digest_of_wasm()}"'
    files = [str(HERE / each) for each in _WASM_SOURCES]
    return [_clang() or "clang", *always, *alone, link, _WASM_OPTIONS[name], source, *files]


def wasm_build_obstacle() -> str:
    """Why WebAssembly cannot be built here, in one line; "" where it can."""
    if _clang() is None or not any(shutil.which(linker) for linker in ("wasm-ld", "wasm-ld-14")):
        get = {"darwin": "macOS: brew install llvm lld", "win32": "Windows: winget install LLVM.LLVM"}.get(
            sys.platform, "Debian, Ubuntu: apt install clang lld"
        )
        return f"there is no clang with wasm-ld; install both ({get}), then python -m textrnn.kernels.build"
    return ""


def build_wasm() -> tuple[list[Path], str]:
    """The files of `WASM_FILES` that could be built, and why the others could not, in one line; "" where all were."""
    if why := wasm_build_obstacle():
        return [], why
    return _compile_all({path: wasm_command(name) for name, path in WASM_FILES.items()})


def _clang() -> str | None:
    return next(filter(None, map(shutil.which, ("clang", "clang-14"))), None)


def _compile_all(commands: dict[Path, list[str]]) -> tuple[list[Path], str]:
    built, trouble = [], ""
    for path, command in commands.items():
        if why := _compile(path, command):
            trouble = trouble or f"{path.name}: {why}"
        else:
            built.append(path)
    return built, trouble


def _compile(path: Path, command: list[str]) -> str:
    """Why `path` was not built; "" where it was: then it stands in its place, whole."""
    import subprocess  # takes time, and the libraries' names are read from this file too

    half = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        done = subprocess.run(
            [*command, "-o", str(half)], capture_output=True, text=True, errors="replace", timeout=300
        )
        if done.returncode == 0:
            half.replace(path)
            return ""
        errors = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
        return " ".join(errors[:1])[:300] or f"{command[0]} ended with {done.returncode}"
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    finally:
        with contextlib.suppress(OSError):  # there is none, or nothing can be written there
            half.unlink()


if __name__ == "__main__":
    libraries, why = build()
    for_browsers, why_not = build_wasm()
    for path in (*libraries, *for_browsers):
        print(path)
    if why_not:
        print(f"without WebAssembly, which textrnn export --html needs: {why_not}", file=sys.stderr)
    if why:
        sys.exit(f"not built: {why}")
