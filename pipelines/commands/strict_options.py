"""Commands that refuse an empty value of an option, which most often is a shell variable that was not set."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from pipelines.commands.plain_values import skip_type_conversion
from textrnn.errors import ConfigError
from textrnn.machine.optional_packages import require_training


class StrictCommand(TyperCommand):
    """A command of which no option may be empty, and no file or stage that is named; texts may."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse `args`, as click does. Raises ConfigError."""
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        for parameter in self.get_params(ctx):
            skip_type_conversion(parameter)
        for parameter in self.params:
            value = given.get(str(parameter.name))
            if parameter.nargs == 1 and "" in (value if isinstance(value, list) else [value]):
                is_option = parameter.param_type_name == "option"
                named = parameter.opts[0] if is_option else str(parameter.metavar or parameter.name).upper()
                do = "leave the option out, or name one" if is_option else "name one"
                raise ConfigError(f"{named}: expected a value, found an empty one; {do}")
        return super().parse_args(ctx, args)


class TrainingCommand(StrictCommand):
    """A command that needs what textrnn-core lacks."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises MissingPackageError."""
        require_training(ctx.command_path)
        return super().invoke(ctx)


def make_strict(app: Any, kind: type[StrictCommand] = StrictCommand) -> None:
    """Let every command of a Typer `app` be of this `kind`."""
    for command in app.registered_commands:
        command.cls = kind
