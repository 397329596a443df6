"""What a command works with: the configuration that its options mean, the cache, the display."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.caching.cache import Cache
from pipelines.caching.file_memo import FileMemo
from pipelines.commands.options import MAX_LABELS, ConfigOptions, ReadOptions, option_changes
from pipelines.config import SOURCE_FIELDS, RunConfig, build_config, read_config
from pipelines.running.display import Display, choose_display
from pipelines.running.last_run import LAST_RUN_FILE, read_last
from pipelines.running.stdout import toml_value
from textrnn.errors import ConfigError
from textrnn.storage.files import write_json

DEFAULT_CONFIG = "textrnn.toml"


@dataclass(frozen=True)
class ConfigChoice:
    """What the command line says about the configuration."""

    config: str | None = None
    data: str | None = None
    changes: tuple[str, ...] = ()
    processes: str | None = None
    many_labels: bool = False


@dataclass(frozen=True)
class Workspace:
    """A configuration with its cache, memo and display."""

    config: RunConfig
    cache: Cache
    memo: FileMemo
    display: Display


def choose_config(options: ConfigOptions, read: ReadOptions | None = None, folds: int | None = None) -> ConfigChoice:
    """What the options say about the configuration."""
    processes, many_labels = (read.processes, read.allow_many_labels) if read else (None, False)
    changes = option_changes(options, read) + ((f"data.folds={folds}",) if folds is not None else ())
    return ConfigChoice(options.config, options.data, changes, processes, many_labels)


def open_workspace(
    choice: ConfigChoice, cache_dir: Path | None, *, quiet: bool = False, verify: bool = False
) -> Workspace:
    """The configuration that `choice` means, and what a run of it uses. Raises ConfigError."""
    display = choose_display(quiet=quiet)
    config = resolve_config(choice, display)
    cache = Cache((cache_dir or config.root / ".textrnn").absolute())
    return Workspace(config, cache, FileMemo(cache.root / "memo.json", trust=not verify), display)


def resolve_config(choice: ConfigChoice, display: Display) -> RunConfig:
    """The configuration named by --config or --data; else textrnn.toml here; else the last run's here."""
    if choice.config is not None and choice.data is not None:
        return _config_with_data(choice.config, choice.data, _all_changes(choice), display)
    changes = _all_changes(choice)
    if choice.data is not None:
        return _config_of_file(choice.data, changes)
    if choice.config is not None:
        return read_config(choice.config, changes)
    if Path(DEFAULT_CONFIG).is_file():
        return read_config(DEFAULT_CONFIG, changes)
    if _names_data(changes):  # data of its own: what an earlier run here read has no say
        return build_config({}, changes, name="run", root=Path.cwd(), base=Path.cwd())
    last = read_last()
    if last is None or not (last.get("config") or last.get("data") or _names_data(last.get("changes", ()))):
        raise ConfigError(
            f"expected --config NAME or --data FILE, a {DEFAULT_CONFIG} here, or an earlier run here; found "
            "none of them (try `textrnn run --config sentiment`, or `textrnn init FILE`)"
        )
    again = ConfigChoice(last.get("config"), last.get("data"), tuple(last.get("changes", ())))
    shown = ["--config", again.config] if again.config else []
    shown += ["--data", again.data] if again.data else []
    shown += [part for change in again.changes for part in ("--set", change)]
    display.log(f"as in the last run here: {shlex.join(shown)}")
    return resolve_config(ConfigChoice(again.config, again.data, (*again.changes, *changes)), display)


def _config_with_data(config: str, data: str, changes: list[str], display: Display) -> RunConfig:
    """The configuration `config`, in which the file `data` takes the place of all data that it names."""
    own = read_config(config, changes)
    named = {field: value for field in SOURCE_FIELDS if (value := getattr(own.data, field)) is not None}
    if set(named) - {"source"}:
        display.log(f"{data} in place of {', '.join(f'data.{field}' for field in named)} of {config}: split again")
    return read_config(config, changes, data=data)


def remember_last(root: Path, choice: ConfigChoice, model: Path | None) -> None:
    """Note what was run in the folder `root`, for commands that name no config or model."""
    before = read_last(root) or {}
    own = choice.config or choice.data or _names_data(choice.changes) or Path(DEFAULT_CONFIG).is_file()
    if not own:
        known = {key: before.get(key) for key in ("config", "data", "changes")}
        changes = [*(known["changes"] or []), *_all_changes(choice)]
        known["changes"] = list(
            {change.partition("=")[0]: change for change in changes}.values()
        )  # the last of each key
    else:
        config = choice.config or (DEFAULT_CONFIG if not choice.data and Path(DEFAULT_CONFIG).is_file() else None)
        known = {
            "config": _config_from(root, config),
            "data": _from(root, choice.data),
            "changes": _all_changes(choice),
        }
    latest: dict[str, Any] = {**known, "model": _from(root, str(model)) if model else before.get("model")}
    if latest != before:
        write_json(root / LAST_RUN_FILE, latest)


def _names_data(changes: Sequence[str]) -> bool:
    """Whether the changes say by themselves which data are read."""
    return any(change.partition("=")[0].strip() in ("data.source", "data.train") for change in changes)


def _config_of_file(data: str, changes: list[str]) -> RunConfig:
    name = Path(data).name.split(".")[0].rpartition(":")[2].strip() or "run"
    return build_config({"data": {"source": data}}, changes, name=name, root=Path.cwd(), base=Path.cwd())


def _all_changes(choice: ConfigChoice) -> list[str]:
    """The processes, the bound on labels and the changes that `choice` names, as changes."""
    named = []
    if choice.processes is not None:
        count = choice.processes
        named.append(f"train.processes={count if count.isascii() and count.isdigit() else toml_value(count)}")
    named += [f"data.max_labels={MAX_LABELS}"] * choice.many_labels
    return [*named, *choice.changes]


def _config_from(root: Path, named: str | None) -> str | None:
    """A config file as `root` sees it; the name of a packaged config stays a name."""
    return _from(root, named) if named is not None and Path(named).is_file() else named


def _from(root: Path, named: str | None) -> str | None:
    """A path as `root` sees it, so that a moved folder finds its own; a package's or hub's name stays a name."""
    if named is None or not Path(named).exists():
        return named
    path = Path(os.path.abspath(named))
    return str(path.relative_to(root.absolute()) if path.is_relative_to(root.absolute()) else path)
