"""What config fields are called as parameters of `TextClassifier`, where they are called otherwise."""

from __future__ import annotations

# where a parameter is called otherwise than its config field; with the section, where others have such a field
RENAMED = {
    "vocabulary_kind": "kind",
    "vocabulary_size": "max_size",
    "vector_size": "size",
    "vector_window": "window",
    "vector_scale": "scale",
    "language_passes": "language.passes",
    "language_window": "language.window",
    "language_stride": "language.stride",
    "language_common": "language.common",
    "language_texts": "language.texts",
    "language_rate": "language.rate",
    "language_start": "language.start",
    "teacher_passes": "passes",
    "wide": "enabled",
    "wide_ngrams": "ngrams",
    "wide_min_documents": "min_documents",
    "wide_features": "max_features",
    "wide_inverse_penalties": "inverse_penalties",
    "random_state": "seed",
}
OF_PIPELINE = ("data", "unlabelled", "baseline", "evaluate")  # sections of which no field is a parameter by these names


def parameter_of(section: str, field: str) -> str | None:
    """The parameter that the field of a section is, where it is called otherwise; None where it is not.

    >>> parameter_of("train", "seed"), parameter_of("language", "passes"), parameter_of("train", "epochs")
    ('random_state', 'language_passes', None)
    """
    for name, meant in RENAMED.items():
        if meant == f"{section}.{field}":
            return name
    if section in OF_PIPELINE or section == "language":
        return None
    return next((name for name, meant in RENAMED.items() if meant == field), None)
