"""`textrnn doctor`: checks what there is to compute with."""

import contextlib
import platform
import sys
from typing import Any

import textrnn
from pipelines.caching.keys import library_versions
from pipelines.commands.options import JsonOption
from pipelines.running.stdout import print_json, print_table
from textrnn.config.model import ModelConfig
from textrnn.errors import TextrnnError
from textrnn.machine.hardware import available_cores, processor_name, resolve_device, resolve_precision
from textrnn.machine.installed_textrnn import DISTRIBUTIONS, REINSTALL_ADVICE, describe
from textrnn.machine.optional_packages import is_installed

TOLERANCE = 1e-5
BFLOAT16_TOLERANCE = 0.05  # in bfloat16, which keeps 8 bits of a number


def doctor(json: JsonOption = False) -> None:
    """Report versions, device and precision, and run a self-test.

    The test runs the engine that predicts, and the LSTM that is trained, on a GPU too; exit 1 if it fails.
    """
    found = inspect_installation()
    if json:
        print_json(found)
    else:
        print_table([[name, _say(value)] for name, value in found.items()])
    if not found["prediction_self_test"]["passed"]:
        raise TextrnnError(
            f"prediction_self_test: expected logits as exact arithmetic gives them within {TOLERANCE:g}, found "
            f"{found['prediction_self_test']['max_relative_error']:.1e}; build them again "
            "(python -m textrnn.kernels.build) or do without (TEXTRNN_NATIVE=0)"
        )
    for name, tolerance in (
        ("self_test", TOLERANCE),
        ("bfloat16_self_test", BFLOAT16_TOLERANCE),
        ("gpu_self_test", BFLOAT16_TOLERANCE),
    ):
        if not found.get(name, {"passed": True})["passed"]:
            raise TextrnnError(
                f"{name}: expected the LSTM to equal the packed reference within {tolerance:g}, found "
                f"{found[name]['max_relative_error']:.1e}; this torch build gives wrong results here"
            )


def inspect_installation() -> dict[str, Any]:
    """What `doctor` found, as plain JSON."""
    found = {
        "textrnn": textrnn.__version__,
        "installed_by": _examine_distributions(),
        "python": f"{sys.version.split()[0]} on {platform.system()} {platform.machine()}",
        "libraries": {
            **library_versions(["torch", "tokenizers", "datasets", "sklearn", "numpy", "pyarrow", "safetensors"]),
            **library_versions(["matplotlib"]),
        },
        "processor": processor_name(),
        "cores": available_cores(),
        "native_kernels": _examine_native(),
        "prediction_self_test": _examine_prediction(),
    }
    return {**found, **(_examine_training() if is_installed("torch") else {})}


def _examine_distributions() -> str:
    """Which distributions of textrnn are installed; where both are, what to do."""
    from importlib import metadata

    found = {}
    for name in DISTRIBUTIONS:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    if len(found) < 2:
        return describe(found) or "no distribution: a folder on Python's path"
    return f"{describe(found)}, which have the same files; {REINSTALL_ADVICE.format(' '.join(found))}"


def _examine_prediction() -> dict[str, Any]:
    """The self-test of the engine."""
    from textrnn.inference.selftest import max_logit_error

    error = max_logit_error()
    return {"max_relative_error": error, "passed": error <= TOLERANCE}


def _examine_training() -> dict[str, Any]:
    """What there is to say of what trains."""
    import torch

    from textrnn.training.lstm_parity import max_relative_error
    from textrnn.training.precision import count_subnormals, run_flushed

    device = resolve_device("auto")
    difference = max_relative_error()
    cells = 1 << 20
    return {
        "threads": torch.get_num_threads(),
        "device": device,
        "precision": resolve_precision("auto", device),
        "subnormals_flushed_in_training": run_flushed(lambda _: count_subnormals(cells)) == 0,
        "subnormals_kept_elsewhere": count_subnormals(cells) == cells,
        "self_test": {"max_relative_error": difference, "passed": difference <= TOLERANCE},
        **(_examine_bfloat16() if resolve_precision("auto", "cpu") == "bfloat16" else {}),
        **(_examine_gpu() if device == "cuda" else {}),
    }


def _examine_bfloat16() -> dict[str, Any]:
    """The self-test as training on this processor computes."""
    from textrnn.training.lstm_parity import max_relative_error

    difference = max_relative_error(precision="bfloat16")
    return {"bfloat16_self_test": {"max_relative_error": difference, "passed": difference <= BFLOAT16_TOLERANCE}}


def _examine_native() -> str:
    """Which library of `textrnn/kernels` this processor runs; or why none."""
    from textrnn.kernels.build import build_obstacle
    from textrnn.kernels.library import SWITCH_VARIABLE, is_on, libraries

    if not is_on():
        return f"off: {SWITCH_VARIABLE} is 0"
    if found := libraries():
        return ", ".join(f"{library.name} ({library.dtype})" for library in found)
    if why := build_obstacle():
        return f"none; torch's functions are used: {why}"
    return "none; torch's functions are used, which are slower; build them: python -m textrnn.kernels.build"


def _examine_gpu() -> dict[str, Any]:
    """What there is to say of the GPU that training takes."""
    import torch

    from textrnn.nn.kernels.triton_lstm import describe_trouble
    from textrnn.training.lstm_parity import max_relative_error

    if not torch.cuda.is_available():
        return {"gpu": "not supported by this torch: use --set train.device=cpu"}
    size = ModelConfig.hidden_size
    trouble = describe_trouble(torch.cuda.current_device(), size, torch.bfloat16)
    difference = max_relative_error(device="cuda", precision="bfloat16", width=size)
    return {
        "gpu": torch.cuda.get_device_name(),
        "gpu_lstm": f"cuDNN's: {trouble}" if trouble else "two kernels, by Triton",
        "gpu_self_test": {"max_relative_error": difference, "passed": difference <= BFLOAT16_TOLERANCE},
    }


def _say(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)
