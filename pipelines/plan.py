"""What would run, and why: keys worked out from what is known, without running anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.cache import Cache, Entry
from pipelines.config import SOURCE_FIELDS, RunConfig
from pipelines.keys import START, UNLABELLED, VECTORS, explain_change, key_of, preimage_of, source_content
from pipelines.memo import Memo
from pipelines.runs import last_key, model_folder
from pipelines.stage import Stage
from textrnn.data.readers.head import require_head
from textrnn.data.readers.source import Source, resolve
from textrnn.errors import ConfigError
from textrnn.plain_files import as_one_line
from textrnn.text.model_source import find_model, resolve_model
from textrnn.text.vector_source import resolve_vectors

Standing = Literal["cached", "runs", "depends"]


@dataclass(frozen=True)
class Planned:
    """One stage of a plan.

    `cached`: its result is there. `runs`: it is not, or is made again by force. `depends`: an
    earlier stage runs first, and this one runs only if that yields other bytes.
    """

    stage: Stage
    standing: Standing
    key: str | None = None
    preimage: Mapping[str, Any] = field(default_factory=dict)
    entry: Entry | None = None
    reasons: tuple[str, ...] = ()


def resolve_sources(config: RunConfig) -> dict[str, Source]:
    """The files the run reads, by field name: those of the data, and of unlabelled texts, word vectors and a
    model to start from where there are some.

    Raises ConfigError where no data is named or a model has another shape, DataError, ModelError.
    """
    named = {name: value for name in SOURCE_FIELDS if (value := getattr(config.data, name)) is not None}
    if not named:
        raise ConfigError("data.source: expected a file or package; name one in [data], or with --data FILE")
    sources = {name: resolve(value, config.data.format) for name, value in named.items()}
    for source in sources.values():
        require_head(source, config.data)
    if config.unlabelled.source is not None:
        sources[UNLABELLED] = resolve(config.unlabelled.source)
    if (vectors := resolve_vectors(config.pretrain.vectors)) is not None:
        sources[VECTORS] = vectors
    if config.language.start != "none":
        if find_model(config.language.start).resolve() == model_folder(config.root, config.name).resolve():
            raise ConfigError(
                f"language.start: {as_one_line(config.language.start)} is the model that this run writes, and each run "
                "would start from the one before; give the run another name (--set name=NAME)"
            )
        sources[START] = resolve_model(config.language.start, config.model)
    return sources


def plan_stage(
    stage: Stage,
    config: RunConfig,
    contents: Mapping[str, str],
    source: Mapping[str, Any],
    cache: Cache,
    memo: Memo,
    *,
    force: bool = False,
) -> Planned:
    """How `stage` stands, its inputs' content digests being known."""
    sections = {name: config.section(name) for name in stage.params}
    inputs = {noun: contents[noun] for noun in stage.reads}
    preimage = preimage_of(stage, sections, inputs, source, memo)
    key = key_of(preimage)
    entry = cache.find(stage.name, key)
    if entry is not None and not force:
        return Planned(stage, "cached", key, preimage, entry)
    reasons = ("forced",) if force else explain_miss(stage, config, preimage, key, cache)
    return Planned(stage, "runs", key, preimage, entry, tuple(reasons))


def explain_miss(
    stage: Stage, config: RunConfig, preimage: Mapping[str, Any], key: str, cache: Cache
) -> tuple[str, ...]:
    """Why there is no result under `key`: what changed since the last run of this name."""
    before = last_key(cache, config.root, config.name, stage.name)
    if before is None:
        return ("never run",)
    if before == key:
        return ("its result is gone from the cache, or damaged",)
    entry = cache.find(stage.name, before)
    if entry is None:
        return ("the last result is gone from the cache",)
    return tuple(explain_change(entry.manifest["preimage"], preimage)) or ("the key changed",)


def make_plan(
    config: RunConfig, stages: Sequence[Stage], cache: Cache, memo: Memo, force: frozenset[str] = frozenset()
) -> list[Planned]:
    """How each of `stages` stands. Nothing is run, and no noun is read."""
    source = source_content(resolve_sources(config), memo)
    contents: dict[str, str] = {}
    plan: list[Planned] = []
    waiting: dict[str, str] = {}  # noun -> the stage that must run before it is known
    for stage in stages:
        blocked = next((waiting[noun] for noun in stage.reads if noun in waiting), None)
        if blocked is not None:
            forced = stage.name in force
            reason = "forced" if forced else f"if {blocked} yields other bytes"
            planned = Planned(stage, "runs" if forced else "depends", reasons=(reason,))
        else:
            planned = plan_stage(stage, config, contents, source, cache, memo, force=stage.name in force)
        plan.append(planned)
        if planned.standing == "cached" and planned.entry is not None:
            contents[stage.makes] = planned.entry.content
        else:
            waiting[stage.makes] = stage.name
    memo.save()
    return plan
