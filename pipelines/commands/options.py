"""The options that subcommands share, alone or in groups (`pipelines.commands.option_groups`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.running.stdout import toml_value
from textrnn.config.data import Errors, OnBadRow, Quoting, TextFormat
from textrnn.config.text_format import require_text_format
from textrnn.errors import ConfigError

MAX_LABELS = 10_000_000  # as many as rows, by data.max_rows

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
    typer.Option("--text-column", help="The text column; repeatable.", show_default=False),
]
LabelColumnOption = Annotated[str | None, typer.Option("--label-column", help="The label column.", show_default=False)]
IdOption = Annotated[
    str | None,
    typer.Option("--id-column", help="The column that identifies rows in messages and reports.", show_default=False),
]
SliceOption = Annotated[
    list[str] | None,
    typer.Option("--slice-by", help="A column whose values the report is sliced by; repeatable.", show_default=False),
]
NumericOption = Annotated[
    list[str] | None,
    typer.Option("--numeric", help="A numeric column, read with the text; repeatable.", show_default=False),
]
CategoricalOption = Annotated[
    list[str] | None,
    typer.Option("--categorical", help="A categorical column, read with the text; repeatable.", show_default=False),
]
ErrorsOption = Annotated[
    Errors | None,
    typer.Option(
        "--errors", help="Bytes that cannot be decoded: refuse the file, or replace and count them.", show_default=False
    ),
]
DelimiterOption = Annotated[
    str | None,
    typer.Option("--delimiter", help="Delimiter of a CSV file; default: a comma.", show_default=False),
]
EncodingOption = Annotated[
    str | None,
    typer.Option(
        "--encoding", help="Encoding of text files, as in gb18030 or cp1252; default: UTF-8.", show_default=False
    ),
]
QuotingOption = Annotated[
    Quoting | None,
    typer.Option(
        "--quoting", help="none: a double quote in a CSV or TSV file is an ordinary character.", show_default=False
    ),
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
        help="Separator of several labels, or of the parts of a path; default: as in training.",
        show_default=False,
    ),
]
ManyLabelsOption = Annotated[
    bool, typer.Option("--allow-many-labels", help="Allow more than 10,000 different labels (data.max_labels).")
]
ProcessesOption = Annotated[
    str | None,
    typer.Option("--processes", help="Number of training processes, or auto.", metavar="N", show_default=False),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="Change one setting, as in train.epochs=2; repeatable.", show_default=False),
]
FoldsOption = Annotated[
    int | None,
    typer.Option("--folds", help="Test every row, by so many folds of cross-validation.", show_default=False),
]
CacheOption = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir",
        envvar="TEXTRNN_CACHE",
        help="The cache folder; default: .textrnn next to the config.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="Replace files in runs/NAME that textrnn did not write, or an audit that holds decisions."
    ),
]
LockOption = Annotated[float, typer.Option("--lock-timeout", help="Seconds to wait for another process.")]
ResumeOption = Annotated[
    bool, typer.Option("--require-resume", help="Require a usable checkpoint; refuse to train from step 0.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")]
VerifyOption = Annotated[bool, typer.Option("--verify", help="Compute the digests of all sources again.")]
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", "-m", help="A model folder; default: the last one bundled here.", show_default=False),
]


@dataclass(frozen=True)
class FormatOptions:
    """How a text file is read."""

    delimiter: DelimiterOption = None
    errors: ErrorsOption = None
    encoding: EncodingOption = None
    quoting: QuotingOption = None
    header: HeaderOption = None

    @property
    def text_format(self) -> TextFormat:
        """The format that they say. Raises ConfigError for what names no character or no encoding."""
        named = {field.name: getattr(self, field.name) for field in fields(TextFormat)}
        text_format = TextFormat(**{name: value for name, value in named.items() if value is not None})
        require_text_format(text_format, "--{}".format)
        return text_format

    def to_words(self) -> list[str]:
        """The options as a command line has them; nothing of those that were left out."""
        found = []
        for field in fields(self):
            name, value = field.name.replace("_", "-"), getattr(self, field.name)
            if isinstance(value, bool):
                found.append(f"--{name}" if value else f"--no-{name}")
            else:
                values = value if isinstance(value, list) else [] if value is None else [value]
                found += [word for one in values for word in (f"--{name}", str(one))]
        return found


@dataclass(frozen=True)
class LabelledOptions(FormatOptions):
    """How a file of labelled rows for a saved model is read."""

    text_column: TextColumnOption = None
    label_column: LabelColumnOption = None
    label_separator: SeparatorOption = None
    on_bad_row: BadRowOption = None

    @property
    def reading(self) -> dict[str, Any]:
        """What `textrnn.model.score_rows.read_labelled` is told. Raises ConfigError."""
        return {
            **column_settings(self.text_column, self.label_column),
            "label_separator": self.label_separator,
            "text_format": self.text_format,
            "on_bad_row": self.on_bad_row or "refuse",
        }

    def require_unused(self, option: str) -> None:
        """Refuse, by ConfigError, any of them where no file is named by `option`."""
        for field in fields(self):
            if getattr(self, field.name) is not None:
                named = field.name.replace("_", "-")
                raise ConfigError(f"--{named}: expected {option} with it, found none; name the file, or leave it out")


@dataclass(frozen=True)
class StageOptions:
    """How stages run, and what is shown."""

    overwrite: OverwriteOption = False
    cache_dir: CacheOption = None
    lock_timeout: LockOption = 3600.0
    verify: VerifyOption = False
    json: JsonOption = False
    quiet: QuietOption = False


@dataclass(frozen=True)
class ConfigOptions:
    """The configuration: a file or data, the columns, and changes."""

    config: ConfigOption = None
    data: DataOption = None
    text_column: TextColumnOption = None
    label_column: LabelColumnOption = None
    numeric: NumericOption = None
    categorical: CategoricalOption = None
    changes: SetOption = None


@dataclass(frozen=True)
class ReadOptions(FormatOptions):
    """How the data of a configuration is read, and how many processes train."""

    id_column: IdOption = None
    slice_by: SliceOption = None
    processes: ProcessesOption = None
    on_bad_row: BadRowOption = None
    allow_many_labels: ManyLabelsOption = False


def column_settings(
    text: list[str] | None,
    label: str | None,
    numeric: list[str] | None = None,
    categorical: list[str] | None = None,
    identifier: str | None = None,
) -> dict[str, Any]:
    """The settings of [data] that the options for columns mean."""
    named = {"text_column": text and (text[0] if len(text) == 1 else tuple(text)), "label_column": label}
    named["id_column"] = identifier
    tabular = {"numeric": numeric and tuple(numeric), "categorical": categorical and tuple(categorical)}
    return {key: value for key, value in (named | tabular).items() if value}


def option_changes(options: ConfigOptions, read: ReadOptions | None = None) -> tuple[str, ...]:
    """What the options say of [data], of the processes and of the bound on labels, as changes before the others."""
    read = read or ReadOptions()
    columns = options.text_column, options.label_column, options.numeric, options.categorical
    data = column_settings(*columns)
    more = {name: value for name, value in asdict(read).items() if name not in ("processes", "allow_many_labels")}
    data |= {
        key: tuple(value) if isinstance(value, list) else value for key, value in more.items() if value is not None
    }
    changes = [f"data.{key}={toml_value(value)}" for key, value in data.items()]
    return (*changes, *(options.changes or ()))
