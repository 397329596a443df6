"""The command line: subcommands assembled, errors as one line with the right exit code."""

from __future__ import annotations

from pipelines import early_interrupt as early_interrupt  # first: a Ctrl-C may come during any import below

# isort: split
import contextlib
import errno
import os
import sys
import traceback
from typing import Any, NoReturn

import typer

import textrnn
from pipelines.commands.assembly import assemble, called_command
from pipelines.commands.option_advice import options_of, phrase_for_options
from pipelines.running.child_process import run_in_child
from pipelines.running.closed_streams import replace_closed_streams
from pipelines.running.signals import interruptible, received_signal
from textrnn.errors import ConfigError, DataError, Interrupted, OutOfMemoryError, TextrnnError
from textrnn.machine.hardware import TorchrunProcess, detect_torchrun
from textrnn.machine.heap import keep_freed_memory
from textrnn.machine.memory import address_space, is_out_of_memory
from textrnn.machine.optional_packages import TRAINING_PACKAGES, missing_package
from textrnn.storage.file_names import printable

SIGNAL_EXIT_CODES = (130, 143)
STDOUT_CLOSED = "standard output: expected an open stream, found it closed; what was finished is kept"
EXIT_CODES = (0, 1, 2, 3, 4, 5, 75, *SIGNAL_EXIT_CODES)  # what a command ends with by itself
# what takes less memory, by command; of the others, which train
MEMORY_ADVICE = {
    "predict": "give fewer or shorter texts at a time",
    "explain": "give fewer or shorter texts at a time",
    "score": "give fewer or shorter texts at a time",
    "init": "give it the first part of the file: that shows as much",
    "doctor": "close other programs",
}
TRAINING_MEMORY_ADVICE = "lower train.batch_size or train.max_tokens"


def main() -> None:
    """Run the command line, and exit with a code that says how it went."""
    replace_closed_streams()
    try:
        place = detect_torchrun()
    except ConfigError as error:
        sys.exit(_fail(error, str(error), error.exit_code))
    if place is not None and place.size > 1:
        _among_others(place)
    limit = address_space()
    if limit is None:
        sys.exit(_command())
    # libraries that are refused memory may abort: no exception, no word of what it means
    code, died = run_in_child(_command)
    if died or code not in EXIT_CODES:
        how = f"by signal {died}" if died else f"with code {code}"
        told = f"out of memory: a library ended the process {how}, under a limit of {limit >> 20} MiB; raise it"
        code = _fail(OutOfMemoryError(told), f"{told} (`ulimit -v`), or use fewer texts", 1)
    os._exit(code)


def _among_others(place: TorchrunProcess) -> NoReturn:
    """Run as one of several processes that `torchrun` started: rank 0 is the command, the others help it train.

    torchrun exits with 1 whatever a process exits with: so the code is the last line that rank 0 prints.
    """
    if place.rank:
        from textrnn.training.worker_process import main as help_to_train

        os._exit(help_to_train())
    from textrnn.training.launch import release_helpers

    code = 1
    with interruptible():
        code = _flush(run_app(sys.argv[1:]))
    release_helpers()
    print(f"exit code {code}", file=sys.stderr, flush=True)
    os._exit(code)


def _command() -> int:
    """The command of this process; does not return where it was interrupted."""
    with interruptible():
        code = _flush(run_app(sys.argv[1:]))
        if code == 0 and (number := received_signal()) is not None:
            code = 128 + number  # a library swallowed the interruption, as torch does while it is imported
        if code in SIGNAL_EXIT_CODES:
            os._exit(code)  # to end Python with torch takes a second, in which another Ctrl-C is a traceback
    return code


def run_app(arguments: list[str]) -> int:
    """Run one command; returns its exit code. Foreseen failures are one line on standard error."""
    keep_freed_memory()
    try:
        if arguments == ["--version"]:
            print(textrnn.__version__)
            return 0
        assemble(called_command(arguments))(arguments, prog_name="textrnn", standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Interrupted as error:
        return _fail(error, str(error), error.exit_code)
    except KeyboardInterrupt as error:
        return _fail(error, "interrupted", 130)
    except BrokenPipeError:
        return 1  # who reads has gone, as `head` does: nothing to tell
    except Exception as error:
        if (number := received_signal()) is not None:
            return _fail(error, "interrupted", 128 + number)
        message, code = _told(error, called_command(arguments))
        if isinstance(error, DataError):
            message = phrase_for_options(message, _options_named(arguments))
        return _fail(error, message, code)
    return 0


def _options_named(arguments: list[str]) -> frozenset[str]:
    """The options of the command that `arguments` name."""
    command: Any = typer.main.get_command(assemble(called_command(arguments)))
    for argument in arguments:
        command = getattr(command, "commands", {}).get(argument, command)
        if not hasattr(command, "commands"):
            break
    return options_of(command)


def _told(error: Exception, command: str = "") -> tuple[str, int]:
    """What a person is told of a failed command, and its exit code."""
    if is_out_of_memory(error) and not isinstance(error, OutOfMemoryError):
        return f"out of memory; {MEMORY_ADVICE.get(command, TRAINING_MEMORY_ADVICE)}, or use a larger machine", 1
    if isinstance(error, ModuleNotFoundError) and (module := str(error.name).partition(".")[0]) in TRAINING_PACKAGES:
        error = missing_package(module, f"textrnn {command}".rstrip())
    if isinstance(error, TextrnnError):
        return str(error), error.exit_code
    if isinstance(error, OSError) and error.errno == errno.EBADF and not error.filename:
        return STDOUT_CLOSED, 1
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        do = "; free some space, then run again: what was finished is kept" if full else ""
        return f"{where}{error.strerror or error}{do}", 1
    told = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return f"internal error: {told}; please report this as a bug, with the output of --debug", 1


def _flush(code: int) -> int:
    """Write out what waits for standard output: here, where a failure can be told, and not as Python ends."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if code or isinstance(error, BrokenPipeError):  # told already, or nobody reads
            return code or 1
        closed = error.errno == errno.EBADF
        return _fail(error, STDOUT_CLOSED if closed else f"standard output: {error.strerror}", 1)
    return code


def _fail(error: BaseException, message: str, code: int) -> int:
    if os.environ.get("TEXTRNN_DEBUG"):
        traceback.print_exception(error)
    with contextlib.suppress(OSError):  # nobody can be told
        print(f"error: {printable(message)}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    main()
