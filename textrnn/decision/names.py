"""What people call the branches of a classifier."""

from __future__ import annotations

from collections.abc import Mapping

BRANCHES: Mapping[str, str] = {"recurrent": "recurrent network", "wide": "n-gram branch"}
