"""The former names of settings, sections, stages, each with the one of now."""

from __future__ import annotations

# "section.key" of an earlier version: the setting now
RENAMED_SETTINGS = {
    "pretrain.vectors": "embeddings.vectors",
    "pretrain.size": "embeddings.size",
    "pretrain.window": "embeddings.window",
    "pretrain.scale": "embeddings.scale",
    "language.passes": "encoder_pretraining.epochs",
    "language.window": "encoder_pretraining.window",
    "language.stride": "encoder_pretraining.stride",
    "language.common": "encoder_pretraining.subsampling_threshold",
    "language.texts": "encoder_pretraining.batch_size",
    "language.rate": "encoder_pretraining.learning_rate",
    "language.start": "train.init_from",
    "teach.teachers": "self_training.teachers",
    "teach.passes": "self_training.epochs",
    "wide.enabled": "ngram_branch.enabled",
    "wide.ngrams": "ngram_branch.ngrams",
    "wide.min_documents": "ngram_branch.min_documents",
    "wide.max_features": "ngram_branch.max_features",
    "wide.inverse_penalties": "ngram_branch.inverse_penalties",
    "train.keep": "train.truncation",
    "train.average": "train.ema_decay",
    "calibrate.accept": "decision.coverage",
    "calibrate.coverage": "decision.coverage",
    "model.side_size": "model.tabular_size",
}
# settings of an earlier version that are gone, since they gained nothing on long texts and on short ones (docs/log.md)
REMOVED_SETTINGS = ("train.layer_decay", "train.unfreeze", "train.virtual_adversarial", "train.entropy")
# section of an earlier version: the section now
RENAMED_SECTIONS = {
    "pretrain": "embeddings",
    "language": "encoder_pretraining",
    "teach": "self_training",
    "wide": "ngram_branch",
    "calibrate": "decision",
}
# stage of an earlier version: the stage now
RENAMED_STAGES = {
    "pretrain": "embeddings",
    "language": "pretrain_encoder",
    "teach": "self_train",
    "wide": "ngram_branch",
    "calibrate": "decide",
}


def renamed_setting(setting: str) -> str:
    """Return what `setting` of an earlier version, "section.key", is called now, or `setting` itself.

    >>> renamed_setting("train.keep"), renamed_setting("train.epochs")
    ('train.truncation', 'train.epochs')
    """
    return RENAMED_SETTINGS.get(setting, setting)
