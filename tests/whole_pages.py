"""Whole pages: a report with all that a finished run adds to it, an audit."""

from __future__ import annotations

from typing import Any

from made_reports import INTENTS, ORDER, TICKETS, make_report

from textrnn.auditing.audit import Audit, AuditRow
from textrnn.evaluation import page as pages
from textrnn.evaluation.audit_page import write_audit_page
from textrnn.evaluation.error_clusters import EXAMPLES
from textrnn.evaluation.origin import Origin, insert_origin
from textrnn.evaluation.plots import draw_plots
from textrnn.evaluation.sections.audit import show_audit
from textrnn.evaluation.sections.reproduction import Reproduction, show_reproduction
from textrnn.evaluation.sections.seeds import show_seeds

SHARES = (1.0, 0.5, 0.2, 0.05, 0.0, -0.05, -0.2, -0.5, -1.0)
EXPLAINED = {
    "headline": "yes, not no",
    "pieces": [piece for share in SHARES for piece in ([f"word{share}", share], [" and ", 0.0])],
    "top": [["word", 0.4], ["another", -0.3]],
}
EXAMPLE = {"row": 3, "place": "row 3", "true": "no", "predicted": "yes", "explained": EXPLAINED}
CLUSTER = {"kind": "“no” taken for “yes”", "count": 17, "words": ["soup", "late"], "examples": [EXAMPLE] * EXAMPLES}
WORDS = {"class": "yes", "words": [{"text": "soup", "mean": 0.3, "texts": 4}]}
PHRASES = {"class": "yes", "phrases": [{"text": "good soup", "weight": 1.2, "texts": 9}]}
MADE = {"Run": "tickets", "Processor": "a processor", "Kernels": "avx512", "Libraries": "numpy 2.0, torch 2.9"}
REPRODUCTION = Reproduction(
    'textrnn run --data tickets.csv --set name=tickets --set \'data.text_column=["subject", "body"]\'',
    [("tickets.csv", "sha256:" + 64 * "a")],
    {"data.source": "tickets.csv", "train.epochs": 3},
    MADE,
    ["The same versions give the same bytes."],
)
SEEDS = [{"run": "20261130-101500-ab12", "value": 0.5}, {"run": "20261130-111500-cd34", "value": 0.98}]
AUDIT = {"rows": 900, "suspicious": 90, "in_split": {"test": 9}, "told": "audit.html lists them."}
KINDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "two": ("single", ("no", "yes")),
    "twenty": ("single", TICKETS + tuple(f"intent_{i}" for i in range(15))),
    "many": ("single", (INTENTS * 2)[:77] + tuple(f"kind {i} of a request" for i in range(73))),
    "multi": ("multi", TICKETS),
    "number": ("number", ()),
    "ordinal": ("ordinal", ORDER),
}


def whole_page(name: str) -> str:
    """A report as a run leaves it: explained errors, clusters, the audit, how to reproduce it."""
    kind, names = KINDS[name]
    data = dict(make_report(kind, names, 400 if name == "many" else 160).data)
    data["explained"] = {"errors": [EXPLAINED, None], "phrases": [PHRASES], "words": [WORDS], "explained": 30}
    data["clusters"] = {"errors": 90, "clusters": [CLUSTER, {**CLUSTER, "words": []}]}
    page = pages.write_page(data, draw_plots(data))
    audit = show_audit({**data, "audit": AUDIT})
    seeds = show_seeds({**data, "seeds": SEEDS})
    return insert_origin(page, Origin(("tickets.csv",), "Trained.", audit, seeds, show_reproduction(REPRODUCTION)))


def audit_page() -> str:
    """An audit with a row of each kind."""
    row = AuditRow(
        3, "test", "T-1", "my soup is late", "no", "yes", 0.91, ("label",), ("the models expect 'yes'",), "r0"
    )
    near = {"conflicting": 2, "across_splits": {"train-test": 1}}
    about = {
        "rows": 900,
        "out_of_fold": {"score": "accuracy", "value": 0.8},
        "labels": {"suspicious": 90, "not_judged": 3},
        "near_duplicates": near,
        "overlaps": [{"classes": ["no", "yes"], "confused": 9, "rows": 30, "share": 0.3}],
        "telling_words": [{"word": "Ref", "class": "no", "rows_with_word": 9, "rows_of_class": 9, "rows_with_both": 9}],
    }
    return write_audit_page(Audit((row,), about), "tickets")
