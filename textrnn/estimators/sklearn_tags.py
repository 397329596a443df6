"""What scikit-learn should know of a text classifier before it looks for classes in the labels."""

from __future__ import annotations

from typing import Any

from sklearn.utils import ClassifierTags, RegressorTags


def tags_of(tags: Any, target: str) -> Any:
    """`tags` of a classifier with what holds for texts and for this kind of `target`.

    A target of numbers makes a regressor. One of several labels makes neither, since scikit-learn looks for classes in
    the labels of a classifier, and refuses lists of labels there: folds are not stratified, and all its scorers read
    the predictions as they are.
    """
    tags.input_tags.string, tags.input_tags.two_d_array, tags.input_tags.allow_nan = True, False, True
    tags.target_tags.required = tags.target_tags.one_d_labels = True
    if target == "number":
        tags.estimator_type, tags.classifier_tags, tags.regressor_tags = "regressor", None, RegressorTags()
    elif target == "multi":
        tags.estimator_type, tags.classifier_tags = None, ClassifierTags(multi_label=True)
        tags.target_tags.multi_output, tags.target_tags.single_output = True, False
        tags.target_tags.one_d_labels, tags.target_tags.two_d_labels = False, True
    return tags
