"""`textrnn cache`: what the cache holds, listed, verified or cleaned."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.caching.cache import Cache
from pipelines.commands.options import CacheOption, ConfigOption, DataOption, JsonOption
from pipelines.commands.workspace import ConfigChoice, open_workspace
from pipelines.running.records import reached_results
from pipelines.running.stdout import print_json, print_line, print_table
from textrnn.errors import DamagedFilesError

cache_app = typer.Typer(no_args_is_help=True, help="List, verify or clean the cache.")


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
        raise DamagedFilesError(f"{len(damaged)} damaged: {first}; the next run makes them again")


@cache_app.command("gc")
def collect_entries(
    config: ConfigOption = None,
    data: DataOption = None,
    keep: Annotated[int, typer.Option("--keep", min=0, help="Keep what the last N runs of each name reached.")] = 3,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be removed; remove nothing.")] = False,
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
    return open_workspace(ConfigChoice(config, data), None).cache
