"""The graph: what runs, in what order, making what. Each stage has a short file in this folder."""

from __future__ import annotations

from pipelines.stages.stage import Stage
from pipelines.stages.with_folds import stages_with_folds

STAGES: tuple[Stage, ...] = (
    Stage(
        "load",
        reads=(),
        makes="corpus",
        params=("data",),
        sources=("data",),
        function="pipelines.stages.load:run_load",
        noun="textrnn.data.corpus:Corpus",
        summary="Read the labelled texts and split them.",
    ),
    Stage(
        "tokenize",
        reads=("corpus",),
        makes="words",
        params=("tokenize",),
        function="pipelines.stages.tokenize:run_tokenize",
        noun="textrnn.text.words:Words",
        summary="Split the texts into words.",
    ),
    Stage(
        "vocabulary",
        reads=("words",),
        makes="vocabulary",
        params=("vocabulary", "train", "embeddings"),
        arguments="textrnn.config.arguments.vocabulary:vocabulary_arguments",
        sources=("init_from", "encoder"),
        function="pipelines.stages.vocabulary:run_vocabulary",
        noun="textrnn.text.vocabulary:Vocabulary",
        summary="Choose the tokens of the vocabulary.",
    ),
    Stage(
        "numericalize",
        reads=("words", "vocabulary"),
        makes="ids",
        params=(),
        function="pipelines.stages.numericalize:run_numericalize",
        noun="textrnn.text.ids:Ids",
        summary="Turn the words into token ids.",
    ),
    Stage(
        "unlabelled",
        reads=("corpus", "vocabulary"),
        makes="unlabelled",
        params=("unlabelled",),
        sources=("unlabelled",),
        function="pipelines.stages.unlabelled:run_unlabelled",
        noun="textrnn.text.unlabelled:Unlabelled",
        summary="Read the unlabelled texts.",
        off=({"unlabelled.source": None},),
    ),
    Stage(
        "embeddings",
        reads=("ids", "vocabulary", "unlabelled"),
        makes="word_vectors",
        params=("embeddings",),
        sources=("vectors", "encoder"),
        function="pipelines.stages.embeddings:run_embeddings",
        noun="textrnn.text.word_vectors:WordVectors",
        summary="Read word vectors, and learn more from the texts.",
        off=({"embeddings.vectors": "none", "embeddings.encoder": "none", "embeddings.size": 0},),
    ),
    Stage(
        "pretrain_encoder",
        reads=("ids", "vocabulary", "word_vectors", "unlabelled"),
        makes="pretrained_weights",
        params=("model", "train", "encoder_pretraining"),
        arguments="textrnn.config.arguments.encoder_pretraining:encoder_arguments",
        sources=("init_from",),
        function="pipelines.stages.pretrain_encoder:run_pretrain_encoder",
        noun="textrnn.nn.pretrained:PretrainedWeights",
        summary="Pretrain the encoder, or start it from another model.",
        off=(
            {"encoder_pretraining.epochs": 0, "train.init_from": "none"},
            {"model.encoder": "bag", "encoder_pretraining.epochs": "auto", "train.init_from": "none"},
            {"model.encoder": "convolution", "encoder_pretraining.epochs": "auto", "train.init_from": "none"},
        ),
    ),
    Stage(
        "ngram_branch",
        reads=("ids", "vocabulary"),
        makes="ngram_branch",
        params=("ngram_branch", "train"),
        arguments="textrnn.config.arguments.ngram_branch:ngram_branch_arguments",
        function="pipelines.stages.ngram_branch:run_ngram_branch",
        noun="textrnn.linear.ngram_branch:NgramBranch",
        summary="Fit the linear branch on n-grams.",
        off=({"ngram_branch.enabled": False},),
    ),
    Stage(
        "self_train",
        reads=("corpus", "ids", "word_vectors", "pretrained_weights", "ngram_branch", "unlabelled"),
        makes="pseudo_labels",
        params=("model", "train", "self_training", "unlabelled"),
        arguments="textrnn.config.arguments.self_training:self_training_arguments",
        sources=("unlabelled", "teacher"),
        function="pipelines.stages.self_train:run_self_train",
        noun="textrnn.text.pseudo_labels:PseudoLabels",
        summary="Label the unlabelled texts for self-training.",
        off=(
            {"unlabelled.source": None},
            {"self_training.teacher": "self", "self_training.teachers": 0},
        ),
    ),
    Stage(
        "train",
        reads=("ids", "word_vectors", "pretrained_weights", "pseudo_labels"),
        makes="classifier",
        params=("model", "train"),
        arguments="textrnn.config.arguments.train:train_arguments",
        function="pipelines.stages.train:run_train",
        noun="textrnn.inference.classifier:Classifier",
        summary="Train the network.",
    ),
    Stage(
        "decide",
        reads=("ids", "classifier", "ngram_branch"),
        makes="decision",
        params=("decision",),
        function="pipelines.stages.decide:run_decide",
        noun="textrnn.decision.decision:Decision",
        summary="Fit the branch weights and the minimum confidence.",
    ),
    Stage(
        "baseline",
        reads=("words",),
        makes="baseline",
        params=("baseline",),
        function="pipelines.stages.baseline:run_baseline",
        noun="textrnn.linear.baseline:Baseline",
        summary="Fit the linear baseline of the report.",
        format=2,
    ),
    Stage(
        "audit",
        reads=("corpus", "words"),
        makes="audit",
        params=("audit",),
        function="pipelines.stages.audit:run_audit",
        noun="textrnn.auditing.audit:Audit",
        summary="Find labelled rows that look wrong; no other stage waits for it.",
    ),
    Stage(
        "evaluate",
        reads=("corpus", "ids", "classifier", "ngram_branch", "decision", "baseline", "vocabulary", "pseudo_labels"),
        makes="report",
        params=("evaluate",),
        function="pipelines.stages.evaluate:run_evaluate",
        noun="textrnn.evaluation.report:Report",
        summary="Score the classifier and write the report.",
    ),
    Stage(
        "bundle",
        reads=("vocabulary", "classifier", "ngram_branch", "decision", "report", "corpus"),
        makes="model",
        params=(
            "data",
            "tokenize",
            "vocabulary",
            "embeddings",
            "encoder_pretraining",
            "ngram_branch",
            "model",
            "self_training",
            "train",
            "decision",
        ),
        function="pipelines.stages.bundle:run_bundle",
        noun="textrnn.model.folder:ModelFolder",
        summary="Write the model folder.",
    ),
)


def find_stage(name: str) -> Stage:
    """The row of the stage `name`. Raises KeyError."""
    return {stage.name: stage for stage in STAGES}[name]


def stage_names() -> list[str]:
    """The names of the stages, in order."""
    return [stage.name for stage in STAGES]


def needed_for(name: str, folds: int = 0) -> tuple[Stage, ...]:
    """The stages that must be up to date before `name` is, in order, itself the last.

    With `folds` those of each fold are among them: see `stages_with_folds`.
    """
    stages, wanted = stages_with_folds(STAGES, folds), {name}
    for stage in reversed(stages):
        if stage.name in wanted:
            wanted |= {other.name for other in stages if other.makes in stage.reads}
    return tuple(stage for stage in stages if stage.name in wanted)
