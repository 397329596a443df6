"""How to reproduce a run: command, files, settings, versions, processor, as its published page says."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import textrnn
from pipelines.caching.cache import Entry
from pipelines.config import SECTIONS, RunConfig
from pipelines.running.stdout import toml_value
from pipelines.runs.keep import describe_inputs
from textrnn.evaluation.origin import source_name
from textrnn.evaluation.sections.reproduction import Reproduction
from textrnn.settings.config_files import PATH_FIELDS

WORDS = ("auto", "none")  # values of path fields that are no path
TRAINED_ON = {"processor": "Processor", "kernels": "Kernels", "threads": "Threads"}  # of what a stage was made with
KEYED = {"device": "Device", "precision": "Precision", "processes": "Processes"}


def describe_reproduction(config: RunConfig, entries: Mapping[str, Entry]) -> Reproduction:
    """Returns what the run of `config` with the results in `entries` (by stage) was made from."""
    making = describe_inputs(entries)
    made, keyed = entries["train"].manifest["made"], making["params"]["train"]
    machine = {TRAINED_ON[name]: str(made[name]) for name in TRAINED_ON if name in made}
    machine |= {words: str(keyed[name]) for name, words in KEYED.items() if name in keyed}
    libraries = ", ".join(f"{name} {version}" for name, version in sorted(making["libraries"].items()))
    seeds = {name: value for name, value in _every_setting(config) if name.endswith("seed")}
    return Reproduction(
        reproducing_command(config),
        list(_files(config, making["source"])),
        changed_settings(config),
        {
            "Run": config.name,
            "textrnn": textrnn.__version__,
            "Python": making["python"],
            "Libraries": libraries,
            **machine,
            "Seeds": ", ".join(f"{name} {value}" for name, value in seeds.items()),
        },
        _equal(machine),
    )


def changed_settings(config: RunConfig) -> dict[str, Any]:
    """Returns the settings that differ from their defaults, by name; of a path its last part."""
    defaults = {section: SECTIONS[section]() for section in SECTIONS}
    changed = {}
    for name, value in _every_setting(config):
        section, _, key = name.partition(".")
        if value != getattr(defaults[section], key):
            changed[name] = source_name(value) if _is_path(section, key, value) else value
    return changed


def reproducing_command(config: RunConfig) -> str:
    """Returns the command that has this configuration in a folder with the files that it reads, and no other one."""
    settings = changed_settings(config)
    source = settings.pop("data.source", None)
    words = ["textrnn", "run", *(["--data", source] if source is not None else [])]
    named = source is not None and ":" not in source and source.split(".")[0] == config.name
    for name, value in {**({} if named else {"name": config.name}), **settings}.items():
        words += ["--set", f"{name}={toml_value(value)}"]
    return shlex.join(words)


def _every_setting(config: RunConfig) -> Iterator[tuple[str, Any]]:
    for section in SECTIONS:
        own = config.section(section)
        for field in fields(own):
            yield f"{section}.{field.name}", getattr(own, field.name)


def _is_path(section: str, key: str, value: Any) -> bool:
    return key in PATH_FIELDS.get(section, ()) and isinstance(value, str) and value not in WORDS


def _files(config: RunConfig, sources: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each file that is read with its digest; of a folder each file in it, a package or a hub by its version."""
    places = {
        "unlabelled": "unlabelled.source",
        "vectors": "embeddings.vectors",
        "encoder": "embeddings.encoder",
        "teacher": "self_training.teacher",
        "init_from": "train.init_from",
    }
    for name, content in sources.items():
        setting = places.get(name, f"data.{name}")
        value = str(config.setting(setting))
        own = f"{setting} = {value}" if value in WORDS else source_name(value)
        yield from describe_files(own, content)


def describe_files(own: str, content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Returns each file of the source called `own` with its digest; `content` is what a cache key holds of it."""
    digests, inner = content.get("files", ()), content.get("names", ())
    if len(digests) == 1 and not inner:
        yield own, f"sha256:{digests[0]}"
        return
    for number, digest in enumerate(digests):
        yield (f"{own}/{inner[number]}" if inner else f"{own}, file {number + 1}"), f"sha256:{digest}"


def _equal(machine: Mapping[str, str]) -> list[str]:
    """What is equal, to the bit, where."""
    on = ", ".join(
        f"{name.lower()} {machine[name]}" for name in ("Kernels", "Precision", "Device", "Threads") if name in machine
    )
    return [
        f"The same versions with the same kernels, precision, device and number of threads ({on}) give the same bytes: "
        "weights, model folder, report. So does a run that was interrupted and resumed.",
        "On another kind of processor, in another precision or with other threads, splits, words, vocabulary and token "
        "ids are the same bytes. Weights differ in their last digits, and training carries that further: scores differ "
        "as with another seed.",
        "A saved model gives a text the same probabilities whatever texts it is read with, on one kind of processor.",
    ]
