"""F10: everything that a key holds, changed one at a time, in a copy of the code: no false hit, no false miss."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from faulting import SCALE, record, scaled
from made import make_rows, write_csv
from running import SMALL, TREE, environment

from pipelines.config import SECTIONS, read_config
from pipelines.stages import STAGES
from pipelines.stages.stage import Stage
from textrnn.config.field_types import NotInKey, NotInKeyUnless
from textrnn.errors import ConfigError

LEFT_OUT = ("textrnn.errors", "textrnn.storage.disk", "textrnn.storage.files", "textrnn.storage.locks")
NAMES = [stage.name for stage in STAGES]

# runs in a process that imports the copy: each line asks, and is answered by the stages that would run; the inputs of
# every stage are made up and stay the same, so that each answers for itself
# without a teacher `self_train` looks at little else: tests/pipelines/caching/test_keys.py has that
CONFIG = SMALL + "\n[self_training]\nteachers = 1\n\n[encoder_pretraining]\nepochs = 1\n"

ASKED = """
import dataclasses, importlib, json, os, sys
from importlib import metadata
from pathlib import Path
from pipelines.caching.cache import Cache
from pipelines.config import read_config
from pipelines.caching.keys import key_of, preimage_of, source_content
from pipelines.caching.file_memo import FileMemo
from pipelines.running import plan
from pipelines.running.plan import plan_stage, resolve_sources
from pipelines.stages import STAGES
from pipelines.caching.code import digest_code
from textrnn.evaluation.report import Report

TRUE = metadata.version
CONTENTS = {stage.makes: f"{number:064x}" for number, stage in enumerate(STAGES, 1)}

# whether the first lines of the data are of use is asked before any key is made, and refuses changed ones
plan.check_first_bytes = lambda source, config: None

def look(asked):
    os.chdir(asked["place"])
    metadata.version = lambda name: "0.0.1" if name == asked.get("library") else TRUE(name)
    config = read_config(asked.get("config", "textrnn.toml"), asked.get("changes", []))
    cache = Cache((Path.cwd() / ".textrnn").absolute())
    memo = FileMemo(cache.root / "memo.json")
    source = source_content(resolve_sources(config), memo)
    ran = []
    for stage in STAGES:
        if asked.get("make"):
            sections = config.sections(stage.params)
            preimage = preimage_of(stage, sections, {noun: CONTENTS[noun] for noun in stage.reads}, source, memo)
            cache.commit(stage, key_of(preimage), Report({}, stage.name), preimage, {})
        if stage.name == asked.get("format"):
            stage = dataclasses.replace(stage, format=stage.format + 1)
        contents = {**CONTENTS, **{noun: "0" * 64 for noun in stage.reads if noun == asked.get("noun")}}
        if not plan_stage(stage, config, contents, source, cache, memo).has_result:
            ran.append(stage.name)
    memo.save()
    return ran

def loaded(asked):
    # what each stage really loads when it is imported afresh
    if not asked["afresh"]:
        memo = FileMemo(Path("nowhere"))
        return {stage.name: list(digest_code(stage.module, memo)) for stage in STAGES}
    found = {}
    for stage in STAGES:
        for name in [name for name in sys.modules if name.split(".")[0] == "textrnn" or name == stage.module]:
            del sys.modules[name]
        importlib.import_module(stage.module)
        found[stage.name] = [name for name in sys.modules if name.split(".")[0] == "textrnn"] + [stage.module]
    return found

for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = loaded(asked) if asked.get("loaded") else look(asked)
    except Exception as error:
        answer = repr(error)
    print(json.dumps(answer), flush=True)
"""


@dataclass
class Asker:
    """A copy of the code with a finished run next to it, and a process that imports it."""

    tree: Path
    place: Path
    process: subprocess.Popen[str]

    def ask(self, **asked: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps({"place": str(self.place), **asked}), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        assert not isinstance(answer, str), answer
        return answer

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)


def start(tree: Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ASKED],
        cwd=tree,  # Python looks there first
        env=environment(tree, **more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    folder = tmp_path_factory.mktemp("keys")
    tree, place = folder / "tree", folder / "place"
    for name in ("textrnn", "pipelines", "configs"):
        shutil.copytree(TREE / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in tree.rglob("*.py"):
        os.utime(path, (10**9, 10**9))  # old enough to be remembered: an edit must be seen through the memo
    place.mkdir()
    write_csv(place / "data.csv", make_rows(60))
    os.utime(place / "data.csv", (10**9, 10**9))
    (place / "textrnn.toml").write_text(CONFIG, encoding="utf-8")
    process = start(tree)
    made = Asker(tree, place, process)
    assert made.ask(make=True) == []
    yield made
    made.end()


def readers(section: str, field: str) -> list[str]:
    """The stages that read a setting; of some sections a stage reads a part."""
    rows = [row for row in STAGES if section in row.params]
    return [row.name for row in rows if not row.arguments or field in fields_read(row, section)]


def fields_read(row: Stage, section: str) -> set[str]:
    """The fields that `row` reads of a section by the configuration of these tests."""
    known = {
        ("vocabulary", "train"): {"init_from"},
        ("vocabulary", "embeddings"): {"encoder"},
        ("self_train", "unlabelled"): set(),  # which a teacher reads that is there already
        ("pretrain_encoder", "model"): {"encoder", "embedding_size", "hidden_size", "bidirectional"},
        ("pretrain_encoder", "train"): {"seed", "max_tokens", "truncation"},
        ("ngram_branch", "train"): {"class_weight"},
        ("train", "train"): {each.name for each in dataclasses.fields(SECTIONS["train"])}
        - {"init_from", "compare_cold_start"},  # without a model to start from nothing is compared
        ("self_train", "train"): {each.name for each in dataclasses.fields(SECTIONS["train"])}
        - {"epochs", "init_from", "compare_cold_start"},
    }
    every = {each.name for each in dataclasses.fields(SECTIONS[section])}
    return known.get((row.name, section), every)


def spread(cases: list[Any], least: int = 1) -> list[Any]:
    """As many of `cases` as this scale asks for, from all over the list."""
    count = min(scaled(len(cases), least=least), len(cases))
    return [cases[number * len(cases) // count] for number in range(count)]


def settle(request: pytest.FixtureRequest, wrong: list[str], rounds: int, note: str) -> None:
    record(request, "F10", rounds=rounds, held=rounds - len(wrong), note=note)
    assert not wrong, "\n".join(wrong[:20])


def differs(told: str, found: list[str], expected: list[str]) -> list[str]:
    hits, misses = sorted({*expected} - {*found}), sorted({*found} - {*expected})
    return [f"{told}: false hits {hits}, false misses {misses}"] if hits or misses else []


def test_nothing_changed_is_no_miss(asker: Asker) -> None:
    assert asker.ask() == []


def test_each_byte_of_the_data(asker: Asker, request: pytest.FixtureRequest) -> None:
    path = asker.place / "data.csv"
    data, wrong = path.read_bytes(), []
    chosen = spread(list(range(0, len(data), max(1, len(data) // 150))), least=4)[:: 1 if SCALE >= 0.1 else 2]
    for at in chosen:
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        wrong += differs(f"byte {at}", asker.ask(), ["load"])
    path.write_bytes(data)
    os.utime(path, (10**9, 10**9))
    assert asker.ask() == []
    settle(request, wrong, len(chosen), "bytes of the data")


def test_each_setting(asker: Asker, request: pytest.FixtureRequest) -> None:
    cases = [(name, change) for name in SECTIONS for change in option_changes(name, asker.place / "textrnn.toml")]
    settings = {change.partition("=")[0] for _, change in cases}
    wrong, chosen = [], spread(cases, least=4)
    for name, change in chosen:
        wrong += differs(change, asker.ask(changes=[change]), readers(name, change.partition("=")[0].partition(".")[2]))
    wrong += differs("an unkeyed one", asker.ask(changes=["train.checkpoint_seconds=7"]), [])
    settle(request, wrong, len(chosen) + 1, f"other values of {len(settings)} settings, all that are keyed")


# they are keyed as what they mean on this machine: tests/pipelines/caching/test_keys.py has them
OF_MACHINE = ("train.precision", "train.device", "train.processes")
POOL = (
    1,
    2,
    3,
    5,
    0.25,
    0.5,
    1.5,
    ";",
    "other",
    "cp1252",
    False,
    {"no": {"yes": 2.0}},
    ["svm"],
)  # of these a setting takes the first that it may have
NO_FILE = ("data.format", "folder")


def option_changes(name: str, path: Path) -> Iterator[str]:
    """A change, as --set takes it, of each keyed setting of a section of the config at `path`; where a setting is one
    of some words, to each of the others.
    """
    section = read_config(str(path)).section(name)
    hints = typing.get_type_hints(type(section), include_extras=True)
    for field in dataclasses.fields(section):
        setting, hint, now = f"{name}.{field.name}", hints[field.name], getattr(section, field.name)
        marks = getattr(hint, "__metadata__", ())
        if any(isinstance(mark, (NotInKey, NotInKeyUnless)) for mark in marks) or setting in OF_MACHINE:
            continue
        words = [word for word in words_of(hint) if (setting, word) != NO_FILE]
        pool: list[Any] = [not now] if isinstance(now, bool) else [*POOL]
        if isinstance(now, tuple):
            now, words, pool = list(now), [], [[value] for value in [*words, *POOL]]
        others = [word for word in words if word != now and may_have(path, setting, word)]
        if not others or now not in words:  # not one of some words, or not these alone
            others += [next((value for value in pool if value != now and may_have(path, setting, value)), None)]
        assert others[-1] is not None, f"{setting}: no other value known; add one to POOL"
        for value in others:
            yield f"{setting}={in_toml(value)}"


def in_toml(value: Any) -> str:
    """A value as --set takes it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name} = {in_toml(each)}' for name, each in value.items())}}}"
    return json.dumps(value)


def words_of(hint: Any) -> Iterator[str]:
    """The words of every Literal within an annotation."""
    if typing.get_origin(hint) is typing.Literal:
        yield from (value for value in typing.get_args(hint) if isinstance(value, str))
        return
    for part in typing.get_args(hint):
        yield from words_of(part)


def may_have(path: Path, setting: str, value: Any) -> bool:
    """Whether the config at `path` may have another `value` in `setting`, exactly so and not turned into it."""
    name, _, field = setting.partition(".")
    try:
        made = getattr(read_config(str(path), [f"{setting}={in_toml(value)}"]).section(name), field)
    except ConfigError:
        return False
    return bool(value == (list(made) if isinstance(made, tuple) else made))


def test_libraries_formats_and_inputs(asker: Asker, request: pytest.FixtureRequest) -> None:
    using = {
        "torch": {"embeddings", "pretrain_encoder", "self_train", "train"},
        "scikit-learn": {"embeddings", "baseline", "ngram_branch", "self_train", "audit"},
        "tokenizers": {
            "tokenize",
            "vocabulary",
            "numericalize",
            "unlabelled",
            "embeddings",
            "pretrain_encoder",
            "evaluate",
            "self_train",
            "ngram_branch",
            "bundle",
        },
        "datasets": {"load"},
        "typer": set(),
        "pytest": set(),
    }
    cases: list[tuple[str, str, list[str]]] = [("library", name, sorted(stages)) for name, stages in using.items()]
    cases += [("format", name, [name]) for name in NAMES]
    cases += [("noun", row.makes, [other.name for other in STAGES if row.makes in other.reads]) for row in STAGES]
    wrong, chosen = [], spread(cases, least=4)
    for kind, name, expected in chosen:
        wrong += differs(f"{kind} {name}", sorted(asker.ask(**{kind: name})), sorted(expected))
    settle(request, wrong, len(chosen), "libraries, formats, inputs")


READS = ("textrnn.data.readers.read_source", "textrnn.data.readers.preview")
LATE = {  # imported where they are needed, by
    "textrnn.nn.kernels.triton_lstm_kernels": ("textrnn.nn.kernels.triton_lstm",),  # on a GPU alone
    "textrnn.data.readers.arrow": READS,  # for Parquet alone
    "textrnn.data.readers.parquet": READS,
    "textrnn.data.readers.datasets_folder": READS[:1],  # for a folder of the library datasets
}


def test_each_definition_of_the_code(asker: Asker, request: pytest.FixtureRequest) -> None:
    # what is really imported takes ten seconds to find out: only where all is done in full
    other = Asker(asker.tree, asker.place, start(asker.tree)) if SCALE >= 0.1 else asker
    loads = other.ask(loaded=True, afresh=other is not asker)
    if other is not asker:
        other.end()
    wrong, chosen = [], spread(list(edits(asker.tree)), least=4)[:: 1 if SCALE >= 0.1 else 3]
    for path, told, edited in chosen:
        module = ".".join(path.relative_to(asker.tree).with_suffix("").parts)
        left_out = module in LEFT_OUT
        loaders = LATE.get(module, (module,))
        expected = [name for name in NAMES if any(loader in loads[name] for loader in loaders)]
        expected = [] if left_out or told == "comments" else expected
        before = path.read_bytes()
        path.write_text(edited, encoding="utf-8")
        wrong += differs(f"{module}: {told}", asker.ask(), expected)
        path.write_bytes(before)
        os.utime(path, (10**9, 10**9))
    assert asker.ask() == []
    settle(request, wrong, len(chosen), "definitions, and comments, of every module of both packages")


def edits(tree: Path) -> Iterator[tuple[Path, str, str]]:
    """Every module with a comment more, and with a statement more in each of its definitions."""
    for path in sorted(tree.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if path.name == "__init__.py" or path.parent.name == "configs":
            continue
        yield path, "comments", f"# edited\n{text}\n# edited\n"
        lines = text.splitlines(keepends=True)
        for node in ast.parse(text).body:
            if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                continue
            last = node.body[-1]
            if last.lineno == node.lineno:
                continue
            edited = [*lines[: last.end_lineno], f"{' ' * last.col_offset}edited = 1\n", *lines[last.end_lineno :]]
            yield path, node.name, "".join(edited)


def test_what_no_key_holds(asker: Asker, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    wrong, rounds = [], 0
    for path in (*asker.tree.rglob("*.py"), asker.place / "data.csv"):
        os.utime(path)
    wrong += differs("every file touched", asker.ask(), [])
    shutil.copytree(asker.place, tmp_path / "moved" / "deep")
    os.rename(tmp_path / "moved" / "deep" / "data.csv", tmp_path / "moved" / "deep" / "renamed.csv")
    text = CONFIG.replace("data.csv", "renamed.csv")
    (tmp_path / "moved" / "deep" / "other.toml").write_text(text, encoding="utf-8")
    moved = {"place": str(tmp_path / "moved" / "deep"), "config": "other.toml"}
    wrong += differs("the folder moved, the data renamed", asker.ask(**moved), [])
    shutil.copytree(asker.tree, tmp_path / "tree")
    other = Asker(tmp_path / "tree", asker.place, start(tmp_path / "tree"))
    try:
        wrong += differs("the code moved", other.ask(), [])
        (tmp_path / "moved" / "deep" / ".textrnn" / "memo.json").unlink()
        wrong += differs("the memo lost", other.ask(**moved), [])
    finally:
        other.end()
    for name, change in spread([("PYTHONHASHSEED", "7"), ("HOME", "/"), ("TZ", "Asia/Tokyo"), ("LANG", "tr_TR.UTF-8")]):
        told = Asker(asker.tree, asker.place, start(asker.tree, **{name: change}))
        wrong += differs(f"{name}={change}", told.ask(), [])
        told.end()
        rounds += 1
    settle(request, wrong, rounds + 4, "touched, moved, another environment")
