"""Findings: what the checks see in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textrnn.errors import ConfigError, FindingError
from textrnn.evaluation.checks.all_checks import CHECKS
from textrnn.evaluation.checks.check import PAGE, Check

_ORDER = ("high", "medium", "low")


def run_checks(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what all checks see in the `data` of a report, as plain JSON.

    `findings` has code, name, title, severity, seen, why and action of each finding, the most severe first; `checked`
    says of each code whether it "passed", was "found", or "skipped" because the report does not hold what it needs.
    """
    found: list[dict[str, Any]] = []
    checked = {}
    for check in CHECKS:
        seen = check.detect(data)
        checked[check.code] = "skipped" if seen is None else "found" if seen else "passed"
        if seen:
            found.append(describe_finding(check, seen))
    found.sort(key=lambda finding: _ORDER.index(finding["severity"]))  # stable: then by code
    return {"findings": found, "checked": checked}


def describe_finding(check: Check, seen: str) -> dict[str, Any]:
    """Return what a report holds of a finding, as plain JSON."""
    fields = ("code", "name", "title", "severity", "why", "action")
    return {**{name: getattr(check, name) for name in fields}, "seen": seen}


def parse_codes(text: str, option: str) -> tuple[str, ...]:
    """Return the codes of a list with commas; "all" is every code. Raises ConfigError.

    >>> parse_codes("tr001, TR003", "--fail-on")
    ('TR001', 'TR003')
    """
    known = [check.code for check in CHECKS]
    if text.strip().lower() == "all":
        return tuple(known)
    codes = [code.strip().upper() for code in text.split(",")]
    for code in codes:
        if code not in known:
            raise ConfigError(
                f"{option}: expected codes from {known[0]} to {known[-1]} with commas between them, or all, "
                f"found {repr(code) if code else 'nothing'}; {PAGE} lists them"
            )
    return tuple(dict.fromkeys(codes))


def require_no_findings(data: Mapping[str, Any], codes: Sequence[str], option: str) -> list[str]:
    """Raise FindingError where a check among `codes` found something; returns a sentence for each that was skipped.

    `data` is that of a report; one without findings, as an older version wrote it, is checked again.
    """
    results = data if "findings" in data else run_checks(data)
    found = [finding for finding in results["findings"] if finding["code"] in codes]
    if found:
        first = found[0]
        more = f"; also {', '.join(finding['code'] for finding in found[1:])}" if found[1:] else ""
        raise FindingError(
            f"{option}: expected no finding, found {first['code']}: {first['seen'].removesuffix('.')}{more}; all "
            "results are kept, look at the report"
        )
    skipped = [check for check in CHECKS if check.code in codes and results["checked"].get(check.code) == "skipped"]
    return [f"{option}: {check.code} was not checked; it needs {check.needs}" for check in skipped]
