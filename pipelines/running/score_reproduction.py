"""How to reproduce the report of a saved model on new rows, as its page says."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import textrnn
from pipelines.running.reproduction import describe_files
from textrnn.data.readers.source import content_of, resolve
from textrnn.evaluation.origin import source_name
from textrnn.evaluation.sections.reproduction import Reproduction
from textrnn.kernels.library import is_on, libraries
from textrnn.machine.hardware import processor_name, thread_count
from textrnn.model.files import DECISION
from textrnn.storage.files import content_digest, digest_file, read_manifest

LIBRARIES = ("numpy", "pyarrow", "safetensors", "scikit-learn", "scipy", "tokenizers")  # that read or score
EQUAL = (
    "The same rows, model, versions and kernels give the same report on one kind of processor, but for the date.",
    "On another kind of processor, or with other versions, probabilities may differ in their last digits.",
    "The model gives a text the same probabilities whatever other rows the file has.",
)


def describe_score(file: str, model: Path, output: Path, options: Sequence[str]) -> Reproduction:
    """Returns how the model folder `model` on the rows of `file`, read by the `options`, comes to the same report in
    the folder `output`. Digests all that is read. Raises DataError, DamagedFilesError, OSError.
    """
    own, folder = source_name(file), source_name(str(model.absolute()))
    words = ["textrnn", "score", own, "--model", folder, *options, "--output", source_name(str(output.absolute()))]
    source = content_of(resolve(file))
    digested = {**source, "files": [digest_file(path) for path in source["files"]]}
    described = read_manifest(model)["files"]
    kernels = [library.name for library in libraries()] if is_on() else []
    return Reproduction(
        shlex.join(words),
        [
            *describe_files(own, digested),
            (f"{folder}, the model", f"sha256:{content_digest(described)}, of the digests in its manifest.json"),
            (f"{folder}/{DECISION}, its thresholds", f"sha256:{described[DECISION]['sha256']}"),
        ],
        None,
        {
            "textrnn": textrnn.__version__,
            "Python": platform.python_version(),
            "Libraries": ", ".join(f"{name} {found}" for name in LIBRARIES if (found := _version(name))),
            "Processor": processor_name(),
            "Kernels": ", ".join(kernels) or "none: numpy's functions",
            "Threads": str(thread_count()),
        },
        EQUAL,
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
