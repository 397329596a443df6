"""`textrnn init FILE`: writes the config that trains on a data file."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.config import NAME_HELP, describe_fields
from pipelines.commands.option_advice import current_options, phrase_for_options
from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import (
    MAX_LABELS,
    BadRowOption,
    CategoricalOption,
    FormatOptions,
    IdOption,
    LabelColumnOption,
    ManyLabelsOption,
    NumericOption,
    TextColumnOption,
    column_settings,
)
from pipelines.commands.workspace import DEFAULT_CONFIG
from pipelines.config import SECTIONS
from pipelines.running.stdout import print_line, require_output, toml_value
from textrnn.config.data import DataConfig, TextFormat
from textrnn.data.readers.labelled_lines import find_multiple_labels
from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.source import Source, resolve
from textrnn.errors import ConfigError, DataError
from textrnn.storage.files import write_text

if TYPE_CHECKING:
    from textrnn.data.readers.preview import FilePreview

COMMON_TEXT_COLUMNS = ("text", "sentence", "review", "content", "body", "message", "comment", "tweet", "document")
COMMON_LABEL_COLUMNS = ("label", "class", "category", "sentiment", "target", "intent", "topic", "y")


@flatten_option_groups
def init(
    file: Annotated[str, typer.Argument(help="CSV, TSV, JSON Lines, Parquet or fastText; .gz or .xz too.")],
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    numeric: NumericOption = None,
    categorical: CategoricalOption = None,
    id_column: IdOption = None,
    *,
    form: FormatOptions,
    on_bad_row: BadRowOption = None,
    allow_many_labels: ManyLabelsOption = False,
    output: Annotated[Path, typer.Option("--output", "-o", help="The config to write.")] = Path(DEFAULT_CONFIG),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a config that is there.")] = False,
) -> None:
    """Check a data file and write a config for it.

    \b
    textrnn init reviews.csv
    textrnn run
    """  # noqa: D301  # \b keeps the lines that follow
    from textrnn.data.data_check import describe_checks
    from textrnn.data.load import load_corpus
    from textrnn.data.readers.preview import preview_file

    if output.exists() and not overwrite:
        raise ConfigError(
            f"{output}: expected no such file yet, found one, which is kept as it is; choose another with --output, or "
            "replace it by --overwrite"
        )
    require_output(output, Path(file))
    text_format = form.text_format
    source = resolve(file)
    chosen: dict[str, Any] = {"source": str(Path(file).absolute())}
    if source.kind == "fasttext":
        chosen |= column_settings(text_column, label_column, numeric, categorical, id_column)
        chosen |= detect_fasttext_target(source, text_format)
    else:
        taken = {*(numeric or ()), *(categorical or ()), *([id_column] if id_column else ())}
        texts, label = choose_columns(preview_file(source, text_format), text_column, label_column, taken, file)
        chosen |= column_settings(texts, label, numeric, categorical, id_column)
    settings = {"on_bad_row": on_bad_row, **dataclasses.asdict(text_format)}
    defaults = DataConfig()
    chosen |= {
        name: value for name, value in settings.items() if value is not None and value != getattr(defaults, name)
    }
    chosen |= {"max_labels": MAX_LABELS} if allow_many_labels else {}
    for line in describe_checks(load_corpus(DataConfig(**chosen)).checks):
        print_line(phrase_for_options(line, current_options()))
    chosen["source"] = _relative(Path(file), output)
    write_text(output, write_config(chosen))
    print_line(f"wrote {output}; train with: textrnn run" + ("" if output == Path(DEFAULT_CONFIG) else f" -c {output}"))


def detect_fasttext_target(source: Source, text_format: TextFormat) -> dict[str, Any]:
    """The kind of target of a fastText file: several labels a text where any line has several; says so."""
    line = find_multiple_labels(read_lines(source.files[0], source.compression, text_format))
    if line is None:
        print_line("a fastText file, with one label a line")
        return {}
    print_line(f'a fastText file, with several labels in a line (the first: line {line}): data.target = "multi"')
    return {"target": "multi"}


def choose_columns(
    preview: "FilePreview", text: list[str] | None, label: str | None, taken: set[str], file: str
) -> tuple[list[str], str]:
    """The columns of the text and of the label; says which were chosen, and why. Raises DataError."""
    if preview.guess is not None and not sys.stdin.isatty():  # no names to go by
        at_text, at_label = preview.guess
        at_label = at_label if len(preview.names) == 2 else None  # of more columns a person names it
        if text is None:
            print_line(f"text column: {at_text} (its cells are the longest)")
        if label is None and at_label is not None:
            print_line(f"label column: {at_label} (it has the fewest distinct values)")
        text, label = text or [str(at_text)], label or (None if at_label is None else str(at_label))
    texts = text or [choose_column("text", None, preview, COMMON_TEXT_COLUMNS, file)]
    rest = dataclasses.replace(preview, names=[name for name in preview.names if name not in {*texts, *taken}])
    return texts, choose_column("label", label, rest, COMMON_LABEL_COLUMNS, file)


def choose_column(what: str, requested: str | None, preview: "FilePreview", usual: Sequence[str], file: str) -> str:
    """The column `requested`; else the one usually called so; else the one a person at the terminal names.

    Raises DataError where nobody can be asked.
    """
    if requested is not None:
        return requested
    names = preview.names
    folded = {name.strip().casefold(): name for name in reversed(names)}
    found = [name for name in usual if name in folded]
    guess = folded[found[0]] if found else None
    if sys.stdin.isatty() and names:
        chosen: str = typer.prompt(f"column of the {what} ({', '.join(names)})", default=guess, err=True)
        return chosen
    if guess is None:
        raise DataError(
            f"{file}: expected --{what}-column to name one of its columns: "
            f"{', '.join(map(repr, names[:20])) or 'none found'}{', ...' * (len(names) > 20)}"
            f"{f'; {preview.hint}' if preview.hint else ''}"
        )
    others = [folded[name] for name in found[1:]]
    more = f", before {', '.join(map(repr, others))}" if others else ""
    print_line(f"{what} column: {guess!r} (by its name{more}; another: --{what}-column)")
    return guess


def write_config(data: dict[str, Any]) -> str:
    """A TOML config with the `data` set, and every other key as a comment with its default and meaning."""
    lines = ["# Settings that are commented out have their defaults; `textrnn config show` prints all values."]
    lines += ["", f"# name =  # {NAME_HELP}"]
    for section, kind in SECTIONS.items():
        lines += ["", f"[{section}]"]
        defaults = {field.name: field.default for field in dataclasses.fields(kind)}
        for name, meaning in describe_fields(section):
            if section == "data" and name in data:
                lines.append(f"{name} = {toml_value(data[name])}  # {meaning}")
            elif (default := defaults[name]) is not None:
                lines.append(f"# {name} = {toml_value(default)}  # {meaning}")
            else:
                lines.append(f"# {name} =  # {meaning}")
    return "\n".join(lines) + "\n"


def _relative(file: Path, output: Path) -> str:
    """`file` as the config names it: relative to the config where it lies below it."""
    base = output.absolute().parent
    path = file.absolute()
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)
