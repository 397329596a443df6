"""The distributions that textrnn is installed by: textrnn, or textrnn-core, which has the same files."""

from __future__ import annotations

import os
import warnings

from textrnn.errors import TextrnnWarning

DISTRIBUTIONS = ("textrnn", "textrnn-core")
REINSTALL_ADVICE = (
    "install one of them: pip uninstall {0}, then pip install textrnn, which has all that textrnn-core has"
)


def distributions_in(folder: str) -> dict[str, str]:
    """Return the version of each distribution of textrnn that is installed in `folder`, by its name.

    Their records are found by their names: importing `importlib.metadata` takes longer than importing textrnn.
    """
    found = {}
    try:
        names = os.listdir(folder)
    except OSError:  # in a zip file
        return {}
    for name in names:
        if name.startswith("textrnn") and name.endswith(".dist-info"):
            distribution, _, version = name.removesuffix(".dist-info").partition("-")
            found[distribution.replace("_", "-")] = version
    return {name: found[name] for name in DISTRIBUTIONS if name in found}


def warn_of_two_versions(folder: str) -> None:
    """Warn where both are installed in `folder`, of different versions: the files are those of one of them."""
    found = distributions_in(folder)
    if len(set(found.values())) > 1:
        warnings.warn(
            f"expected textrnn or textrnn-core, found {describe(found)}, which have the same files; "
            + REINSTALL_ADVICE.format(" ".join(found)),
            TextrnnWarning,
            stacklevel=3,
        )


def describe(found: dict[str, str]) -> str:
    """Return what is installed, in words.

    >>> describe({"textrnn": "1.0", "textrnn-core": "0.9"})
    'textrnn 1.0 and textrnn-core 0.9'
    """
    return " and ".join(f"{name} {version}" for name, version in found.items())
