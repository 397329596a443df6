"""`textrnn init FILE`: looks at a data file, and writes the config that trains on it."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.look import describe_fields
from pipelines.commands.options import (
    DEFAULT_CONFIG,
    MANY_LABELS,
    BadRowOption,
    CategoricalOption,
    DelimiterOption,
    ErrorsOption,
    LabelColumnOption,
    ManyLabelsOption,
    NumericOption,
    TextColumnOption,
    columns_wanted,
    text_format_of,
)
from pipelines.commands.output import print_line, require_output, toml_value
from pipelines.config import SECTIONS
from textrnn.errors import ConfigError, DataError

TEXT_NAMES = ("text", "sentence", "review", "content", "body", "message", "comment", "tweet", "document")
LABEL_NAMES = ("label", "class", "category", "sentiment", "target", "intent", "topic", "y")


def init(
    file: Annotated[str, typer.Argument(help="CSV, TSV, JSON Lines or Parquet, plain or .gz or .xz.")],
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    numeric: NumericOption = None,
    categorical: CategoricalOption = None,
    delimiter: DelimiterOption = None,
    errors: ErrorsOption = "strict",
    on_bad_row: BadRowOption = None,
    allow_many_labels: ManyLabelsOption = False,
    output: Annotated[Path, typer.Option("--output", "-o", help="The config to write.")] = Path(DEFAULT_CONFIG),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a config that is there.")] = False,
) -> None:
    """Look at a data file, print the data check, and write a commented config."""
    from textrnn.config.data import DataConfig
    from textrnn.data.checks import describe_checks
    from textrnn.data.load import load_corpus
    from textrnn.data.readers.peek import column_names
    from textrnn.data.readers.source import resolve
    from textrnn.files import write_text

    if output.exists() and not overwrite:
        raise ConfigError(
            f"{output}: expected no such file yet, found one; name another by --output, or --overwrite it"
        )
    require_output(output, Path(file))
    text_format = text_format_of(delimiter, errors)
    names = column_names(resolve(file), text_format)
    texts = text_column or [choose_column("text", None, names, TEXT_NAMES, file)]
    taken = {*texts, *(numeric or ()), *(categorical or ())}
    label = choose_column("label", label_column, [name for name in names if name not in taken], LABEL_NAMES, file)
    chosen: dict[str, Any] = {"source": str(Path(file).absolute())}
    chosen |= columns_wanted(texts, label, numeric, categorical)
    chosen |= {"delimiter": delimiter} if delimiter is not None else {}
    chosen |= {"on_bad_row": on_bad_row} if on_bad_row is not None else {}
    chosen |= {"max_labels": MANY_LABELS} if allow_many_labels else {}
    config = DataConfig(**chosen, errors=errors)
    for line in describe_checks(load_corpus(config).checks):
        print_line(line)
    chosen["source"] = _relative(Path(file), output)
    chosen |= {"errors": errors} if errors != "strict" else {}
    write_text(output, write_config(chosen))
    print_line(f"wrote {output}; train with: textrnn run" + ("" if output == Path(DEFAULT_CONFIG) else f" -c {output}"))


def choose_column(what: str, wanted: str | None, names: Sequence[str], usual: Sequence[str], file: str) -> str:
    """The column `wanted`; else the one usually called so; else the one a person at the terminal names.

    Raises DataError where nobody can be asked.
    """
    if wanted is not None:
        return wanted
    folded = {name.casefold(): name for name in reversed(names)}
    guess = next((folded[name] for name in usual if name in folded), None)
    if sys.stdin.isatty() and names:
        answer: str = typer.prompt(f"column of the {what} ({', '.join(names)})", default=guess, err=True)
        return answer
    if guess is None:
        raise DataError(
            f"{file}: expected --{what}-column to name one of its columns: "
            f"{', '.join(map(repr, names)) or 'none found'}"
        )
    return guess


def write_config(data: dict[str, Any]) -> str:
    """A TOML config with the `data` set, and every other key as a comment with its default and meaning."""
    lines = ["# What is commented out stands at its default. `textrnn config show` prints what counts."]
    for section, kind in SECTIONS.items():
        lines += ["", f"[{section}]"]
        defaults = {field.name: field.default for field in dataclasses.fields(kind)}
        for name, meaning in describe_fields(kind):
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
