"""Models that mean harm, made by number, and the child process that loads them under watch.

`python -m hostile BASE HOME`: BASE holds sound model folders, HOME is where each case is made; the cases come as JSON
on standard input. One line of JSON a case goes to standard output; the first that has none killed the process.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from running import TREE, environment

from textrnn.storage.files import MANIFEST, describe_files, read_json, write_json

CARD = "README.md"
ANEW = 75  # the exit code of a child that grew too large to measure the next case
SLOWEST, LARGEST = 1.0, 256.0  # CPU seconds of a case, MB above what the process began with
TEXTS = ["The soup was good.", "", "[PAD] \ufdfa\0 " + "a" * 50, "not bad. " * 30]


@dataclass(frozen=True)
class Case:
    """What came of loading one folder."""

    kind: str
    number: int
    what: str
    outcome: str  # loaded, refused, or what should not be
    seconds: float = 0.0
    megabytes: float = 0.0
    touched: tuple[str, ...] = ()

    @property
    def fault(self) -> str | None:
        """What is wrong with it, or None."""
        where = f"{self.kind} round {self.number} ({self.what})"
        if self.outcome not in ("loaded", "refused"):
            return f"{where}: {self.outcome}"
        if self.seconds > SLOWEST:
            return f"{where}: {self.seconds:.2f} s of CPU"
        if self.megabytes > LARGEST:
            return f"{where}: {self.megabytes:.0f} MB above the start"
        return f"{where}: touched {self.touched[0]}" if self.touched else None


def child_environment() -> dict[str, str]:
    """Of a process that imports the tree and the tests."""
    return {**environment(), "PYTHONPATH": os.pathsep.join([str(TREE), str(Path(__file__).parent)])}


def run_cases(plan: list[tuple[str, int]], base: Path, home: Path) -> list[Case]:
    """Every (kind, number) of `plan` in child processes; one that kills its child is charged, and the rest goes on.

    `base` is as `main` has it.
    """
    cases: list[Case] = []
    while len(cases) < len(plan):
        rest = plan[len(cases) :]
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        done = subprocess.run(
            [sys.executable, "-m", "hostile", str(base), str(home)],
            env=child_environment(),
            input=json.dumps(rest).encode(),
            capture_output=True,
            timeout=1200,
            check=False,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        cases += [Case(**{**line, "touched": tuple(line["touched"])}) for line in lines]
        if len(lines) < len(rest) and done.returncode != ANEW:
            last = done.stderr.decode()[-300:]
            assert lines or len(cases), f"the child did not begin: {last}"
            kind, number = rest[len(lines)]
            cases.append(Case(kind, number, "?", f"killed the process ({done.returncode}): {last!a}"))
    return cases


def reseal(folder: Path) -> None:
    """A manifest that agrees with whatever lies in `folder`."""
    manifest = read_json(folder / MANIFEST)
    write_json(folder / MANIFEST, {**manifest, "files": describe_files(folder, leave_out=frozenset({CARD}))})


# --- mutations --------------------------------------------------------------------------------


def mutate(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    """`data` with one thing changed, and what that was."""
    at, size = chance.randrange(len(data) or 1), 1 + chance.randrange(min(64, len(data) or 1))
    match chance.choice(["flip", "byte", "cut", "longer", "zero", "twice", "gone"]):
        case "flip" if data:
            return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :], f"bit flipped at {at}"
        case "byte" if data:
            return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :], f"byte set at {at}"
        case "cut" if data:
            return data[:at], f"cut at {at}"
        case "zero" if data:
            return data[:at] + bytes(len(data[at : at + size])) + data[at + size :], f"{size} zeros at {at}"
        case "twice" if data:
            return data[:at] + data[at : at + size] + data[at:], f"{size} bytes twice at {at}"
        case "gone" if data:
            return data[:at] + data[at + size :], f"{size} bytes gone at {at}"
        case _:
            return data + chance.randbytes(size), f"{size} bytes longer"


STRANGE: list[Any] = [
    None, True, False, 0, 1, -1, 2, 2**31, 2**63, 2**64, 10**30, -(2**63), 0.5, 1e308, float("nan"), float("inf"),
    "", "a", "\0", "../x", "/etc/passwd", "\ud800", "\ufdfa" * 9, "x" * 5000, "a\nb\x1b[2J", [], {}, [[]], [None] * 99,
    {"a": {}}, {"type": "Replace", "pattern": {"Regex": "(a|aa)+$"}, "content": "x" * 999}, {"Regex": "(a*)*b"},
    {"type": "FixedLength", "length": 0}, {"type": "ByteLevel"},
    {"type": "Precompiled", "precompiled_charsmap": "AA=="},
    {"strategy": {"Fixed": 10**12}, "direction": "Right", "pad_id": 0, "pad_type_id": 0, "pad_token": "a"},
    {"max_length": 1, "stride": 9, "strategy": "LongestFirst", "direction": "Right"},
    {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "no", "type_id": 0}}], "pair": [],
     "special_tokens": {}},
    [{"id": 2**32 - 1, "content": "a", "special": True}], {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]},
    {"type": "WordPiece", "vocab": {}, "unk_token": "?", "max_input_chars_per_word": 0},
    {"type": "Unigram", "vocab": []},
    {"kind": "single", "classes": []}, {"sha256": "0" * 64, "size": -1}, [["a", -1.0]] * 3, {"a" * 9999: 1},
]  # fmt: skip


def mutate_json(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    """The JSON in `data` with one node replaced, removed or added."""
    tree = json.loads(data)
    places: list[tuple[Any, Any]] = []
    todo = [tree]
    while todo:
        node = todo.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node))
        # of a long list (a vocabulary) a few
        keys = keys if len(keys) < 12 else chance.sample(list(keys), 12)
        places += [(node, key) for key in keys]
        todo += [node[key] for key in keys if isinstance(node[key], (dict, list))]
    node, key = chance.choice(places)
    value = chance.choice(STRANGE)
    match chance.choice(["replace", "replace", "replace", "remove", "add", "deep"]):
        case "remove":
            del node[key]
            what = f"{key!r} removed"
        case "add" if isinstance(node, dict):
            node[chance.choice(["x", "../x", "/etc/passwd", "\0", "__class__", "code", "", "manifest.json"])] = value
            what = f"a key beside {key!r}"
        case "deep":
            node[key] = "DEEP"
            deep = chance.choice([b"[", b'{"a":']) * chance.choice([100, 2000, 200_000])
            return json.dumps(tree).encode().replace(b'"DEEP"', deep, 1), f"{key!r} nested"
        case _:
            node[key] = value
            what = f"{key!r} = {str(value)[:40]!a}"
    return json.dumps(tree).encode(), what


def mutate_tensors(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    """A safetensors file with a header that lies, or weights that are no good."""
    size = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    name = chance.choice(list(header))
    number = chance.choice([0, 1, 2, 7, -1, 2**31, 2**40, 2**62, 2**63, 2**64 - 1, 2**64, 0.5, None, "1"])
    match chance.choice(["dtype", "shape", "offsets", "name", "length", "gone", "empty", "floats", "meta"]):
        case "dtype":
            kinds = [
                "F64",
                "F16",
                "BF16",
                "I64",
                "I8",
                "BOOL",
                "F8_E4M3",
                "F8_E8M0",
                "F4",
                "C64",
                "U16",
                "OBJECT",
                "",
                None,
            ]
            header[name]["dtype"] = chance.choice(kinds)
        case "shape":
            header[name]["shape"] = chance.choice(
                [[number], [number, 0], [number, number], [], [1] * 99, header[name]["shape"][::-1]]
            )
        case "offsets":
            header[name]["data_offsets"][chance.randrange(2)] = number
        case "name":
            header[chance.choice(["a", "../x", "\n", "codes_4", "encoder.weight_ih_l9", "x" * 999])] = header.pop(name)
        case "length":
            wrong = chance.choice([0, 1, size - 1, size + 1, 2**31, 2**63, 2**64 - 1])
            return wrong.to_bytes(8, "little") + data[8:], f"header of {wrong} bytes"
        case "gone":
            del header[name]
        case "empty":  # shapes that take no bytes
            header = {key: {"dtype": "F32", "shape": [2**40, 0], "data_offsets": [0, 0]} for key in header}
            body = b""
        case "floats":
            at = chance.randrange(0, len(body) - 4, 4)
            body = (
                body[:at]
                + bytes.fromhex(chance.choice(["0000807f", "0000c07f", "ffff7f7f", "01000000"]))
                + body[at + 4 :]
            )
        case _:
            header["__metadata__"] = chance.choice([{"a": "b"}, {"a": 1}, [], "x", {"code": "__import__('os')"}])
    changed = json.dumps(header).encode()
    return len(changed).to_bytes(8, "little") + changed + body, f"{name} of {len(header)} tensors"


# --- the cases --------------------------------------------------------------------------------


def make_mutated(number: int, folder: Path) -> str:
    """One file of a folder changed, the manifest made to agree (or itself changed)."""
    chance = random.Random(number)
    names = sorted(path.name for path in folder.iterdir())
    name = names[number % len(names)]
    data = (folder / name).read_bytes()
    changes: list[Callable[[bytes, random.Random], tuple[bytes, str]]] = [mutate]
    if name.endswith(".json"):
        changes += [mutate_json] * 3
    if name.endswith(".safetensors"):
        changes += [mutate_tensors] * 3
    changed, what = chance.choice(changes)(data, chance)
    (folder / name).write_bytes(changed)
    if name != MANIFEST:
        reseal(folder)
    return f"{name}: {what}"


def make_tokenizer(number: int, folder: Path) -> str:
    """A hostile tokenizer.json under a manifest that agrees with it."""
    chance = random.Random(number)
    path = folder / "tokenizer.json"
    changed, what = mutate_json(path.read_bytes(), chance)
    if number % 10 == 9:
        changed, what = mutate(path.read_bytes(), chance)
    path.write_bytes(changed)
    reseal(folder)
    return f"tokenizer: {what}"


def make_payload(number: int, folder: Path) -> str:
    """A payload of another format in the place of one file."""
    import hostile_payloads

    names = sorted(path.name for path in folder.iterdir())
    payloads = hostile_payloads.every(folder.parent / "marker")
    name, (what, data) = names[number % len(names)], payloads[number // len(names) % len(payloads)]
    (folder / name).write_bytes(data)
    if name != MANIFEST:
        reseal(folder)
    return f"{name}: {what}"


LINKS = ["symlink", "symlink to a device", "hard link", "pipe", "folder", "dangling", "loop", "device"]
NAMES = ["../outside/secret", "/etc/passwd", "config.json\0", "a/../../outside/secret", "//etc/passwd", "~", ".", ""]


def make_path(number: int, folder: Path) -> str:
    """Something else than a file, or a name that leads out; `outside` lies beside the folder."""
    outside = folder.parent / "outside"
    outside.mkdir(exist_ok=True)
    names = sorted(path.name for path in folder.iterdir())
    path = folder / names[number % len(names)]
    turn = number // len(names)
    secret = outside / "secret"
    shutil.copyfile(path, secret)
    if turn >= len(LINKS):
        name = NAMES[turn % len(NAMES)]
        manifest = read_json(folder / MANIFEST)
        entry = describe_files(outside)["secret"]
        files = manifest["files"]
        if path.name in files and turn % 2:
            del files[path.name]
        write_json(folder / MANIFEST, {**manifest, "files": {**files, name: entry}})
        return f"{path.name}: the name {name!r} in the manifest"
    what = LINKS[turn]
    path.unlink()
    match what:
        case "symlink":
            path.symlink_to(secret)
        case "symlink to a device":
            path.symlink_to("/dev/zero")
        case "hard link":
            path.hardlink_to(secret)
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "dangling":
            path.symlink_to(outside / "absent")
        case "loop":
            path.symlink_to(path.name)
        case _:
            try:
                os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
            except OSError:
                os.mkfifo(path)
    return f"{path.name}: {what}"


MAKERS = {"mutated": make_mutated, "tokenizer": make_tokenizer, "payload": make_payload, "path": make_path}
VOCABULARIES = ("bpe", "unigram", "word")
CLASSIFIERS = ("word", "multi", "number", "ordinal", "path", "small")
SEQUENCE = "sequence"


def base_of(kind: str, number: int) -> tuple[str, str]:
    """Of a case: what makes it, and which sound folder it is made of."""
    if kind.startswith(SEQUENCE):
        return kind.removeprefix(SEQUENCE).strip(), SEQUENCE
    if kind == "tokenizer":
        return kind, VOCABULARIES[number % len(VOCABULARIES)]
    return kind, CLASSIFIERS[number // 9 % len(CLASSIFIERS)] if kind == "mutated" else "word"


# --- the child --------------------------------------------------------------------------------

RUNS_CODE = (
    "pickle.find_class",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "socket.connect",
)


class _Watch:
    """What the process opens while it is on: nothing but the folder, and modules of Python."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.touched: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        if event in RUNS_CODE:
            self.touched.append(f"{event} {arguments!r}"[:200])
        if event in ("open", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate", "os.link"):
            path = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else ""
            module = path.endswith((".py", ".pyc", ".so")) and path.startswith((sys.prefix, sys.base_prefix, str(TREE)))
            if path and not module and not os.path.realpath(path).startswith(self.folder + os.sep):
                self.touched.append(f"{event} {path}")


def _read_texts(folder: Path) -> str:
    """Load and use a text classifier: "loaded", or what is wrong with its answers."""
    import numpy as np

    from textrnn.model.folder import load_predictor

    if fault := _start_from(folder):
        return fault
    predictor = load_predictor(folder)
    found = predictor.predict_probabilities(TEXTS)
    predictor.predict(TEXTS)
    good = bool(np.isfinite(found).all())
    if predictor.target.exclusive:
        good = good and float(np.abs(found.sum(axis=1) - 1).max(initial=0)) < 1e-6
    elif predictor.target.kind == "multi":
        good = good and bool(((found >= 0) & (found <= 1)).all())
    return "loaded" if good else f"probabilities {found.tolist()}"


def _start_from(folder: Path) -> str | None:
    """Have a training start from the model: what is wrong with the weights or the refusal, None where nothing is."""
    import numpy as np
    from tiny import MODEL, made_ids

    from textrnn.config.arguments.warm_start import warm_start_arguments
    from textrnn.config.train import TrainConfig
    from textrnn.errors import ConfigError, DataError, ModelError
    from textrnn.text.word_vectors import WordVectors
    from textrnn.training.warm_start import load_warm_start

    vocabulary, ids = made_ids()
    vectors = WordVectors(np.zeros((len(vocabulary), 0), np.float32))
    warm_start = warm_start_arguments(MODEL, TrainConfig(init_from=str(folder)))
    try:
        weights = load_warm_start(ids, vocabulary, vectors, warm_start).weights
    except (ConfigError, DataError, ModelError) as error:
        return None if str(error).isprintable() else f"an unclear error: {str(error)[:200]!a}"
    finite = all(bool(weight.isfinite().all()) for weight in weights.values())
    return None if finite else "weights that are not finite"


def _read_numbers(folder: Path) -> str:
    """Load and use a model of sequences of numbers: "loaded", or what is wrong with its answers."""
    import numpy as np

    from textrnn import SequenceRegressor

    model = SequenceRegressor.load(folder)
    found = model.predict(np.ones((3, 4, model.n_features_in_)))
    return "loaded" if np.isfinite(found).all() else f"answers {found.tolist()}"


def _attempt(folder: Path, base: str) -> str:
    """Load and use the model in `folder`, made of the sound one `base`: what came of it."""
    from textrnn.errors import ModelError

    try:
        return (_read_numbers if base == SEQUENCE else _read_texts)(folder)
    except ModelError as error:
        message = str(error)
        return (
            "refused" if message.isprintable() and 0 < len(message) < 1200 else f"an unclear error: {message[:200]!a}"
        )
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:300]!a}"


def peak() -> float:
    """The most memory that this process has held, in MB.

    Not `ru_maxrss` where it can be helped: Linux hands on that of the process that started this one.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    found = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return (found[0] if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024


def main(plan: list[tuple[str, int]], base: Path, home: Path) -> None:
    """Make, load and report each case of `plan`; `base` holds the sound folders by the names of `base_of`."""
    watch = _Watch()
    for sound in sorted(path for path in base.iterdir() if path.is_dir()):
        assert (found := _attempt(sound, sound.name)) == "loaded", found
    start = peak()
    for kind, number in plan:
        folder = home / "model"
        shutil.rmtree(folder, ignore_errors=True)
        maker, name = base_of(kind, number)
        shutil.copytree(base / name, folder)
        what = f"{name}, {MAKERS[maker](number, folder)}"
        signal.setitimer(signal.ITIMER_PROF, 20)  # of CPU: kills the process, which charges the case
        signal.alarm(60)  # so does waiting
        watch.folder, watch.touched = os.path.realpath(folder), []
        begun = time.process_time()
        outcome = _attempt(folder, name)
        seconds = time.process_time() - begun
        watch.folder = None
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        if (home / "marker").exists():
            outcome = "the payload ran"
        above = peak() - start
        case = Case(kind, number, what, outcome, round(seconds, 3), round(above, 1), tuple(watch.touched))
        print(json.dumps(vars(case)), flush=True)
        if above > LARGEST:
            sys.exit(ANEW)  # the peak of a process never falls


if __name__ == "__main__":
    main(json.load(sys.stdin), Path(sys.argv[1]), Path(sys.argv[2]))
