"""The card of an ONNX file: its inputs, its outputs, how close they are to textrnn's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textrnn.config.tokenize import chinese_modules
from textrnn.data.tabular import TabularColumns
from textrnn.decision.describe import describe_promises
from textrnn.export.graph_builder import OPSET, Graph, Value
from textrnn.export.onnx_check import TOLERANCE, Parity
from textrnn.model.predictor import Predictor, describe_predictor

_MEANING = {
    "ids": "token ids of each text, not truncated; padding may hold any value",
    "lengths": "number of tokens of each text without padding; 0 for an empty text",
    "numbers": "the numeric columns, standardised as below",
    "codes": "the category numbers, as below",
    "probabilities": "of each class, calibrated; in the order of the classes",
    "value": "the predicted number",
    "accepted": "whether the prediction is accepted: its confidence reaches the minimum",
}
_RULES = {
    "argmax": "The prediction is the class with the highest probability.",
    "median": "The classes are in order; the prediction is the first at which the probabilities add up to one half.",
    "thresholds": "The prediction is every class whose probability reaches its threshold: ",
    "value": "The value is the prediction.",
}


def write_onnx_card(predictor: Predictor, graph: Graph, parity: Parity, *, file: str, model: str, digest: str) -> str:
    """Return the card as Markdown; `file` is the name of the ONNX file, `model` and `digest` those of the folder."""
    target, decision = predictor.target, predictor.decision
    rule = _RULES[decision.rule]
    if decision.thresholds:
        rule += ", ".join(
            f"{name} {_least(each)}" for name, each in zip(target.names, decision.thresholds, strict=True)
        )
    if decision.promises:
        rule += "\n\n" + "\n".join(f"- {line.strip()}" for line in describe_promises(decision, target.names))
    parts = [
        f"# {file}",
        f"The textrnn model `{model}` as one graph of ONNX (opset {OPSET}): {describe_predictor(predictor)}. "
        f"SHA-256 of the model's manifest: `{digest}`.",
        "## In and out",
        _table(["", "name", "dtype", "shape", "meaning"], [*_rows("in", graph.inputs), *_rows("out", graph.outputs)]),
        rule,
        *([] if target.kind == "number" else ["Classes, in order: " + ", ".join(f"`{name}`" for name in target.names)]),
        "## From a text to ids",
        _describe_reading(predictor),
        *_describe_tabular(predictor.tabular),
        "## How near it is to textrnn",
        f"The largest difference of a score, {parity.engine} against textrnn, by the number of texts in a batch and of "
        f"tokens in each; a file that differs by more than {TOLERANCE:g} is not written. Random tokens and known "
        "n-grams; anything behind them." + (" In standard deviations." if target.kind == "number" else ""),
        _table(
            ["tokens", *(f"{batch} texts" if batch > 1 else "1 text" for batch in parity.batches)],
            [[length, *(f"{each:.1e}" for each in row)] for length, row in
             zip(parity.lengths, parity.differences.tolist(), strict=True)],
        ),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _least(threshold: float) -> str:
    return "never" if threshold > 1 else f"{threshold:g}"


def _rows(direction: str, values: Sequence[Value]) -> list[list[str]]:
    return [
        [direction, f"`{each.name}`", each.dtype.__name__, ", ".join(map(str, each.shape)), _MEANING[each.name]]
        for each in values
    ]


def _describe_reading(predictor: Predictor) -> str:
    told = (
        "`tokenizer.json` of the model folder is a whole tokenizer of Hugging Face's `tokenizers`: encode a text and "
        "give all ids. The graph cuts what is longer than the network reads "
        f"({predictor.max_tokens} tokens), and the n-gram branch reads the whole. Lone surrogates become U+FFFD first."
    )
    if modules := chinese_modules(predictor.text):
        told += (
            f" Before that a text goes through `textrnn.text.chinese.prepare_texts` ({', '.join(modules)}), which the "
            "tokenizer cannot do: other programs must do the same."
        )
    columns = predictor.columns.text
    if len(columns) > 1:
        told += f" The text columns ({', '.join(columns)}) are joined to one text, as `split_columns` joins them."
    return told


def _describe_tabular(tabular: TabularColumns) -> Iterable[str]:
    """How each tabular column becomes a number or a code."""
    rows, place = [], 0
    for number in tabular.numeric:
        rows.append([f"`numbers[:, {place}]`", f"({number.name} - {number.mean!r}) / {number.deviation!r}, "
                     "from -10 to 10; 0 where empty"])  # fmt: skip
        place += 1
        if number.has_empty:
            rows.append([f"`numbers[:, {place}]`", f"1 where {number.name} is empty, else 0"])
            place += 1
    for i, column in enumerate(tabular.categorical):
        known = ", ".join(f"{name!r} {code}" for code, name in enumerate(column.categories[:20], start=1))
        more = ", ... (config.json has all)" if len(column.categories) > 20 else ""
        rows.append([f"`codes[:, {i}]`", f"of {column.name}: {known}{more}; any other 0"])
    return ["## Tabular columns", _table(["where", "what"], rows)] if rows else []


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
