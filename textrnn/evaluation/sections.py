"""The sections of the report page below its headline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textrnn.data.checks_beside import describe_beside
from textrnn.evaluation.headline import SCORES, Headline, headline_of
from textrnn.evaluation.markup import interval, name_text, number, section, settings_list, table, user_text
from textrnn.evaluation.rival import UNNAMED
from textrnn.evaluation.wording import count_words, p_value_words
from textrnn.linear.baseline import MODELS

_LABEL_SCORES = ("precision", "recall", "f1", "average_precision", "threshold", "support", "predicted")
ROWS_AT_ONCE = 16  # a longer table scrolls
_ADDED = (
    "Each branch gives every class a number (a logit: the higher, the likelier). Both branches' numbers are added, "
)
_ADDED += "each times the weight of its branch, which is found on validation"
_JOINED_CLASSES = f"{_ADDED}, and scaled to probabilities that sum to 1 (softmax)."
_JOINED = {
    "multi": f"{_ADDED}, and scaled to a probability for each label by itself (sigmoid).",
    "number": "Each branch gives a number. Both are added, each times the weight of its branch, found on validation.",
}


def show_comparison(data: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Render the comparison with the baseline and the paired test."""
    baseline, found = data["baseline"], data["comparison"]
    if not baseline or not found:
        return ""
    rows = []
    for name, shown in names.items():
        if name in data["metrics"]:
            ours, theirs = data["metrics"][name], baseline["metrics"][name]
            rows.append([shown, number(ours["value"]), interval(ours), number(theirs["value"]), interval(theirs)])
    lead = headline_of(data)
    heads = ["Score", "Classifier", "95&nbsp;%", "Baseline", "95&nbsp;%"]
    return section("Against the baseline", f'<p class="note">{_paired(lead, found)}</p>', table(heads, rows))


def _paired(lead: Headline, found: Mapping[str, Any]) -> str:
    """Describe the paired comparison and its test."""
    closer = "closer" if lead.name == "mean_absolute_error" else "right"
    alone = (
        f"The classifier alone is {closer} on {count_words(found['only_classifier'], 'example')}, the baseline alone "
        f"on {found['only_baseline']:,}. "
    )
    better = "" if lead.sign > 0 else ", by which the classifier's is the smaller,"
    ends = f", 95&nbsp;% {interval(found)}" if interval(found) else ""
    gain = f"Difference in {lead.words}{better} {found['difference']:+.3f}{ends}. "
    if found["p_value"] is None:
        return f"{alone}{gain}A winner is named where the interval, drawn from the same examples for both, excludes 0."
    chance = p_value_words(found["p_value"]).removeprefix("p ").removeprefix("= ")
    return (
        f"{alone}{gain}By chance alone, a split at least as uneven of the examples that one alone gets right has the "
        f"probability {chance} (McNemar's test). A winner is named where that is below 0.05, which is where the "
        f"interval excludes 0.{_one_sided(found['only_classifier'], found['only_baseline'])}"
    )


def _one_sided(first: int, second: int) -> str:
    """Explain an interval that ends at the difference itself."""
    if (first == 0) == (second == 0):
        return ""
    return (
        " One of the two has all the examples that one alone gets right: no larger difference is possible with "
        "so many, so the interval ends at the difference itself."
    )


def show_branches(data: Mapping[str, Any]) -> str:
    """Render the scores of each branch alone."""
    if not (branches := data["branches"]):
        return ""
    more = ", and the tabular columns" if data["beside"] else ""
    about = {
        "recurrent": f"Recurrent network: reads the text in order{more}",
        "wide": f"N-gram branch: a linear model on words and short phrases{more}",
    }
    lead = headline_of(data)
    rows = [
        [about[part["name"]], number(part["factor"]), number(part[lead.name]["value"]), interval(part[lead.name])]
        for part in branches["parts"]
    ]
    both = data["metrics"][lead.name]
    rows.append(["Both together", "", number(both["value"]), interval(both)])
    paired = ""
    if gain := branches["gain"]:
        paired = f" Compared with the better one alone, on the same examples: {user_text(gain['verdict'])}."
        paired += "" if gain["p_value"] is None else _one_sided(gain["only_first"], gain["only_second"])
    note = f"{_JOINED.get(data['target']['kind'], _JOINED_CLASSES)}{paired}"
    idle = branches.get("idle")
    said = f'<p class="warning">{user_text(idle[:1].upper() + idle[1:])}.</p>' if idle else ""
    heads = ["Branch", "Weight", f"{SCORES[lead.name]} alone", "95&nbsp;%"]
    return section("The two branches", f'<p class="note">{note}</p>', said, table(heads, rows))


def show_classes(data: Mapping[str, Any]) -> str:
    """Render the scores per class, the weakest first if there are many, and the most confused pairs."""
    classes = data["classes"]
    if not classes:
        return ""
    if data["target"]["kind"] == "multi":
        return _show_labels(classes)
    if many := len(classes) > ROWS_AT_ONCE:
        classes = sorted(classes, key=lambda row: row["f1"])
    rows = [
        [
            name_text(row["name"]),
            *(_with_ends(row, name) for name in ("precision", "recall", "f1")),
            number(row["support"]),
            number(row["predicted"]),
        ]
        for row in classes
    ]
    heads = ["Class", "Precision", "Recall", "F1", "Examples", "Predicted"]
    scores = _scrolling(table(heads, rows), len(rows))
    if len(rows) <= 2 or not data["confused"]:
        return section("Class by class", scores)
    confused = [
        [name_text(pair["true"]), name_text(pair["predicted"]), number(pair["count"]), f"{pair['share']:.1%}"]
        for pair in data["confused"]
    ]
    listed = table(["True class", "Predicted", "Count", "Of the true class"], confused, texts=2)
    order = ", the weakest first" if many else ""
    pairs = f"<h3>Classes mixed up most often</h3>{_scrolling(listed, len(confused))}"
    return section("Class by class", f"<h3>Scores{order}</h3>{scores}", pairs)


def _show_labels(classes: Sequence[Mapping[str, Any]]) -> str:
    """Render the scores per label, the weakest first."""
    rows = [
        [name_text(row["name"]), *(number(row[name]) for name in _LABEL_SCORES)]
        for row in sorted(classes, key=lambda row: row["f1"])
    ]
    heads = ["Label", "Precision", "Recall", "F1", "Average precision", "Threshold", "Examples", "Predicted"]
    note = "A label is given where its probability reaches its threshold, the one with the best F1 on validation."
    return section("Label by label", f'<p class="note">{note}</p>', _scrolling(table(heads, rows), len(rows)))


def _with_ends(row: Mapping[str, Any], name: str) -> str:
    """A class's score, and its 95 % interval below it."""
    ends = row["intervals"].get(name)
    below = f'<br><span class="ends">{number(ends[0])} to {number(ends[1])}</span>' if ends else ""
    return f"{number(row[name])}{below}"


def show_rejection(data: Mapping[str, Any]) -> str:
    """Render the rejected predictions and the accuracy of the others; "" if nothing can be rejected."""
    if not (found := data["rejection"]):
        return ""
    note = (
        "Predictions whose confidence is below a minimum, fitted on validation (calibrate.accept), are rejected: "
        "predict gives them no label. All other figures on this page include them."
    )
    heads = ["Answers", "Rejected", "Accuracy of the others", "95&nbsp;%"]
    accuracy = found["accuracy"]
    shown = [number(accuracy["value"]), interval(accuracy)] if accuracy["value"] is not None else ["", ""]
    rows = [[number(data["examples"]), number(found["rejected"]), *shown]]
    return section("Rejected predictions", f'<p class="note">{note}</p>', table(heads, rows))


def show_errors(data: Mapping[str, Any]) -> str:
    """Render the most confident errors with their texts."""
    if not data["errors"]:
        return ""
    items = "\n".join(
        f"<li><p>{_error(row)} · {user_text(row['place'])}</p>"
        f'<blockquote dir="auto">{user_text(row["text"]) if row["text"] else "(no text)"}</blockquote></li>'
        for row in data["errors"]
    )
    note = (
        '<p class="note">Wrong predictions with the highest confidence: look here for wrong labels first. Row 1 is the '
        "first row of data, after the header if there is one.</p>"
    )
    title = "Largest errors" if data["target"]["kind"] == "number" else "Most confident errors"
    return section(title, note, f'<ol class="errors">\n{items}\n</ol>')


def _error(row: Mapping[str, Any]) -> str:
    """Describe a wrong prediction with its probability, if known."""
    sure = f" with probability {number(row['probability'])}" if "probability" in row else ""
    true = f" ({number(row['probability_of_true'])})" if "probability_of_true" in row else ""
    return f"<b>{user_text(row['predicted'])}</b>{sure}, but labelled <b>{user_text(row['true'])}</b>{true}"


def show_baseline(data: Mapping[str, Any]) -> str:
    """Render the baseline, its top features per class, and its trials."""
    baseline = data["baseline"]
    if not baseline or not baseline.get("top_features"):
        return ""
    rows = [
        [name_text(row["class"]), ", ".join(name_text(text) for text, _ in row["features"]) or "&ndash;"]
        for row in baseline["top_features"]
    ]
    chosen = f"C = {baseline['inverse_penalty']:g}" + (", the best on validation" if baseline.get("trials") else "")
    if baseline.get("model") == "centroid":
        chosen = "the one model where classes are many"
    note = (
        f"{user_text(baseline.get('name', UNNAMED))}, of {count_words(baseline['features'], 'n-gram')}, {chosen}. "
        "The n-grams with the highest weights for each class:"
    )
    listed = _scrolling(table(["Class", "N-grams, the strongest first"], rows, texts=2), len(rows))
    return section("The baseline", f'<p class="note">{note}</p>', listed, _trials(baseline))


def _trials(baseline: Mapping[str, Any]) -> str:
    """Render the validation scores of each linear model."""
    rows = [
        [
            MODELS[trial["model"]],
            "&ndash;" if trial["model"] == "centroid" else f"{trial['inverse_penalty']:g}",
            number(trial["score"], 4),
            number(trial["loss"], 4),
        ]
        for trial in baseline.get("trials", ())
    ]
    if not rows:
        return ""
    heads = ["Model", "C", *_trial_heads(baseline)]
    note = "C is the inverse regularisation strength: the larger, the closer a model fits the training texts."
    return f'<h3>The linear models that were tried</h3><p class="note">{note}</p>{table(heads, rows)}'


def _trial_heads(baseline: Mapping[str, Any]) -> tuple[str, str]:
    score, loss = baseline.get("judged_by", ("accuracy", "log loss"))
    if (score, loss) == ("accuracy", "log loss"):
        return "Accuracy on validation", "Log loss"
    return f"{score[:1].upper()}{score[1:]} on validation", f"{loss[:1].upper()}{loss[1:]}"


def show_beside(data: Mapping[str, Any]) -> str:
    """Render the permutation importance."""
    if not data["beside"]:
        return ""
    lead = headline_of(data)
    rows = [[name_text(part["name"]), number(part["score"]), f"{part['loss']:+.4f}"] for part in data["beside"]]
    note = (
        "The score with one column permuted among the examples, in the mean of some permutations (permutation "
        "importance, Breiman 2001). Information that two columns share counts for neither."
    )
    heads = ["Shuffled", SCORES[lead.name], "Worse by"]
    return section("Permutation importance", f'<p class="note">{note}</p>', table(heads, rows))


def show_checks(data: Mapping[str, Any]) -> str:
    """Render the data check."""
    checks = data["checks"]
    rows = []
    for name, about in checks.get("splits", {}).items():
        size = about.get("characters", {})
        cells = [about.get("rows"), about.get("empty"), about.get("duplicates"), size.get("median"), size.get("max")]
        rows.append([user_text(name), *map(number, cells)])
    heads = ["Split", "Rows", "Empty", "Repeated", "Median characters", "Longest"]
    warnings = "".join(f"<li>{user_text(warning)}</li>" for warning in checks.get("warnings", []))
    if not rows and not warnings:
        return ""
    beside = "".join(f"<li>{user_text(line)}</li>" for line in describe_beside(checks.get("beside", {})))
    beside = f'<p class="note">Tabular columns:</p><ul class="plain">{beside}</ul>' if beside else ""
    said = f'<ul class="plain">{warnings}</ul>' if warnings else '<p class="note">Nothing suspicious was found.</p>'
    return section("The data", table(heads, rows) if rows else "", beside, said)


def show_settings(data: Mapping[str, Any]) -> str:
    """Render the settings by section."""
    lists = [
        f"<div><h3>{user_text(name)}</h3>{settings_list(values)}</div>"
        for name, values in data["settings"].items()
        if isinstance(values, Mapping) and values
    ]
    single = {name: value for name, value in data["settings"].items() if not isinstance(value, Mapping)}
    if single:
        lists.insert(0, f"<div>{settings_list(single)}</div>")
    return section("Settings", f'<div class="columns">{"".join(lists)}</div>' if lists else "")


def show_methods(data: Mapping[str, Any]) -> str:
    """Render the methods, with sources."""
    made = data["resamples"]
    drawn = (
        f"Intervals are 95 %: the middle of the scores of {count_words(made, 'set')} of examples that were drawn again "
        "from these (percentile bootstrap, Efron &amp; Tibshirani 1993); they hold for this one trained model, not for "
        "training it again. "
        "Where no such set differs (all right, say) accuracy has Wilson's interval and other scores none. "
        if made
        else "Scores have no intervals: evaluate.bootstrap was 0. "
    )
    return section(
        "How to read this",
        f'<p class="note">{drawn}The calibration error is the expected calibration error with 15 bins of equal width '
        "(Guo et al. 2017); resampling adds to it, so that its interval can lie above it. Bars in the reliability "
        "diagram and in accuracy by length are 95&nbsp;% Wilson intervals (Wilson 1927). The difference in accuracy of "
        "two classifiers on the same examples is judged by McNemar's exact test (McNemar 1947) and the interval that "
        "belongs to it (Clopper &amp; Pearson 1934); that in another score by its paired bootstrap interval.</p>",
    )


def _scrolling(table_html: str, rows: int) -> str:
    """Wrap a long table in a scrolling box."""
    if rows <= ROWS_AT_ONCE:
        return table_html
    return table_html.replace('<div class="wide">', '<div class="wide tall" tabindex="0">', 1)
