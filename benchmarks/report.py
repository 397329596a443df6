"""RESULTS.md: a pure function of results.json."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.aims import aims_of
from benchmarks.machine import instructions_of

HEAD = """# Results

Written by `make bench` from `benchmarks/results.json`; not by hand. In each table the ways were measured in one run,
in turn, while only one process computed. Median, lowest and highest are over the repeats. *First / this* is the
median of the ratios within a repeat, with the lowest and highest such ratio: above 1, the first row
(ours) is faster than this one.
"""
LEFT = ("way", "note", "aim")  # columns that are no numbers


def page_of(results: Sequence[Mapping[str, Any]]) -> str:
    """The whole page."""
    parts = [HEAD, *(section_of(entry) for entry in results)]
    if aims := aims_of(results):
        rows = [[a.what, f"{a.wanted:g}{a.unit}", f"{a.found:.3g}{a.unit}", "yes" if a.held else "no"] for a in aims]
        parts.insert(1, "## What was aimed at\n\n" + table(["aim", "wanted", "found", "reached"], rows))
    return "\n".join(parts)


def section_of(entry: Mapping[str, Any]) -> str:
    """One benchmark: where, what, and its table."""
    lines = [
        f"## {entry['title']}: {', '.join(part for part in (entry['precision'], *_by(entry)) if part)}",
        "",
        _where(entry),
        "",
    ]
    if entry.get("about"):
        lines += [entry["about"], ""]
    lines.append({"ratios": _ratios, "curve": _curve, "table": _plain}[entry["kind"]](entry))
    if entry.get("ceiling"):
        lines.append(f"The matrix product: {_spread([value / 1e9 for value in entry['ceiling']])} GFLOP/s.\n")
    lines += _left_out(entry)
    return "\n".join(lines)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its first column and those of words to the left, the others to the right."""
    lefts = [i == 0 or name in LEFT for i, name in enumerate(columns)]
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]

    def line(cells: Sequence[str]) -> str:
        aligned = [cell.ljust(w) if left else cell.rjust(w) for cell, w, left in zip(cells, widths, lefts, strict=True)]
        return "| " + " | ".join(aligned) + " |"

    rule = "|" + "|".join("-" * (w + 1) + ("-" if left else ":") for w, left in zip(widths, lefts, strict=True)) + "|"
    return "\n".join([line(columns), rule, *(line(row) for row in rows)]) + "\n"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours by theirs, a repeat each."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def _ratios(entry: Mapping[str, Any]) -> str:
    measured = [row for row in entry["rows"] if row["values"]]
    ceiling = entry.get("ceiling") or []
    columns = ["way", entry["unit"], "lowest", "highest", "first / this", "lowest", "highest"]
    columns += ["of the matrix product"] if ceiling else []
    columns += ["note"] if any(row.get("note") for row in measured) else []
    rows = []
    for row in measured:
        values = row["values"]
        faster = ratios(measured[0]["values"], values)
        cells = [row["way"], number(statistics.median(values)), number(min(values)), number(max(values))]
        same = row is measured[0]
        cells += (
            ["", "", ""]
            if same
            else [f"{value:.2f}" for value in (statistics.median(faster), min(faster), max(faster))]
        )
        cells += [share_of_token(row, ceiling)] if ceiling else []
        cells += [row.get("note", "")] if "note" in columns else []
        rows.append(cells)
    return table(columns, rows)


def share_of_token(row: Mapping[str, Any], ceiling: Sequence[float]) -> str:
    """The median share of the ceiling that a row reaches, in percent; empty where its FLOPs are not counted."""
    if not row.get("flops"):
        return ""
    shares = [value * row["flops"] / top for value, top in zip(row["values"], ceiling, strict=True)]
    return f"{statistics.median(shares):.1%}"


def _curve(entry: Mapping[str, Any]) -> str:
    columns = [entry["x"], "way", "seconds", "lowest", "highest", entry["unit"], "peak MiB"]
    rows = []
    for row in entry["rows"]:
        if row["values"]:
            seconds = row["seconds"]
            told = [f"{value:.3g}" for value in (statistics.median(seconds), min(seconds), max(seconds))]
            memory = f"{statistics.median(row['mib']):,.0f}"
            rows.append([f"{row['x']:,}", row["way"], *told, number(statistics.median(row["values"])), memory])
    return table(columns, rows)


def _plain(entry: Mapping[str, Any]) -> str:
    columns = list(dict.fromkeys(key for row in entry["rows"] for key in row))
    rows = [
        [number(cell) if isinstance(cell := row.get(key, ""), float) else str(cell) for key in columns]
        for row in entry["rows"]
    ]
    return table(columns, rows) if columns else ""


def _by(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What computed it, in a few words."""
    if entry.get("gpu"):
        return (entry["gpu"],)
    return _counted(entry["threads"], "thread"), instructions_of(entry["machine"])


def _where(entry: Mapping[str, Any]) -> str:
    machine, others = entry["machine"], entry["others"]
    libraries: dict[str, str] = {}
    for row in entry["rows"]:
        libraries |= row.get("libraries", {})
    memory = f", {machine['memory_gib']} GiB" if machine["memory_gib"] else ""
    told = (
        f"{machine['processor']}, {_counted(machine['cores'], 'core')}{memory} ({', '.join(machine['flags'])}); "
        f"{machine['system']}, Python {machine['python']}; OMP_WAIT_POLICY {entry['wait_policy']}; {entry['date']}, "
        f"{entry['minutes']} minutes. While something was measured, other processes took {others['median']:.2f} cores "
        f"in the median, {others['highest']:.2f} at most."
    )
    return told + (f" {', '.join(f'{a} {b}' for a, b in sorted(libraries.items()))}." if libraries else "")


def _left_out(entry: Mapping[str, Any]) -> list[str]:
    """A line for each way that has no figures."""
    lines = []
    for row in entry["rows"]:
        if row.get("missing"):
            built = f"make bench-envs ENVS={row['missing']}"
            lines.append(f"* not measured: {row['way']}; its environment is not built: `{built}`")
        elif row.get("failed"):
            lines.append(f"* not measured: {row['way']}; it failed: {row['failed']}")
    return [*dict.fromkeys(lines), ""] if lines else []


def _spread(values: Sequence[float]) -> str:
    return f"{number(statistics.median(values))} ({number(min(values))} to {number(max(values))})"


def number(value: float) -> str:
    """A value with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
