"""The key of a result: one digest of all that it depends on; its pre-image is kept whole."""

from __future__ import annotations

import dataclasses
import functools
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipelines.caching.code import read_code
from pipelines.caching.file_memo import FileMemo
from pipelines.stages.stage import Stage, settings_of
from textrnn.config.field_types import NotInKey, NotInKeyUnless
from textrnn.config.tokenize import CHINESE, optional_modules
from textrnn.data.readers.source import Source, content_of
from textrnn.machine.hardware import resolve_device, resolve_precision, resolve_processes
from textrnn.storage.files import digest_json

# what a distribution is called where it is not called as its module
DISTRIBUTIONS = {"sklearn": "scikit-learn", **CHINESE}
# sources of word vectors, a sentence encoder, unlabelled texts, a teacher, a warm start; those of the data come too
VECTORS, ENCODER, UNLABELLED, TEACHER, WARM_START = "vectors", "encoder", "unlabelled", "teacher", "init_from"
OWN = (VECTORS, ENCODER, UNLABELLED, TEACHER, WARM_START)
FIXES_SOURCE = "fixes"  # of the data: their content is keyed as that of its splits
# of other packages, only those whose version can change a result
KEYED_LIBRARIES = frozenset(
    {
        "cleanlab",
        "datasets",
        "matplotlib",
        "numpy",
        "pyarrow",
        "safetensors",
        "scipy",
        "sliceline",
        "sklearn",
        "tokenizers",
        "torch",
        *CHINESE,
    }
)


def cache_key_params(section: Any) -> dict[str, Any]:
    """The fields of a config section, or of a part of one, that its key holds, as plain JSON.

    Fields marked `NOT_IN_KEY` are left out, of one marked `NotInKeyUnless` a path is; `auto` device, precision and
    processes are resolved first, so that a key names what is really computed with.
    """
    section = _resolve_machine(section)
    hints = typing.get_type_hints(type(section), include_extras=True)
    kept = {}
    for field in dataclasses.fields(section):
        marks, value = getattr(hints[field.name], "__metadata__", ()), getattr(section, field.name)
        if any(isinstance(mark, NotInKey) for mark in marks):
            continue
        words = next((mark.words for mark in marks if isinstance(mark, NotInKeyUnless)), None)
        value = "given" if words is not None and value not in words else value
        kept[field.name] = list(value) if isinstance(value, tuple) else value
    return kept


def _resolve_machine(section: Any) -> Any:
    """`section`, its `auto` device, precision and processes resolved, where it has such fields."""
    names = {field.name for field in dataclasses.fields(section)}
    if "device" not in names:
        return section
    device = resolve_device(section.device)
    found: dict[str, Any] = {"device": device, "precision": resolve_precision(section.precision, device)}
    if "processes" in names:
        found["processes"] = resolve_processes(section.processes, device)
    return dataclasses.replace(section, **found)


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
    """`version(distribution)`, cached: ten stages need the same few, and each is read from a file."""
    return version(distribution)


def source_content(sources: Mapping[str, Source], memo: FileMemo) -> dict[str, Any]:
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
    memo: FileMemo,
) -> dict[str, Any]:
    """All that the result of `stage` depends on, as plain JSON.

    `sections` are config objects by name, `inputs` the content digests of the nouns it reads,
    `sources` what `source_content` found: a stage that reads files has its own of them.
    """
    code, libraries = read_code(stage.module, memo)
    libraries = [name for name in libraries if name not in CHINESE]
    if stage.name == "tokenize":  # later stages find these versions in the noun that it makes
        libraries += optional_modules(sections["tokenize"])
    preimage: dict[str, Any] = {
        "stage": stage.name,
        "format": stage.format,
        "params": _params_read(stage, sections),
        "inputs": dict(inputs),
        "code": code,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "libraries": library_versions(libraries),
    }
    if stage.fold is not None:
        preimage["fold"] = stage.fold
    if stage.sources:
        preimage["source"] = {name: content for name, content in sources.items() if _owner_of(name) in stage.sources}
    return preimage


def _params_read(stage: Stage, sections: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The keyed fields of what `stage` is handed of the sections, by section."""
    params: dict[str, dict[str, Any]] = {}
    for name, handed in settings_of(stage, sections).items():
        for section, part in [*section_parts(handed)] if stage.arguments else [(name.removesuffix("_config"), handed)]:
            params.setdefault(section, {}).update(cache_key_params(part))
    return params


def section_parts(arguments: Any) -> Iterator[tuple[str, Any]]:
    """Yields the section parts that `arguments` hold, each with the section's name; those of nested arguments too."""
    for field in dataclasses.fields(arguments):
        part = getattr(arguments, field.name)
        if part is None:
            continue
        if any(dataclasses.is_dataclass(getattr(part, inner.name)) for inner in dataclasses.fields(part)):
            yield from section_parts(part)
        else:
            yield field.name.removesuffix("_config"), part


def _owner_of(source: str) -> str:
    return source if source in OWN else "data"


def key_of(preimage: Mapping[str, Any]) -> str:
    """The key: SHA-256 of the canonical JSON of `preimage`."""
    return digest_json(preimage)
