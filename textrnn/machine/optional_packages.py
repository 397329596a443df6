"""Packages that need not be installed: where one is needed, one line says how it is installed."""

from __future__ import annotations

from importlib.util import find_spec

from textrnn.errors import MissingPackageError

TRAINING_PACKAGES = (
    "torch",
    "sklearn",
    "scipy",
    "datasets",
    "pyarrow",
    "filelock",
    "threadpoolctl",
)  # what textrnn-core lacks
_DISTRIBUTIONS = {"sklearn": "scikit-learn"}


def is_installed(module: str) -> bool:
    """Return whether the top-level `module` is installed; it is not imported."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def require_package(module: str, use: str, extra: str = "") -> None:
    """Raise MissingPackageError unless `module` is installed, which `use` needs."""
    if not is_installed(module):
        raise missing_package(module, use, extra)


def require_training(use: str) -> None:
    """Raise MissingPackageError unless all is installed that `use`, which trains, needs."""
    for module in TRAINING_PACKAGES:
        require_package(module, use)


def missing_package(module: str, use: str, extra: str = "") -> MissingPackageError:
    """Return the error for a `module` that is not installed, which `use` needs.

    An `extra` of this distribution brings it, without one textrnn as a whole.
    """
    wanted = f"'{distribution()}[{extra}]'" if extra else "textrnn"
    named = _DISTRIBUTIONS.get(module, module)
    return MissingPackageError(f"{use}: expected the package {named}, found none; install it: pip install {wanted}")


def distribution() -> str:
    """Return which of the two distributions this is, by what it can do.

    >>> distribution()
    'textrnn'
    """
    return "textrnn" if is_installed("torch") else "textrnn-core"
