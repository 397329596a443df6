"""The key of a result: one digest of all that it depends on, and its pre-image kept whole."""

from __future__ import annotations

import dataclasses
import functools
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.caching.code import read_code
from pipelines.caching.memo import Memo
from pipelines.stages.stage import Stage
from textrnn.config.data import DataConfig
from textrnn.config.fields import Unkeyed
from textrnn.config.language import LanguageConfig
from textrnn.config.pretrain import PretrainConfig
from textrnn.config.tokenize import CHINESE, modules_that_decide
from textrnn.config.train import TrainConfig
from textrnn.config.unlabelled import UnlabelledConfig
from textrnn.data.readers.source import Source, content_of
from textrnn.machine.hardware import resolve_device, resolve_precision, resolve_processes
from textrnn.storage.files import digest_json

# what a distribution is called where it is not called as its module
DISTRIBUTIONS = {"sklearn": "scikit-learn", **CHINESE}
# the sources of word vectors, of unlabelled texts and of a model to start from, beside those of the data
VECTORS, UNLABELLED, START = "vectors", "unlabelled", "start"
# which of them a stage with such a section reads
OWN_SOURCES: Mapping[type, str] = {
    DataConfig: "data",
    UnlabelledConfig: UNLABELLED,
    PretrainConfig: VECTORS,
    LanguageConfig: START,
}
# what `textrnn.training.language` reads of the sections of a classifier
PRETRAINING = {
    "model": ("encoder", "embedding_size", "hidden_size", "bidirectional"),
    "train": ("seed", "max_tokens", "keep", "precision", "device"),
}
# what `textrnn.training.warm_start` reads of [model]
STARTING = ("encoder", "embedding_size", "hidden_size", "num_layers", "bidirectional", "pooling")
# of other packages, only those whose version can change a result
KEYED_LIBRARIES = frozenset(
    {"datasets", "matplotlib", "numpy", "pyarrow", "safetensors", "scipy", "sklearn", "tokenizers", "torch", *CHINESE}
)


def keyed_params(section: Any) -> dict[str, Any]:
    """The fields of a config section that its key holds, as plain JSON.

    Fields marked `UNKEYED` are left out; `auto` device, precision and processes are resolved first, so that
    a key names what is really computed with.
    """
    if isinstance(section, TrainConfig):
        device = resolve_device(section.device)
        section = dataclasses.replace(
            section,
            device=device,
            precision=resolve_precision(section.precision, device),
            processes=resolve_processes(section.processes, device),
        )
    hints = typing.get_type_hints(type(section), include_extras=True)
    kept = {}
    for field in dataclasses.fields(section):
        marks = getattr(hints[field.name], "__metadata__", ())
        if not any(isinstance(mark, Unkeyed) for mark in marks):
            value = getattr(section, field.name)
            kept[field.name] = list(value) if isinstance(value, tuple) else value
    if isinstance(section, PretrainConfig):  # a path is no part of a key; whether it may be left aside is
        kept["vectors"] = section.vectors if section.vectors in ("auto", "none") else "given"
    if isinstance(section, LanguageConfig):
        kept["start"] = "none" if section.start == "none" else "given"
    return kept


def library_versions(names: list[str]) -> dict[str, str]:
    """The installed version of each library in `names` that is keyed; "absent" where it is not there."""
    from importlib import metadata  # 20 ms that `--help` does without

    versions = {}
    for name in names:
        if name in KEYED_LIBRARIES:
            try:
                versions[name] = _read_version(metadata.version, DISTRIBUTIONS.get(name, name))
            except metadata.PackageNotFoundError:
                versions[name] = "absent"
    return versions


@functools.cache
def _read_version(version: Callable[[str], str], distribution: str) -> str:
    """`version(distribution)`: ten stages ask for the same few, and each answer is a file parsed."""
    return version(distribution)


def source_content(sources: Mapping[str, Source], memo: Memo) -> dict[str, Any]:
    """What keys hold of the files that a run reads: kinds and digests, no paths."""
    return {
        split: {**content_of(source), "files": [memo.digest(path) for path in source.files]}
        for split, source in sources.items()
    }


def preimage_of(
    stage: Stage,
    sections: Mapping[str, Any],
    inputs: Mapping[str, str],
    sources: Mapping[str, Any],
    memo: Memo,
) -> dict[str, Any]:
    """All that the result of `stage` depends on, as plain JSON.

    `sections` are config objects by name, `inputs` the content digests of the nouns it reads,
    `sources` what `source_content` found: a stage that reads files has its own of them.
    """
    code, libraries = read_code(stage.module, memo)
    libraries = [name for name in libraries if name not in CHINESE]
    if "tokenize" in stage.params:  # later stages find these versions in the noun that it makes
        libraries += modules_that_decide(sections["tokenize"])
    preimage: dict[str, Any] = {
        "stage": stage.name,
        "format": stage.format,
        "params": _params_read(stage, sections),
        "inputs": dict(inputs),
        "code": code,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "libraries": library_versions(libraries),
    }
    for kind, own in OWN_SOURCES.items():
        if any(isinstance(sections[name], kind) for name in stage.params):
            preimage["source"] = {name: content for name, content in sources.items() if _owner_of(name) == own}
    return preimage


def _params_read(stage: Stage, sections: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The keyed fields of the sections that `stage` is handed.

    Without teachers `teach` looks no further than whether training makes something of texts without labels; `language`
    at the shape of the layer, and how texts are cut and computed with; without a pass, at the shape alone where it
    starts from another model, else at nothing; `vocabulary` of [language] at that alone; `wide`
    of [train] at what a class counts.
    """
    params = {name: keyed_params(sections[name]) for name in stage.params}
    if "teach" in params and not params["teach"]["teachers"]:
        used = {name: params["train"][name] > 0 for name in ("virtual_adversarial", "entropy")}
        params |= {"model": {}, "train": used}
    if "wide" in params:
        params["train"] = {"class_weight": params["train"]["class_weight"]}
    if "vocabulary" in params:
        params["language"] = {"start": params["language"]["start"]}
    elif "language" in params:
        learns, starts = params["language"]["passes"] != 0, params["language"]["start"] != "none"
        shape = dict.fromkeys([*(PRETRAINING["model"] if learns else ()), *(STARTING if starts else ())])
        params["model"] = {field: params["model"][field] for field in shape}
        params["train"] = {field: params["train"][field] for field in PRETRAINING["train"] if learns}
        params["language"] = params["language"] if learns else {"passes": 0, "start": params["language"]["start"]}
    return params


def _owner_of(source: str) -> str:
    return source if source in (VECTORS, UNLABELLED, START) else "data"


def key_of(preimage: Mapping[str, Any]) -> str:
    """The key: SHA-256 of the canonical JSON of `preimage`."""
    return digest_json(preimage)
