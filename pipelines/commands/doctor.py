"""`textrnn doctor`: what there is to compute with, and whether it computes right."""

import platform
import sys
from typing import Any

from pipelines.commands.options import JsonOption
from pipelines.commands.output import print_json, print_table
from textrnn.errors import TextrnnError

TOLERANCE = 1e-5


def doctor(json: JsonOption = False) -> None:
    """Versions, device, precision, threads, and a self-test of the LSTM; exit 1 if the test fails."""
    found = examine()
    if json:
        print_json(found)
    else:
        print_table([[name, _say(value)] for name, value in found.items()])
    if not found["self_test"]["passed"]:
        raise TextrnnError(
            f"self-test: expected the LSTM to equal the packed reference within {TOLERANCE:g}, found "
            f"{found['self_test']['largest_difference']:.1e}; this torch build computes wrongly here"
        )


def examine() -> dict[str, Any]:
    """What `doctor` found, as plain JSON."""
    import torch

    import textrnn
    from pipelines.keys import library_versions
    from textrnn.hardware import available_cores, processor_name, resolve_device, resolve_precision
    from textrnn.training.precision import run_flushed, subnormals_left
    from textrnn.training.selftest import largest_difference

    device = resolve_device("auto")
    difference = largest_difference()
    cells = 1 << 20
    return {
        "textrnn": textrnn.__version__,
        "python": f"{sys.version.split()[0]} on {platform.system()} {platform.machine()}",
        "libraries": {
            **library_versions(["torch", "tokenizers", "datasets", "sklearn", "numpy", "pyarrow", "safetensors"]),
            **library_versions(["matplotlib"]),
        },
        "processor": processor_name(),
        "cores": available_cores(),
        "threads": torch.get_num_threads(),
        "device": device,
        "precision": resolve_precision("auto", device),
        "subnormals_flushed_in_training": run_flushed(lambda _: subnormals_left(cells)) == 0,
        "subnormals_kept_elsewhere": subnormals_left(cells) == cells,
        "self_test": {"largest_difference": difference, "passed": difference <= TOLERANCE},
    }


def _say(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)
