"""The command line: subcommands put together, and errors as one line with the right exit code."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated

import typer

from pipelines.commands.doctor import doctor
from pipelines.commands.init import init
from pipelines.commands.look import cache_app, config_app, plan, why
from pipelines.commands.run import run, stage_command
from pipelines.commands.use import predict, score
from pipelines.signals import interruptible
from pipelines.stages import stage_names
from textrnn.errors import Interrupted, TextrnnError

app = typer.Typer(
    name="textrnn",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Labelled texts to a recurrent text classifier, stage by stage; only what changed runs again.",
)
INTERRUPTED = (130, 143)
PANELS = ("Pipeline", "One stage", "Look", "Use a model")

app.command(rich_help_panel=PANELS[0])(init)
app.command(rich_help_panel=PANELS[0])(run)
for name in stage_names():
    app.command(name, rich_help_panel=PANELS[1])(stage_command(name))
app.command(rich_help_panel=PANELS[2])(plan)
app.command(rich_help_panel=PANELS[2])(why)
app.add_typer(cache_app, name="cache", rich_help_panel=PANELS[2])
app.add_typer(config_app, name="config", rich_help_panel=PANELS[2])
app.command(rich_help_panel=PANELS[3])(predict)
app.command(rich_help_panel=PANELS[3])(score)
app.command(rich_help_panel=PANELS[3])(doctor)


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.", envvar="TEXTRNN_DEBUG")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """Options of every command."""
    if debug:
        os.environ["TEXTRNN_DEBUG"] = "1"


def main() -> None:
    """Run the command line, and exit with a code that says how it went."""
    with interruptible():
        code = _flush(run_app(sys.argv[1:]))
        if code in INTERRUPTED:
            os._exit(code)  # to end Python with torch takes a second, in which another Ctrl-C is a traceback
    sys.exit(code)


def run_app(arguments: list[str]) -> int:
    """Run one command; returns its exit code. Foreseen failures are one line on standard error."""
    _keep_freed_memory()
    try:
        if arguments == ["--version"]:
            import textrnn

            print(textrnn.__version__)
            return 0
        app(arguments, prog_name="textrnn", standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except TextrnnError as error:
        return _fail(error, str(error), error.exit_code)
    except Interrupted as error:
        return _fail(error, str(error), error.exit_code)
    except KeyboardInterrupt as error:
        return _fail(error, "interrupted", 130)
    except BrokenPipeError:
        return 1  # who reads has gone, as `head` does: nothing to tell
    except MemoryError as error:
        return _fail(error, "out of memory; lower train.batch_size or train.max_tokens, or use a larger machine", 1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(error, f"{where}{error.strerror or error}", 1)
    except Exception as error:
        told = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        return _fail(error, f"a mistake in textrnn: {told}; please report it with the output of --debug", 1)
    return 0


def _flush(code: int) -> int:
    """Write out what waits for standard output: here, where a failure can be told, and not as Python ends."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return code or 1
        return _fail(error, f"standard output: {error.strerror}", 1)
    return code


def _fail(error: BaseException, message: str, code: int) -> int:
    if os.environ.get("TEXTRNN_DEBUG"):
        traceback.print_exception(error)
    print(f"error: {message}", file=sys.stderr, flush=True)
    return code


def _keep_freed_memory() -> None:
    """Tell glibc to keep large freed blocks: 15 % of a training step went into mapping them anew."""
    if sys.platform == "linux":
        import contextlib
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
            libc.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD


if __name__ == "__main__":
    main()
