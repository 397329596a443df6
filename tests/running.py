"""How the tests call the command line: in a process of its own, and what came of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pipelines

TREE = Path(pipelines.__file__).resolve().parent.parent
START = "from pipelines.app import main; main()"
OFF = ("unlabelled", "pretrain_encoder", "self_train")  # the stages that `SMALL` turns off
SMALL = """
[data]
source = "data.csv"

[vocabulary]
min_count = 1

[ngram_branch]
candidates = ["nb", "svm"]
min_documents = 2

[embeddings]
vectors = "none"

[model]
embedding_size = 8
hidden_size = 8

[train]
epochs = 1
batch_size = 32
max_tokens = 30
learning_rate = 0.01
precision = "float32"
device = "cpu"

[baseline]
inverse_penalties = [1.0]
nb_inverse_penalties = [4.0]

[evaluate]
bootstrap = 20
errors = 3
"""


@dataclass(frozen=True)
class Ended:
    """A command that ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one line that says what failed."""
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, self.err
        assert self.err.splitlines()[-1] == lines[0], "the error is the last line"
        assert "Traceback" not in self.err
        return lines[0]

    def ran(self) -> list[str]:
        """The stages that ran, of a command with --json."""
        return [stage["stage"] for stage in self.json["stages"] if stage["ran"]]


Call = Callable[..., Ended]


def environment(tree: Path = TREE, **more: str) -> dict[str, str]:
    """The environment of a process that imports `tree`."""
    dropped = ("TEXTRNN", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1", **more}


def run_main(arguments: list[str], cwd: Path, log: Path) -> None:
    """What a forked process does: the command, in `cwd`, its standard error in the file `log`."""
    from pipelines.app import main

    os.chdir(cwd)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    sys.argv = ["textrnn", *arguments]
    main()
