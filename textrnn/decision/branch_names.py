"""Display names of the branches."""

from __future__ import annotations

from collections.abc import Mapping

BRANCHES: Mapping[str, str] = {"recurrent": "recurrent network", "ngram_branch": "n-gram branch"}
