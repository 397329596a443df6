"""The Typer application: all commands, or the one that is called alone, since importing the others takes time."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer

from pipelines.commands.help_groups import LOOK, STAGES, START, USE, GroupedCommands
from pipelines.commands.strict_options import StrictCommand, TrainingCommand, make_strict
from textrnn.machine.memory import require_address_space

MEMORY_CHECKED_COMMANDS = (
    "predict",
    "score",
    "decide",
    "explain",
    "serve",
    "export",
    "demo",
)  # the runner asks for itself


def called_command(arguments: Sequence[str]) -> str:
    """Return the name of the command that `arguments` call, "" where they call none."""
    return next((part for part in arguments if not part.startswith("-")), "")


def assemble(called: str = "") -> typer.Typer:
    """Return the command line with the command `called`, or with every one where there is none of that name."""
    app = typer.Typer(
        name="textrnn",
        no_args_is_help=True,
        cls=GroupedCommands,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="Train and use recurrent text classifiers, stage by stage; only what changed runs again.",
    )
    app.callback()(options)
    for name, add in COMMANDS.items():
        if called == name or called not in COMMANDS:
            add(app)
    if called not in COMMANDS:
        _add_stages(app)
    return app


def options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.", envvar="TEXTRNN_DEBUG")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """Options of every command."""
    if debug:
        os.environ["TEXTRNN_DEBUG"] = "1"
    if context.invoked_subcommand in MEMORY_CHECKED_COMMANDS:
        require_address_space()


def _add_init(app: typer.Typer) -> None:
    from pipelines.commands.init import init

    app.command(rich_help_panel=START, cls=TrainingCommand)(init)


def _add_run(app: typer.Typer) -> None:
    from pipelines.commands.run import run

    app.command(rich_help_panel=START, cls=TrainingCommand)(run)


def _add_predict(app: typer.Typer) -> None:
    from pipelines.commands.predict import predict

    app.command(rich_help_panel=USE, cls=StrictCommand)(predict)


def _add_explain(app: typer.Typer) -> None:
    from pipelines.commands.explain import explain

    app.command(rich_help_panel=USE, cls=StrictCommand)(explain)


def _add_score(app: typer.Typer) -> None:
    from pipelines.commands.score import score

    app.command(rich_help_panel=USE, cls=StrictCommand)(score)


def _add_decide(app: typer.Typer) -> None:
    from pipelines.commands.decide import decide

    app.command(rich_help_panel=USE, cls=StrictCommand)(decide)


def _add_export(app: typer.Typer) -> None:
    from pipelines.commands.export import export

    app.command(rich_help_panel=USE, cls=StrictCommand)(export)


def _add_audit(app: typer.Typer) -> None:
    from pipelines.commands.audit import audit

    app.command(rich_help_panel=LOOK, cls=TrainingCommand)(audit)


def _add_serve(app: typer.Typer) -> None:
    from pipelines.commands.serve import serve

    app.command(rich_help_panel=USE, cls=StrictCommand)(serve)


def _add_plan(app: typer.Typer) -> None:
    from pipelines.commands.plan import plan

    app.command(rich_help_panel=LOOK, cls=TrainingCommand)(plan)


def _add_why(app: typer.Typer) -> None:
    from pipelines.commands.why import why

    app.command(rich_help_panel=LOOK, cls=TrainingCommand)(why)


def _add_config(app: typer.Typer) -> None:
    from pipelines.commands.config import config_app

    make_strict(config_app)
    app.add_typer(config_app, name="config", rich_help_panel=LOOK)


def _add_cache(app: typer.Typer) -> None:
    from pipelines.commands.cache import cache_app

    make_strict(cache_app, TrainingCommand)
    app.add_typer(cache_app, name="cache", rich_help_panel=LOOK)


def _add_runs(app: typer.Typer) -> None:
    from pipelines.commands.runs import runs_app

    make_strict(runs_app)
    app.add_typer(runs_app, name="runs", rich_help_panel=USE)


def _add_promote(app: typer.Typer) -> None:
    from pipelines.commands.promote import promote

    app.command(rich_help_panel=USE, cls=StrictCommand)(promote)


def _add_compare(app: typer.Typer) -> None:
    from pipelines.commands.compare import compare

    app.command(rich_help_panel=USE, cls=StrictCommand)(compare)


def _add_benchmark(app: typer.Typer) -> None:
    from pipelines.commands.benchmark import benchmark

    app.command(rich_help_panel=LOOK, cls=TrainingCommand)(benchmark)


def _add_doctor(app: typer.Typer) -> None:
    from pipelines.commands.doctor import doctor

    app.command(rich_help_panel=LOOK, cls=StrictCommand)(doctor)


def _add_demo(app: typer.Typer) -> None:
    from pipelines.commands.demo import demo_app

    make_strict(demo_app, TrainingCommand)
    app.add_typer(demo_app, name="demo", rich_help_panel=LOOK)


def _add_stages(app: typer.Typer) -> None:
    from pipelines.commands.run import stage_command
    from pipelines.stages import stage_names

    for name in stage_names():
        if name in COMMANDS:  # the command of that name is about a model
            continue
        app.command(name, rich_help_panel=STAGES, cls=TrainingCommand)(stage_command(name))


# in the order in which help lists them
COMMANDS: Mapping[str, Callable[[typer.Typer], None]] = {
    "init": _add_init,
    "run": _add_run,
    "predict": _add_predict,
    "score": _add_score,
    "decide": _add_decide,
    "explain": _add_explain,
    "serve": _add_serve,
    "export": _add_export,
    "runs": _add_runs,
    "compare": _add_compare,
    "promote": _add_promote,
    "audit": _add_audit,
    "plan": _add_plan,
    "why": _add_why,
    "config": _add_config,
    "cache": _add_cache,
    "benchmark": _add_benchmark,
    "doctor": _add_doctor,
    "demo": _add_demo,
}
