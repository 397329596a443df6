"""A label as one cell of text, which `label_reader` reads as the same label."""

from __future__ import annotations

import json

from textrnn.data.target import Label


def label_text(label: Label, separator: str | None = None) -> str:
    """Write a label; several are parted by `separator` (by default a comma), or stand as a list where one holds it.

    >>> label_text(("a", "b")), label_text(("a, b", "c")), label_text(()), label_text(3.0), label_text("x > y")
    ('a, b', '["a, b", "c"]', '[]', '3', 'x > y')
    """
    if isinstance(label, tuple):
        parts = (separator or ",").strip() or (separator or ",")
        if not label or any(parts in name or name.startswith(tuple("[({")) or name != name.strip() for name in label):
            return json.dumps(list(label), ensure_ascii=False)
        return f"{parts} ".join(label)
    if isinstance(label, float):
        return str(int(label)) if label.is_integer() else repr(label)
    return str(label)
