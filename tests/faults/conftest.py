"""The table of faults at the end of `make faults`."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = []
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "fault":
                    fault, held, rounds, note = value.split("|", 3)
                    test = report.nodeid.rsplit("::", 1)[-1].split("[")[0]
                    rows.append((fault, f"{held} of {rounds}", test, note))
    if rows:
        terminalreporter.section("faults")
        for fault, held, test, note in sorted(rows, key=lambda row: (len(row[0]), row)):
            terminalreporter.write_line(f"{fault:<8} {held:>14}  {test}{'  ' + note if note else ''}")
