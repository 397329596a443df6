"""What would run, with its reasons: keys from what is known, without running anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.caching.cache import Cache, Entry
from pipelines.caching.changes import explain_change
from pipelines.caching.file_memo import FileMemo
from pipelines.caching.keys import (
    ENCODER,
    FIXES_SOURCE,
    TEACHER,
    UNLABELLED,
    VECTORS,
    WARM_START,
    key_of,
    preimage_of,
    source_content,
)
from pipelines.config import SOURCE_FIELDS, RunConfig
from pipelines.running.records import last_key
from pipelines.runs.places import model_folder
from pipelines.stages.stage import Stage
from textrnn.data.fixes import resolve_fixes
from textrnn.data.readers.first_bytes import check_first_bytes
from textrnn.data.readers.source import Source, resolve
from textrnn.errors import ConfigError
from textrnn.storage.bounded_reading import as_one_line
from textrnn.text.encoder_source import resolve_encoder
from textrnn.text.teacher_source import resolve_teacher
from textrnn.text.vector_source import resolve_vectors
from textrnn.text.warm_start_source import find_model, resolve_warm_start

Status = Literal["cached", "runs", "depends", "off"]


@dataclass(frozen=True)
class PlannedStage:
    """One stage of a plan.

    `cached`: its result is in the cache. `runs`: it is not, or is made again by force. `depends`: an earlier stage
    runs first, and this one runs only if the output of that changes. `off`: the configuration turns it off; `entry`
    is then its empty result, None where that is still to be made, which nobody need know of.
    """

    stage: Stage
    status: Status
    key: str | None = None
    preimage: Mapping[str, Any] = field(default_factory=dict)
    entry: Entry | None = None
    reasons: tuple[str, ...] = ()

    @property
    def has_result(self) -> bool:
        """Whether there is nothing to make."""
        return self.status == "cached" or (self.status == "off" and self.entry is not None)


def resolve_sources(config: RunConfig) -> dict[str, Source]:
    """The files the run reads, by field name: those of the data, and of unlabelled texts, word vectors, a
    sentence encoder, a teacher and a model to start from where there are some.

    Raises ConfigError where no data is named or a model has another shape, DataError, ModelError.
    """
    named = {name: value for name in SOURCE_FIELDS if (value := getattr(config.data, name)) is not None}
    if not named:
        raise ConfigError("data.source: expected a file or package; name one in [data], or with --data FILE")
    sources = {name: resolve(value, config.data.format) for name, value in named.items()}
    for source in sources.values():
        check_first_bytes(source, config.data)
    if config.data.fixes is not None:
        sources[FIXES_SOURCE] = resolve_fixes(config.data.fixes)
    if config.unlabelled.source is not None:
        sources[UNLABELLED] = resolve(config.unlabelled.source)
    if (vectors := resolve_vectors(config.embeddings.vectors)) is not None:
        sources[VECTORS] = vectors
    if (encoder := resolve_encoder(config.embeddings.encoder)) is not None:
        sources[ENCODER] = encoder
    if (teacher := resolve_teacher(config.self_training.teacher)) is not None:
        sources[TEACHER] = teacher
    if config.train.init_from != "none":
        if find_model(config.train.init_from).resolve() == model_folder(config.root, config.name).resolve():
            raise ConfigError(
                f"train.init_from: {as_one_line(config.train.init_from)} is the model that this run writes, and each "
                "run would start from the one before; give the run another name (--set name=NAME)"
            )
        sources[WARM_START] = resolve_warm_start(config.train.init_from, config.model.shape)
    return sources


def plan_stage(
    stage: Stage,
    config: RunConfig,
    contents: Mapping[str, str],
    source: Mapping[str, Any],
    cache: Cache,
    memo: FileMemo,
    *,
    force: bool = False,
) -> PlannedStage:
    """How `stage` stands, its inputs' content digests being known."""
    preimage = _preimage(stage, config, contents, source, memo)
    key = key_of(preimage)
    entry = cache.find(stage.name, key)
    if off := stage.off_reason(config.setting):
        return PlannedStage(stage, "off", key, preimage, entry, (off,))
    if entry is not None and not force:
        return PlannedStage(stage, "cached", key, preimage, entry)
    reasons = ("forced",) if force else explain_rerun(stage, config, preimage, key, cache)
    return PlannedStage(stage, "runs", key, preimage, entry, tuple(reasons))


def plan_dependent(
    stage: Stage,
    config: RunConfig,
    contents: Mapping[str, str],
    source: Mapping[str, Any],
    cache: Cache,
    memo: FileMemo,
    *,
    causes: Sequence[str],
    force: bool = False,
) -> PlannedStage:
    """How `stage` stands where some of its inputs are known only after the stages `causes` ran.

    It is compared with its last run as if these inputs stayed as they were then: so its own changes are found.
    """
    if off := stage.off_reason(config.setting):
        return PlannedStage(stage, "off", reasons=(off,))
    if force:
        return PlannedStage(stage, "runs", reasons=("forced",))
    last = _last_entry(stage, config, cache)
    before = last.manifest["preimage"]["inputs"] if last else {}
    inputs = {noun: contents.get(noun, before.get(noun, "")) for noun in stage.reads}
    preimage = _preimage(stage, config, inputs, source, memo)
    key = key_of(preimage)
    condition = f"if the output of {' or '.join(causes)} changes"
    if cache.find(stage.name, key) is not None:
        return PlannedStage(stage, "depends", reasons=(condition,))
    reasons = explain_rerun(stage, config, preimage, key, cache)
    return PlannedStage(stage, "runs", reasons=(*reasons, condition) if last else reasons)


def _preimage(
    stage: Stage, config: RunConfig, contents: Mapping[str, str], source: Mapping[str, Any], memo: FileMemo
) -> dict[str, Any]:
    return preimage_of(
        stage, config.sections(stage.params), {noun: contents[noun] for noun in stage.reads}, source, memo
    )


def _last_entry(stage: Stage, config: RunConfig, cache: Cache) -> Entry | None:
    """The result that the last run of this name had from `stage`; None where it never ran, or that is gone."""
    key = last_key(cache, config.root, config.name, stage.name)
    return None if key is None else cache.find(stage.name, key)


def explain_rerun(
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
    config: RunConfig, stages: Sequence[Stage], cache: Cache, memo: FileMemo, force: frozenset[str] = frozenset()
) -> list[PlannedStage]:
    """How each of `stages` stands. Nothing is run, and no noun is read."""
    source = source_content(resolve_sources(config), memo)
    contents: dict[str, str] = {}
    unknown: dict[str, tuple[str, ...]] = {}  # noun -> the stages that run for certain and may change it
    plan: list[PlannedStage] = []
    for stage in stages:
        found = {cause for noun in stage.reads for cause in unknown.get(noun, ())}
        causes = tuple(row.stage.name for row in plan if row.stage.name in found)
        about, forced = (stage, config, contents, source, cache, memo), stage.name in force
        planned = plan_dependent(*about, causes=causes, force=forced) if causes else plan_stage(*about, force=forced)
        plan.append(planned)
        content = _content_foreseen(planned, config, cache)
        if content is not None:
            contents[stage.makes] = content
        elif planned.status == "runs" or not causes:
            unknown[stage.makes] = (stage.name,)
        else:
            unknown[stage.makes] = causes
    memo.save()
    return plan


def _content_foreseen(planned: PlannedStage, config: RunConfig, cache: Cache) -> str | None:
    """The digest of what the stage makes, where it is known: of its result, and while it stays off the last one's."""
    if planned.has_result and planned.entry is not None:
        return planned.entry.content
    last = _last_entry(planned.stage, config, cache) if planned.status == "off" else None
    return last.content if last is not None and last.manifest["made"].get("off") else None
