# ruff: noqa: E501
"""The kernels by every compiler, for every processor that there is or that can be emulated: what float64 computes.

A few here; all by `make kernels`.
"""

from __future__ import annotations

import atexit
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import torch
from kernel_cases import Kind, cases_of, write_cases
from prediction_cases import prediction_cases

from textrnn.kernels.build import HERE, SOURCES, Variant, options_of, variants_of
from textrnn.machine.hardware import processor_flags

DRIVER = Path(__file__).with_name("check.c")
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
SANITIZERS = ("-DSANITIZED", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
TRAP = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")  # an emulated processor has no library to tell
PACKAGES = {
    "gcc": "gcc",
    "clang": "clang",
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    "qemu-aarch64": "qemu-user",
}
LANES = {"avx512-bf16": 16, "avx512": 16, "avx2": 8, "neon": 4, "plain": 4}


@dataclass(frozen=True)
class Build:
    """A `variant` by a compiler, run by itself or by an emulator."""

    variant: Variant
    compiler: tuple[str, ...]
    runner: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        words = [self.variant.name, self.compiler[0], *self.runner, *(["sanitized"] if self.more else [])]
        return " ".join(words)

    @property
    def missing(self) -> list[str]:
        """The packages, as Debian calls them, without which it cannot be made or run."""
        found = [PACKAGES[each] for each in (self.compiler[0], *self.runner) if shutil.which(each) is None]
        if not found and self.more == SANITIZERS and not has_sanitizers(self.compiler[0]):
            return ["libclang-rt-dev"]  # gcc's come with it
        return found

    @property
    def runs(self) -> bool:
        return bool(self.runner) or processor_flags().issuperset(self.variant.flags)


@cache
def has_sanitizers(compiler: str) -> bool:
    command = [compiler, *SANITIZERS, "-x", "c", "-o", os.devnull, "-"]
    return subprocess.run(command, input=b"int main(void) { return 0; }", capture_output=True).returncode == 0


def all_builds() -> Iterator[Build]:
    for compiler in ("gcc", "clang"):
        for variant in variants_of(platform.machine()):
            yield Build(variant, (compiler,))
            yield Build(variant, (compiler,), more=SANITIZERS)
    if platform.machine() == "x86_64":
        cross, emulated = ("aarch64-linux-gnu-gcc", "-static"), ("qemu-aarch64",)
        for variant in variants_of("aarch64"):
            yield Build(variant, cross, emulated)
            yield Build(variant, cross, emulated, TRAP)
            yield Build(variant, ("clang", "--target=aarch64-linux-gnu", "-static"), emulated)


QUICK = {"plain gcc sanitized", "neon aarch64-linux-gnu-gcc qemu-aarch64"}
BUILDS = tuple(all_builds())


@cache
def cases_for(variant: Variant) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="textrnn-kernels-"))
    atexit.register(shutil.rmtree, folder)
    dtype = torch.bfloat16 if variant.dtype == "bfloat16" else torch.float32
    kind = Kind(LANES[variant.name], dtype)
    write_cases(folder / "cases", kind, [*cases_of(kind), *prediction_cases(kind)])
    return folder / "cases"


@cache
def result_of(build: Build) -> str:
    """What the driver reports about a build: how many cases there were, and the digest of all bits; or what failed."""
    if build.missing:
        pytest.skip(f"not here: Debian's {', '.join(build.missing)}")
    cases = cases_for(build.variant)
    program = cases.with_name(build.name.replace(" ", "-"))
    options = [option for option in options_of(build.variant) if option not in ("-shared", "-fPIC")]
    files = [str(HERE / name) for name in SOURCES if name.endswith(".c")]
    command = [*build.compiler, *options, *STRICT, *build.more, "-o", str(program), str(DRIVER), *files, "-lm"]
    compiled = subprocess.run(command, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stderr
    if not build.runs:
        pytest.skip(f"compiled; this processor lacks {sorted(set(build.variant.flags) - processor_flags())}")
    done = subprocess.run([*build.runner, str(program), str(cases)], capture_output=True, text=True, check=False)
    program.unlink()
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "build",
    [pytest.param(build, id=build.name, marks=[] if build.name in QUICK else pytest.mark.slow) for build in BUILDS],
)
def test_every_case_is_as_in_float64(build: Build) -> None:
    assert " cases " in result_of(build), result_of(build)


@pytest.mark.slow
@pytest.mark.parametrize("name", LANES)
def test_compilers_and_processors_give_the_same_bits(name: str) -> None:
    """Of plain C, x86-64 and aarch64 too: nothing in it depends on the processor."""
    found = {}
    for build in BUILDS:
        if build.variant.name == name and not build.missing and build.runs:
            found[build.name] = result_of(build)
    if len(found) < 2:
        pytest.skip(f"only {', '.join(found) or 'none'} can be run here")
    assert len(set(found.values())) == 1, found


BROKEN = (
    ("words.c", "a space is a word", "if (kind == SPACE) return ENCODED;", ""),
    ("words.c", "a break of HTML leaves its letters", "state->count = state->before, state->length = 0", "state->length = 0"),
    ("words.c", "marks stand in any order", "if (combining && combining < state->combining) return FOR_THE_LIBRARY;", ""),
    ("words.c", "three bytes lose a bit", "(at[0] & 0xfu) << 12", "(at[0] & 0x7u) << 12"),
    ("words.c", "a break has small letters", "(point | 0x20) == 'r'", "point == 'r'"),
    ("words.c", "a token is the one after it", "id = (int64_t)slot[1] - 1", "id = (int64_t)slot[1]"),
    ("ngrams.c", "an n-gram counts as often as it stands there", "if (k && at.columns[k] == at.columns[k - 1]) continue;", ""),
    ("ngrams.c", "one without a column is added", "found += slot->column >= 0;", "found++;"),
    ("ngrams.c", "one without a column is added where codes are searched", "found += level->columns[low] >= 0;", "found++;"),
    ("ngrams.c", "the last n-gram of a text is left out", "int known = t + n < N &&", "int known = t + n < N - 1 &&"),
    ("predict.c", "a mean is a sum", "all(1.0f / (float)x->lengths[b])", "all(1.0f)"),
    ("predict.c", "the highest state of a minGRU is its last", "choose(above_or_odd(state, highest), state, highest), total", "state, total"),
    ("predict.c", "a minGRU's gate reads its own token", "before = read32(input + 2 * LANES);", "before = read32(input + LANES);"),
    ("predict.c", "a reversed text is read forward", "token_at(step, x->lengths[first + r], reversed)", "token_at(step, x->lengths[first + r], 0 * reversed)"),
    ("predict.c", "rows are taken in their order", "(which ? which[start + r] : start + r)", "(which ? start + r : start + r)"),
    ("scan.c", "a minGRU reads a reversed text forward", "token_at(t, lengths[b], reversed) * B", "token_at(t, lengths[b], 0 * reversed) * B"),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("file", "old", "new"), [pytest.param(f, o, n, id=f"{f}: {c}") for f, c, o, n in BROKEN])
def test_a_wrong_meaning_is_seen(tmp_path: Path, file: str, old: str, new: str) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("not here: Debian's gcc")
    for name in SOURCES:
        shutil.copy(HERE / name, tmp_path)
    source = (tmp_path / file).read_text()
    assert old in source
    (tmp_path / file).write_text(source.replace(old, new, 1))
    variant = next(each for each in variants_of(platform.machine()) if each.name == "plain")
    options = [option for option in options_of(variant) if option not in ("-shared", "-fPIC")]
    program, sources = str(tmp_path / "check"), [str(tmp_path / name) for name in SOURCES if name.endswith(".c")]
    subprocess.run(["gcc", *options, "-o", program, str(DRIVER), *sources, "-lm"], check=True, capture_output=True)
    done = subprocess.run([program, str(cases_for(variant))], capture_output=True, text=True, check=False)
    assert done.returncode == 1, "the cases see no difference"
    assert "cases failed" in done.stdout
