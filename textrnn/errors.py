"""The exceptions a user can meet, each with its exit code.

An error says what was expected, what came, where, and what to do, in one line.
"""

from __future__ import annotations

import signal


class TextrnnError(Exception):
    """Any failure that textrnn foresaw. `exit_code` is what the command line exits with."""

    exit_code = 1


class ConfigError(TextrnnError, ValueError):
    """A configuration or an argument is wrong; nothing was done."""

    exit_code = 2


class ConfigTypeError(ConfigError, TypeError):
    """A setting or an argument is of the wrong type: a number in a string, a flag for a number."""


class MissingPackageError(ConfigError, ImportError):
    """A package is needed that is not installed, as textrnn-core goes without what trains."""


class DataError(TextrnnError, ValueError):
    """The user's data cannot be used as it is (a missing file too)."""

    exit_code = 3


class DataTypeError(DataError, TypeError):
    """What was handed over as data is of the wrong type: no list, no text, no label."""


class RowError(DataError):
    """One row of the data cannot be used; those after it can be read. `reason` says why, `column` in which cell."""

    def __init__(self, reason: str, column: str | None = None) -> None:
        super().__init__(reason if column is None else f"column {column!r}: {reason}")
        self.reason, self.column = reason, column


class ModelError(TextrnnError, ValueError):
    """A model folder is missing, damaged, or of a format this release does not read."""

    exit_code = 3


class NoWinError(TextrnnError):
    """`--require-win`: the classifier is not above the baseline; everything was made and is kept."""

    exit_code = 4


class FindingError(TextrnnError):
    """`--fail-on`: a check of the report found something; everything was made and is kept."""

    exit_code = 4


class TooMuchLostError(TextrnnError):
    """`export --small`: the model would lose more than is allowed; nothing was written."""

    exit_code = 4


class NoGuaranteeError(TextrnnError):
    """`decide`: no threshold gives what was asked with the confidence that was asked; nothing was written."""

    exit_code = 4


class StaleError(TextrnnError):
    """`plan --check` found stages that would run."""

    exit_code = 5


class LockTimeoutError(TextrnnError):
    """Another process held a lock for longer than the time allowed."""

    exit_code = 75


class DamagedFilesError(TextrnnError):
    """Files on disk disagree with their manifest. In the cache this is a miss; elsewhere it is final."""


class TrainingError(TextrnnError):
    """Training met a loss or a gradient that is not a finite number."""


class OutOfMemoryError(TextrnnError):
    """An allocation failed: a limit of this process, or of the machine."""


class Interrupted(BaseException):
    """A signal asked the program to stop; what was finished is kept.

    No Exception, like KeyboardInterrupt: a library that catches those (torch does while it is imported)
    must not swallow it. `signum` is the signal's number; the exit code is 128 + signum, as shells have it.
    """

    def __init__(self, message: str, signum: int = signal.SIGINT) -> None:
        super().__init__(message)
        self.signum = int(signum)

    @property
    def exit_code(self) -> int:
        """What the command line exits with: 128 + the signal's number."""
        return 128 + self.signum


class TextrnnWarning(UserWarning):
    """Something that a user should know and that stops nothing. Python code can filter it by its class."""


class DataWarning(TextrnnWarning):
    """The data can be used, but something in it was changed, left out, or is likely a mistake."""


class TrainingWarning(TextrnnWarning):
    """Training went on, but not as requested, or a part of the model has no effect."""
