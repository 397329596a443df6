"""What pytest is told in a child: which tests, in what order, and to note what each came to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import pytest

SHARED = ("module", "package", "session", "class")  # fixtures of such a scope are set up for the first test alone


class Plugin:
    """Chooses and orders tests, and writes a row (JSON) for each."""

    def __init__(self, tests: Mapping[str, Sequence[str] | None], report: TextIO, measure: Any, place: Path) -> None:
        self.tests, self.report, self.measure, self.place = tests, report, measure, place
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.fixtures: dict[str, list[str]] = {}
        self.present = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what was asked for, in that order."""
        wanted = {node for nodes in self.tests.values() for node in nodes or ()}
        whole = {file for file, nodes in self.tests.items() if nodes is None}
        order = {node: at for at, node in enumerate(node for nodes in self.tests.values() for node in nodes or ())}
        files = {file: at for at, file in enumerate(self.tests)}
        kept = [item for item in items if item.nodeid in wanted or item.nodeid.partition("::")[0] in whole]
        kept.sort(key=lambda item: (files[item.nodeid.partition("::")[0]], order.get(item.nodeid, 0)))
        items[:] = kept

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Lines that are run from here on are this test's."""
        self.present = item.nodeid
        self.fixtures[item.nodeid] = list(getattr(item, "fixturenames", ()))
        self._switch(item.nodeid)
        result = yield
        self._switch("")
        row = {"test": item.nodeid, "seconds": round(self.seconds.get(item.nodeid, 0.0), 3)}
        if item.nodeid in self.failed:
            row["failed"] = True
        self.report.write(json.dumps(row) + "\n")
        self.report.flush()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[Any]:
        """Lines that a shared fixture runs belong to every test that asks for it."""
        if fixturedef.scope in SHARED:
            self._switch(f"fixture {fixturedef.argname}")
        result = yield
        self._switch(self.present)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what the three phases of a test took."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported fails by its name."""
        if report.failed:
            self.report.write(json.dumps({"test": report.nodeid, "seconds": 0.0, "failed": True}) + "\n")
            self.report.flush()

    def _switch(self, context: str) -> None:
        if self.measure is not None:
            self.measure.switch_context(context)

    def write_reach(self, measure: Any) -> None:
        """A row a file of ours: which contexts came to which of its lines."""
        data = measure.get_data()
        for file in data.measured_files():
            lines = {line: contexts for line, contexts in data.contexts_by_lineno(file).items() if contexts}
            name = Path(file).relative_to(self.place).as_posix()
            self.report.write(json.dumps({"file": name, "lines": lines}) + "\n")
        self.report.write(json.dumps({"fixtures": self.fixtures}) + "\n")
