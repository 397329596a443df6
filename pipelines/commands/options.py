"""The options that subcommands share, and the configuration they add up to."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.caching.cache import Cache
from pipelines.caching.memo import Memo
from pipelines.config import SOURCE_FIELDS, RunConfig, build_config, read_config
from pipelines.running.display import Display, choose_display
from pipelines.running.output import toml_value
from pipelines.running.records import LAST
from textrnn.config.data import Errors, OnBadRow, Quoting, TextFormat
from textrnn.config.text_format import require_text_format
from textrnn.errors import ConfigError
from textrnn.storage.files import read_json, write_json

DEFAULT_CONFIG = "textrnn.toml"
MANY_LABELS = 10_000_000  # as many as rows, by data.max_rows

ConfigOption = Annotated[
    str | None,
    typer.Option(
        "--config", "-c", help="A TOML file, or the name of a packaged config such as sentiment.", show_default=False
    ),
]
DataOption = Annotated[
    str | None, typer.Option("--data", help="A data file, in place of a config.", show_default=False)
]
TextColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--text-column", help="The column that holds the text; given again, another that does.", show_default=False
    ),
]
LabelColumnOption = Annotated[
    str | None, typer.Option("--label-column", help="The column that holds the label.", show_default=False)
]
IdOption = Annotated[
    str | None,
    typer.Option("--id-column", help="A column by which messages and reports name rows.", show_default=False),
]
NumericOption = Annotated[
    list[str] | None,
    typer.Option("--numeric", help="A column of numbers to read beside the text; any number.", show_default=False),
]
CategoricalOption = Annotated[
    list[str] | None,
    typer.Option("--categorical", help="A column of categories beside the text; any number.", show_default=False),
]
ErrorsOption = Annotated[
    Errors | None,
    typer.Option(
        "--errors", help="Bytes that are not of the encoding: refuse, or replace and count them.", show_default=False
    ),
]
DelimiterOption = Annotated[
    str | None,
    typer.Option("--delimiter", help="What parts the columns of a CSV file; a comma if not said.", show_default=False),
]
EncodingOption = Annotated[
    str | None,
    typer.Option("--encoding", help="Of text files, as in gb18030 or cp1252; UTF-8 if not said.", show_default=False),
]
QuotingOption = Annotated[
    Quoting | None,
    typer.Option("--quoting", help="With none, double quotes in a CSV or TSV file are letters.", show_default=False),
]
HeaderOption = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first line names the columns; else they are 1, 2, ...",
        show_default=False,
    ),
]
BadRowOption = Annotated[
    OnBadRow | None,
    typer.Option(
        "--on-bad-row",
        help="A row that cannot be used: refuse the data, or skip it and count it.",
        show_default=False,
    ),
]
SeparatorOption = Annotated[
    str | None,
    typer.Option(
        "--label-separator",
        help="What parts several labels, or the parts of a path; as in training.",
        show_default=False,
    ),
]
ManyLabelsOption = Annotated[
    bool, typer.Option("--allow-many-labels", help="Take more than 10,000 different labels (data.max_labels).")
]
ProcessesOption = Annotated[
    str | None,
    typer.Option("--processes", help="Train with so many processes, or auto.", metavar="N", show_default=False),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", "-s", help="Change one setting, as in train.epochs=2; any number of times.", show_default=False
    ),
]
CacheOption = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir", envvar="TEXTRNN_CACHE", help="The cache; .textrnn beside the config.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace a report in runs/NAME that textrnn did not write.")
]
ResumeOption = Annotated[
    bool, typer.Option("--require-resume", help="Refuse to train from step 0: a checkpoint must be there, and usable.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")]
VerifyOption = Annotated[bool, typer.Option("--verify", help="Digest sources anew, trust no memory of them.")]
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", "-m", help="A model folder; the last one bundled here.", show_default=False),
]


@dataclass(frozen=True)
class Wanted:
    """What the command line says about the configuration."""

    config: str | None = None
    data: str | None = None
    changes: tuple[str, ...] = ()
    processes: str | None = None
    many_labels: bool = False


@dataclass(frozen=True)
class Workplace:
    """A configuration with its cache, memo and display."""

    config: RunConfig
    cache: Cache
    memo: Memo
    display: Display


def columns_wanted(
    text: list[str] | None,
    label: str | None,
    numeric: list[str] | None = None,
    categorical: list[str] | None = None,
    identifier: str | None = None,
) -> dict[str, Any]:
    """The settings of [data] that the options for columns mean."""
    named = {"text_column": text and (text[0] if len(text) == 1 else tuple(text)), "label_column": label}
    named["id_column"] = identifier
    beside = {"numeric": numeric and tuple(numeric), "categorical": categorical and tuple(categorical)}
    return {key: value for key, value in (named | beside).items() if value}


def changes_of(
    changes: list[str] | None,
    text: list[str] | None,
    label: str | None,
    numeric: list[str] | None,
    categorical: list[str] | None,
    **more: object,
) -> tuple[str, ...]:
    """The columns wanted, and `more` settings of [data] where they are said, as changes before the `changes`."""
    data = columns_wanted(text, label, numeric, categorical)
    data |= {key: value for key, value in more.items() if value is not None}
    return (*(f"data.{key}={toml_value(value)}" for key, value in data.items()), *(changes or ()))


def open_workplace(wanted: Wanted, cache_dir: Path | None, *, quiet: bool = False, verify: bool = False) -> Workplace:
    """The configuration that `wanted` means, and what a run of it uses. Raises ConfigError."""
    display = choose_display(quiet=quiet)
    config = resolve_config(wanted, display)
    cache = Cache((cache_dir or config.root / ".textrnn").absolute())
    return Workplace(config, cache, Memo(cache.root / "memo.json", trust=not verify), display)


def resolve_config(wanted: Wanted, display: Display) -> RunConfig:
    """The configuration named by --config or --data; else textrnn.toml here; else the last run's here."""
    if wanted.config is not None and wanted.data is not None:
        return _config_with_data(wanted.config, wanted.data, _all_changes(wanted), display)
    changes = _all_changes(wanted)
    if wanted.data is not None:
        return _config_of_file(wanted.data, changes)
    if wanted.config is not None:
        return read_config(wanted.config, changes)
    if Path(DEFAULT_CONFIG).is_file():
        return read_config(DEFAULT_CONFIG, changes)
    if _names_data(changes):  # data of its own: what an earlier run here read has no say
        return build_config({}, changes, name="run", root=Path.cwd(), base=Path.cwd())
    last = _read_last()
    if last is None or not (last.get("config") or last.get("data") or _names_data(last.get("changes", ()))):
        raise ConfigError(
            f"expected --config NAME or --data FILE, a {DEFAULT_CONFIG} here, or an earlier run here; found "
            "none of them (try `textrnn run --config sentiment`, or `textrnn init FILE`)"
        )
    again = Wanted(last.get("config"), last.get("data"), tuple(last.get("changes", ())))
    shown = ["--config", again.config] if again.config else []
    shown += ["--data", again.data] if again.data else []
    shown += [part for change in again.changes for part in ("--set", change)]
    display.say(f"as in the last run here: {shlex.join(shown)}")
    return resolve_config(Wanted(again.config, again.data, (*again.changes, *changes)), display)


def _config_with_data(config: str, data: str, changes: list[str], display: Display) -> RunConfig:
    """The configuration `config`, in which the file `data` takes the place of all data that it names."""
    own = read_config(config, changes)
    named = {field: value for field in SOURCE_FIELDS if (value := getattr(own.data, field)) is not None}
    if set(named) - {"source"}:
        display.say(f"{data} in place of {', '.join(f'data.{field}' for field in named)} of {config}: split anew")
    return read_config(config, changes, data=data)


def remember_last(root: Path, wanted: Wanted, model: Path | None) -> None:
    """Note what was run in the folder `root`, for commands that name no config or model."""
    before = _read_last(root) or {}
    own = wanted.config or wanted.data or _names_data(wanted.changes) or Path(DEFAULT_CONFIG).is_file()
    if not own:
        known = {key: before.get(key) for key in ("config", "data", "changes")}
        changes = [*(known["changes"] or []), *_all_changes(wanted)]
        known["changes"] = list(
            {change.partition("=")[0]: change for change in changes}.values()
        )  # the last of each key
    else:
        config = wanted.config or (DEFAULT_CONFIG if not wanted.data and Path(DEFAULT_CONFIG).is_file() else None)
        known = {
            "config": _config_from(root, config),
            "data": _from(root, wanted.data),
            "changes": _all_changes(wanted),
        }
    latest: dict[str, Any] = {**known, "model": _from(root, str(model)) if model else before.get("model")}
    if latest != before:
        write_json(root / LAST, latest)


def text_format_of(
    delimiter: str | None,
    errors: Errors | None,
    encoding: str | None,
    quoting: Quoting | None,
    header: bool | None,
) -> TextFormat:
    """How the options say that a file is read. Raises ConfigError for what names no character or no encoding."""
    given = {"delimiter": delimiter, "errors": errors, "encoding": encoding, "quoting": quoting, "header": header}
    text_format = TextFormat(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    require_text_format(text_format, "--{}".format)
    return text_format


def find_model(model: Path | None) -> Path:
    """The model folder named, or the last one bundled in this folder. Raises ConfigError."""
    if model is not None:
        return model
    last = _read_last()
    if last is None or not last.get("model"):
        raise ConfigError("expected --model FOLDER, or a model bundled in this folder; `textrnn run` makes one")
    return Path(last["model"])


def _names_data(changes: Sequence[str]) -> bool:
    """Whether the changes say by themselves which data are read."""
    return any(change.partition("=")[0].strip() in ("data.source", "data.train") for change in changes)


def _config_of_file(data: str, changes: list[str]) -> RunConfig:
    name = Path(data).name.split(".")[0].rpartition(":")[2].strip() or "run"
    return build_config({"data": {"source": data}}, changes, name=name, root=Path.cwd(), base=Path.cwd())


def _read_last(root: Path | None = None) -> dict[str, Any] | None:
    try:
        last = read_json((root or Path.cwd()) / LAST)
    except (OSError, ValueError):
        return None
    return last if isinstance(last, dict) else None


def _all_changes(wanted: Wanted) -> list[str]:
    """The processes, the bound on labels and the changes that `wanted` names, as changes."""
    named = []
    if wanted.processes is not None:
        count = wanted.processes
        named.append(f"train.processes={count if count.isascii() and count.isdigit() else toml_value(count)}")
    named += [f"data.max_labels={MANY_LABELS}"] * wanted.many_labels
    return [*named, *wanted.changes]


def _config_from(root: Path, named: str | None) -> str | None:
    """A config file as `root` sees it; the name of a packaged config stays a name."""
    return _from(root, named) if named is not None and Path(named).is_file() else named


def _from(root: Path, named: str | None) -> str | None:
    """A path as `root` sees it, so that a moved folder finds its own; a package's or hub's name stays a name."""
    if named is None or not Path(named).exists():
        return named
    path = Path(os.path.abspath(named))
    return str(path.relative_to(root.absolute()) if path.is_relative_to(root.absolute()) else path)
