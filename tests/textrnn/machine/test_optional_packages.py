"""Packages that need not be there: the error says what to install."""

from __future__ import annotations

import pytest

from textrnn.errors import MissingPackageError
from textrnn.machine.optional_packages import require_package


def test_what_is_not_installed_is_refused_with_what_to_install() -> None:
    require_package("json", "reading")
    with pytest.raises(MissingPackageError, match=r"^plots: expected the package no_such, .*'textrnn\[plots\]'$"):
        require_package("no_such", "plots", "plots")
