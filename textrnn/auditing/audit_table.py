"""The rows of an audit as a CSV file, with two empty columns for a person's decisions."""

from __future__ import annotations

import csv
import io

from textrnn.auditing.audit import Audit, AuditRow
from textrnn.data.fixes import DECISION_COLUMNS
from textrnn.data.label_text import label_text
from textrnn.data.spreadsheet_cells import escape_formula
from textrnn.data.text_boundary import show_columns

COLUMNS = ("row", "split", "id", "text", "label", "suggested", "score", "kinds", "reasons", "check", *DECISION_COLUMNS)
BOM = "\ufeff"  # by which a spreadsheet knows UTF-8


def audit_csv(audit: Audit, separator: str | None = None) -> bytes:
    """Return the rows of `audit` as CSV (UTF-8, with a byte order mark), labels parted by `separator`.

    No cell is calculated by a spreadsheet. The columns `right_label` and `drop` are empty: see `textrnn.data.fixes`.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([escape_formula(cell) for cell in _cells(row, separator)] for row in audit.rows)
    return (BOM + file.getvalue()).encode("utf-8", "replace")


def _cells(row: AuditRow, separator: str | None) -> list[object]:
    suggested = "" if row.suggested is None else label_text(row.suggested, separator)
    return [
        row.row,
        row.split,
        row.id,
        show_columns(row.text),
        label_text(row.label, separator),
        suggested,
        row.score,
        " ".join(row.kinds),
        "; ".join(row.reasons),
        row.check,
        "",
        "",
    ]
