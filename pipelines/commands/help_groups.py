"""The list of commands in groups: those that people need first, each on one line."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from pipelines.commands.plain_values import skip_type_conversion
from textrnn.config.renamed import RENAMED_STAGES
from textrnn.errors import ConfigError

RENAMED_COMMANDS = {"compare-models": "benchmark"}  # as they were called: as they are called now

START, USE, LOOK, STAGES = GROUPS = ("Start", "Use a model", "Look", "One stage, and what it needs first")


class GroupedCommands(TyperGroup):
    """A group whose help has a list of commands for each of `GROUPS`, in that order."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse `args`, as click does."""
        for parameter in self.get_params(ctx):
            skip_type_conversion(parameter)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that `args` begin with. Raises ConfigError for the former name of a stage or a command."""
        if args and args[0] in RENAMED_COMMANDS and args[0] not in self.commands:
            raise ConfigError(f"textrnn {args[0]}: no such command; it is called {RENAMED_COMMANDS[args[0]]}")
        if args and args[0] in RENAMED_STAGES and args[0] not in self.commands:
            from pipelines.commands.stage_names import describe_unknown_stage

            raise ConfigError(f"textrnn {args[0]}: {describe_unknown_stage(args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the lists; a command without a group stands in the first."""
        found = {name: command for name in self.list_commands(ctx) if (command := self.get_command(ctx, name))}
        for group in GROUPS:
            rows = [
                (name, command.get_short_help_str(formatter.width - 4))
                for name, command in found.items()
                if (getattr(command, "rich_help_panel", None) or START) == group and not command.hidden
            ]
            if rows:
                with formatter.section(group):
                    formatter.write_dl(rows)
