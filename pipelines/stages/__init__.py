"""The graph: what runs, in what order, making what. One short file a stage stands beside this one."""

from __future__ import annotations

from pipelines.stages.stage import Stage

STAGES: tuple[Stage, ...] = (
    Stage(
        "load",
        reads=(),
        makes="corpus",
        params=("data",),
        source="data",
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
        params=("vocabulary", "language"),
        arguments="textrnn.config.arguments.vocabulary:vocabulary_arguments",
        source="start",
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
        source="unlabelled",
        function="pipelines.stages.unlabelled:run_unlabelled",
        noun="textrnn.text.unlabelled:Unlabelled",
        summary="Read more texts, without labels.",
        off=({"unlabelled.source": None},),
    ),
    Stage(
        "pretrain",
        reads=("ids", "vocabulary", "unlabelled"),
        makes="vectors",
        params=("pretrain",),
        source="vectors",
        function="pipelines.stages.pretrain:run_embeddings",
        noun="textrnn.text.vectors:WordVectors",
        summary="Read word vectors, and learn some from the texts.",
        off=({"pretrain.vectors": "none", "pretrain.size": 0},),
    ),
    Stage(
        "language",
        reads=("ids", "vocabulary", "vectors", "unlabelled"),
        makes="pretrained",
        params=("model", "train", "language"),
        arguments="textrnn.config.arguments.encoder_pretraining:encoder_arguments",
        source="start",
        function="pipelines.stages.language:run_pretrain_encoder",
        noun="textrnn.nn.pretrained:PretrainedWeights",
        summary="Pretrain the encoder, or start it from another model.",
        off=(
            {"language.passes": 0, "language.start": "none"},
            {"model.encoder": "bag", "language.passes": "auto", "language.start": "none"},
            {"model.encoder": "convolution", "language.passes": "auto", "language.start": "none"},
        ),
    ),
    Stage(
        "wide",
        reads=("ids",),
        makes="wide",
        params=("wide", "train"),
        arguments="textrnn.config.arguments.wide:wide_arguments",
        function="pipelines.stages.wide:run_ngram_branch",
        noun="textrnn.linear.ngram_branch:NgramBranch",
        summary="Fit the linear branch on n-grams.",
        off=({"wide.enabled": False},),
    ),
    Stage(
        "teach",
        reads=("ids", "vectors", "pretrained", "wide", "unlabelled"),
        makes="lessons",
        params=("model", "train", "teach"),
        arguments="textrnn.config.arguments.self_training:self_training_arguments",
        function="pipelines.stages.teach:run_self_train",
        noun="textrnn.text.lessons:PseudoLabels",
        summary="Label texts without labels, for self-training.",
        off=(
            {"unlabelled.source": None},
            {"teach.teachers": 0, "train.virtual_adversarial": 0, "train.entropy": 0},
        ),
    ),
    Stage(
        "train",
        reads=("ids", "vectors", "pretrained", "lessons"),
        makes="classifier",
        params=("model", "train"),
        function="pipelines.stages.train:run_train",
        noun="textrnn.nn.artifact:Classifier",
        summary="Train the network.",
    ),
    Stage(
        "calibrate",
        reads=("ids", "classifier", "wide"),
        makes="decision",
        params=("calibrate",),
        function="pipelines.stages.calibrate:run_calibrate",
        noun="textrnn.decision.decision:Decision",
        summary="Weigh the branches, and set the least confidence.",
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
        "evaluate",
        reads=("corpus", "ids", "classifier", "wide", "decision", "baseline"),
        makes="report",
        params=("evaluate",),
        function="pipelines.stages.evaluate:run_evaluate",
        noun="textrnn.evaluation.report:Report",
        summary="Score the classifier and write the report.",
    ),
    Stage(
        "bundle",
        reads=("vocabulary", "classifier", "wide", "decision", "report", "corpus"),
        makes="model",
        params=(),
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


def needed_for(name: str) -> tuple[Stage, ...]:
    """The stages that must be up to date before `name` is, in order, itself the last."""
    wanted = {name}
    for stage in reversed(STAGES):
        if stage.name in wanted:
            wanted |= {other.name for other in STAGES if other.makes in stage.reads}
    return tuple(stage for stage in STAGES if stage.name in wanted)
