"""The stages of the pipeline one after another, without keys, cache and display; each noun goes through its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipelines.config import RunConfig, build_config
from pipelines.stages import STAGES
from pipelines.stages.stage import Stage, StageContext, resolve_name, settings_of

REPORTING = ("baseline", "audit", "evaluate", "bundle")  # a second more, and no part of a model


def config_of(tree: Mapping[str, Any], folder: Path) -> RunConfig:
    """The configuration that a TOML file with this content in `folder` would be."""
    return build_config(tree, (), name="run", root=folder, base=folder)


def run_stage(
    stage: Stage, nouns: Mapping[str, Any], config: RunConfig, folder: Path, log: Callable[[str], None] = lambda _: None
) -> Any:
    """What `stage` makes of `nouns` as the runner would call it."""
    return call_stage(stage, nouns, settings_of(stage, config.sections(stage.params)), folder, log)


def call_stage(
    stage: Stage,
    nouns: Mapping[str, Any],
    settings: Mapping[str, Any],
    folder: Path,
    log: Callable[[str], None] = lambda _: None,
) -> Any:
    """What `stage` makes of `nouns`, by `settings` as `settings_of` has them."""
    work = folder / "work" / stage.name
    context = StageContext(work, log, lambda done, total: None, lambda _: None)
    inputs = {name: nouns[name] for name in stage.reads}
    return resolve_name(stage.function)(**inputs, **settings, context=context)


def through_files(stage: Stage, noun: Any, folder: Path) -> Any:
    """`noun` as the next stage gets it: saved, and loaded."""
    place = folder / stage.makes
    place.mkdir(parents=True, exist_ok=True)
    noun.save(place)
    return resolve_name(stage.noun).load(place)


def run_stages(config: RunConfig, folder: Path, *, leave_out: tuple[str, ...] = REPORTING) -> dict[str, Any]:
    """The nouns that the stages make, by name; those of `leave_out` do not run."""
    nouns: dict[str, Any] = {}
    for stage in STAGES:
        if stage.name not in leave_out:
            nouns[stage.makes] = through_files(stage, run_stage(stage, nouns, config, folder), folder)
    return nouns


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
