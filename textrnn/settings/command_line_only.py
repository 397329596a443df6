"""Settings that mean something to a run of the command line alone."""

from __future__ import annotations

from textrnn.settings.sections import fields_of

_GIVE_TEXTS = "give fit the texts and labels themselves"
_READ_FILE = "read the file yourself, for instance by pandas.read_csv, and give fit its columns"
_UNLABELLED = "give fit the texts themselves: fit(texts, labels, unlabelled=more)"
_SOFT = "give fit the probabilities themselves: fit(texts, labels, soft_labels=probabilities)"
_HOLD_BACK = "split off the test texts yourself (train_test_split of scikit-learn), and evaluate on those"
# what a run of the command line reads, and Python does not: what to do instead
COMMAND_LINE_ONLY = {
    "name": "save the model under a name: classifier.save(folder)",
    **dict.fromkeys(("data.source", "data.train", "data.validation", "data.test"), _GIVE_TEXTS),
    **{
        f"data.{key}": _READ_FILE
        for key in ("format", "delimiter", "encoding", "errors", "quoting", "header", "max_rows", "max_bytes")
    },
    "data.fixes": "change the labels yourself",
    "data.on_bad_row": "drop the rows yourself",
    **dict.fromkeys(("data.confidence_column", "data.probability_columns"), _SOFT),
    "data.id_column": "rows are named by their number",
    "data.slice_by": "categorical columns are sliced by",
    "data.test_fraction": _HOLD_BACK,
    "data.split_seed": "random_state splits too",
    "data.folds": "cross_val_score of scikit-learn takes a TextClassifier",
    "train.checkpoint_seconds": "fit keeps no checkpoints",
    **{f"unlabelled.{key}": _UNLABELLED for key in fields_of("unlabelled")},
}


def is_name(value: object) -> bool:
    """Whether a setting that may be a path is none: "auto", "none", "self", or a package."""
    return isinstance(value, str) and (value in ("auto", "none", "self") or value.startswith("package:"))
