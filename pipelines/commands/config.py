"""`textrnn config`: a configuration, shown or validated."""

import dataclasses
import typing

import typer

from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import ConfigOptions, JsonOption
from pipelines.commands.workspace import choose_config, open_workspace
from pipelines.config import SECTIONS
from pipelines.running.plan import resolve_sources
from pipelines.running.stdout import print_json, print_line, print_table, toml_value
from textrnn.config.parameter_names import parameter_name

NAME_HELP = "of the run: of the folders below runs/ and models/; the config's or data file's name if not set"
config_app = typer.Typer(no_args_is_help=True, help="Show or validate a configuration.")


@config_app.command("show")
@flatten_option_groups
def show_config(
    options: ConfigOptions,
    json: JsonOption = False,
) -> None:
    """Print every setting with its value and meaning."""
    place = open_workspace(choose_config(options), None)
    if json:
        print_json(place.config.to_json())
        return
    print_line(f"name = {toml_value(place.config.name)}  # {NAME_HELP}")
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
@flatten_option_groups
def validate_config(
    options: ConfigOptions,
) -> None:
    """Check a configuration, and that its data files are there.

    Exit 2 or 3 where not.
    """
    place = open_workspace(choose_config(options), None)
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
        called = parameter_name(f"{section}.{field.name}") or field.name
        described.append((field.name, f"{meaning} (in Python: {called})" if called != field.name else meaning))
    return described
