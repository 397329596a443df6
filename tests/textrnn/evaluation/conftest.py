"""The browser for the tests of this folder."""

from __future__ import annotations

from browser import chromium as chromium
