"""self_train: teachers trained on the labels label the unlabelled texts."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.arguments.self_training import NoSelfTraining, SelfTrainingArguments, TeacherArguments
from textrnn.data.corpus import Corpus
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.ids import Ids
from textrnn.text.pseudo_labels import PseudoLabels
from textrnn.text.read_unlabelled import list_unlabelled
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.word_vectors import WordVectors
from textrnn.training.ask_teacher import TeacherTexts
from textrnn.training.self_train import self_train


def run_self_train(
    corpus: Corpus,
    ids: Ids,
    word_vectors: WordVectors,
    pretrained_weights: PretrainedWeights,
    ngram_branch: NgramBranch,
    unlabelled: Unlabelled,
    arguments: SelfTrainingArguments | TeacherArguments | NoSelfTraining,
    context: StageContext,
) -> PseudoLabels:
    """Train the teachers, each from its checkpoint in the stage's folder or from the start, and ask them; or ask one
    that is there already.
    """

    def read_texts() -> TeacherTexts:
        assert isinstance(arguments, TeacherArguments)
        splits = {name: examples.texts for name, examples in corpus.splits.items()}
        return TeacherTexts(splits, list_unlabelled(corpus, arguments.unlabelled_config))

    return self_train(
        ids,
        word_vectors,
        pretrained_weights,
        ngram_branch,
        unlabelled,
        arguments,
        read_texts=read_texts,
        checkpoints=context.work,
        on_progress=context.show,
        on_line=context.log,
        on_count=context.count,
    )
