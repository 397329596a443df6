"""`textrnn plan`, `why`, `cache`, `config`: looking without running."""

import dataclasses
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.caching.cache import Cache
from pipelines.caching.code import file_of_code
from pipelines.commands.flat import flat_options
from pipelines.commands.options import CacheOption, ConfigOption, ConfigOptions, DataOption, JsonOption, VerifyOption
from pipelines.commands.stages import unknown_stage
from pipelines.commands.workspace import ConfigChoice, choose_config, open_workplace
from pipelines.config import SECTIONS
from pipelines.running.outputs import require_planned_paths
from pipelines.running.plan import Planned, make_plan, resolve_sources
from pipelines.running.records import reached_results
from pipelines.running.stdout import print_json, print_line, print_table, toml_value
from pipelines.stages import STAGES, needed_for, stage_names
from textrnn.config.parameter_names import parameter_of
from textrnn.errors import ConfigError, DamagedError, StaleError

NAME_MEANING = "of the run: of the folders below runs/ and models/; the config's or data file's name if not set"
cache_app = typer.Typer(no_args_is_help=True, help="List, verify or clean the cache.")
config_app = typer.Typer(no_args_is_help=True, help="Show or validate a configuration.")


@flat_options
def plan(
    options: ConfigOptions,
    check: Annotated[bool, typer.Option("--check", help="Exit 5 if anything would run.")] = False,
    cache_dir: CacheOption = None,
    verify: VerifyOption = False,
    json: JsonOption = False,
) -> None:
    """Show what would run and why; run nothing."""
    place = open_workplace(choose_config(options), cache_dir, verify=verify)
    planned = make_plan(place.config, STAGES, place.cache, place.memo)
    print_plan(planned, json=json)
    require_planned_paths(planned, place.config, place.cache)
    stale = [row.stage.name for row in planned if row.standing == "runs"]
    stale = stale or [row.stage.name for row in planned if row.standing == "depends"]  # after a stage turned off
    if check and stale:
        raise StaleError(f"plan --check: expected everything up to date, but {', '.join(stale)} would run")


def print_plan(planned: Sequence[Planned], *, json: bool) -> None:
    """The plan as a table, or as JSON."""
    if json:
        print_json(
            [
                {"stage": row.stage.name, "standing": row.standing, "key": row.key, "reasons": list(row.reasons)}
                for row in planned
            ]
        )
        return
    width = max(len(row.stage.name) for row in planned)
    for row in planned:
        print_line(f"{row.stage.name:<{width}}  {_standing(row)}")


def _standing(row: Planned) -> str:
    """How a stage stands, in words, and why."""
    if row.standing == "off":
        return f"off: {row.reasons[0]}"
    return "up to date" if row.standing == "cached" else f"would run   {'; '.join(row.reasons)}"


@flat_options
def why(
    stage: Annotated[str, typer.Argument(help="The stage to explain.", metavar="STAGE")],
    options: ConfigOptions,
    cache_dir: CacheOption = None,
    json: JsonOption = False,
) -> None:
    """Explain why a stage would run, or why it last ran.

    Of a stage that would not run: why it last ran, and what its key holds.
    """
    if stage not in stage_names():
        raise ConfigError(f"why {stage}: {unknown_stage(stage)}")
    place = open_workplace(choose_config(options), cache_dir)
    row = make_plan(place.config, needed_for(stage), place.cache, place.memo)[-1]
    made = dict(row.entry.manifest["made"]) if row.entry else {}
    if json:
        print_json(
            {
                "stage": stage,
                "standing": row.standing,
                "key": row.key,
                "reasons": list(row.reasons),
                "made": made,
                "preimage": dict(row.preimage),
            }
        )
        return
    for line in _explain(row, made):
        print_line(line)


def _explain(row: Planned, made: dict[str, Any]) -> list[str]:
    if row.standing == "off":
        return [f"{row.stage.name} is off: {row.reasons[0]}"]
    if row.standing == "depends":
        return [f"{row.stage.name} would run {row.reasons[0]}"]
    if row.standing == "runs":
        return [f"{row.stage.name} would run:", *(f"  {reason}" for reason in row.reasons)]
    lines = [
        f"{row.stage.name} is up to date (key {str(row.key)[:12]}, made {made.get('at')} in {made.get('seconds')} s)"
    ]
    lines += ["it ran then because:", *(f"  {reason}" for reason in made.get("reasons", []))]
    lines.append("its key holds:")
    for section, params in row.preimage["params"].items():
        lines += [f"  {section}.{name} = {value!r}" for name, value in params.items()]
    lines += [f"  {noun} {digest[:12]}" for noun, digest in row.preimage["inputs"].items()]
    lines += [f"  {file_of_code(name)}" for name in row.preimage["code"]]
    lines += [f"  {name} {version}" for name, version in row.preimage["libraries"].items()]
    return [*lines, f"  Python {row.preimage['python']}"]


@cache_app.command("list")
def list_entries(
    config: ConfigOption = None, data: DataOption = None, cache_dir: CacheOption = None, json: JsonOption = False
) -> None:
    """List what the cache holds."""
    entries = _open_cache(config, data, cache_dir).entries()
    if json:
        print_json(
            [
                {"stage": e.stage, "key": e.key, "content": e.content, "bytes": e.size, "made": e.manifest["made"]}
                for e in entries
            ]
        )
        return
    print_table([[e.stage, e.key[:12], f"{e.size / 1e6:9.2f} MB", str(e.manifest["made"].get("at"))] for e in entries])


@cache_app.command("verify")
def verify_entries(
    config: ConfigOption = None, data: DataOption = None, cache_dir: CacheOption = None, json: JsonOption = False
) -> None:
    """Compare every file with its digest; exit 1 if any differs."""
    cache = _open_cache(config, data, cache_dir)
    damaged = cache.verify()
    if json:
        print_json(damaged)
    else:
        print_line(f"{len(cache.entries())} entries, {len(damaged)} damaged")
    if damaged:
        first = next(iter(damaged.values()))
        raise DamagedError(f"{len(damaged)} damaged: {first}; the next run makes them again")


@cache_app.command("gc")
def collect_entries(
    config: ConfigOption = None,
    data: DataOption = None,
    keep: Annotated[int, typer.Option("--keep", min=0, help="Keep what the last N runs of each name reached.")] = 3,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")] = False,
    cache_dir: CacheOption = None,
    json: JsonOption = False,
) -> None:
    """Remove results that no recent run reached.

    What a running process holds stays.
    """
    cache = _open_cache(config, data, cache_dir)
    gone = cache.collect(lambda: reached_results(cache, keep) if keep else set(), dry_run=dry_run)
    if json:
        print_json([{"path": path, "bytes": size} for path, size in gone])
        return
    for path, size in gone:
        print_line(f"{size / 1e6:9.2f} MB  {path}")
    verb = "would be removed" if dry_run else "removed"
    print_line(f"{sum(size for _, size in gone) / 1e6:.2f} MB {verb}")


def _open_cache(config: str | None, data: str | None, cache_dir: Path | None) -> Cache:
    """The cache that is named, or the one of a configuration. Raises ConfigError."""
    if cache_dir is not None:
        return Cache(cache_dir.absolute())
    return open_workplace(ConfigChoice(config, data), None).cache


@config_app.command("show")
@flat_options
def show_config(
    options: ConfigOptions,
    json: JsonOption = False,
) -> None:
    """Print every setting with its value and meaning."""
    place = open_workplace(choose_config(options), None)
    if json:
        print_json(place.config.to_json())
        return
    print_line(f"name = {toml_value(place.config.name)}  # {NAME_MEANING}")
    for name in SECTIONS:
        print_line(f"\n[{name}]")
        section = place.config.section(name)
        rows = [
            [
                f"{'# ' if getattr(section, key) is None else ''}{key} = {toml_value(getattr(section, key))}",
                f"# {meaning}",
            ]
            for key, meaning in describe_fields(name)
        ]
        print_table(rows)


@config_app.command("validate")
@flat_options
def validate_config(
    options: ConfigOptions,
) -> None:
    """Check a configuration, and that its data files are there.

    Exit 2 or 3 where not.
    """
    place = open_workplace(choose_config(options), None)
    sources = resolve_sources(place.config)
    print_line(f"{place.config.name}: valid; data from {', '.join(source.name for source in sources.values())}")


def describe_fields(section: str) -> list[tuple[str, str]]:
    """(name, meaning) of each field of a config section; the meaning names a parameter that is called otherwise."""
    kind = SECTIONS[section]
    hints = typing.get_type_hints(kind, include_extras=True)
    described = []
    for field in dataclasses.fields(kind):
        marks = getattr(hints[field.name], "__metadata__", ())
        meaning = next((mark for mark in marks if isinstance(mark, str)), "")
        called = parameter_of(f"{section}.{field.name}") or field.name
        described.append((field.name, f"{meaning} (in Python: {called})" if called != field.name else meaning))
    return described
