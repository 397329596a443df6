# ruff: noqa: E501
"""Wrong meanings planted by hand: a small replacement in a file, and what it would do to whoever relies on it.

Each must apply exactly once; one that does not is an error, so that the list follows the code.
"""

from __future__ import annotations

from mutants.operators import Mutant
from mutants.planted_served import SERVED_AND_EXPORTED
from mutants.planting import Planted
from mutants.tree import ROOT


class DoesNotApply(Exception):
    """A planted meaning whose text the code has no longer, or has twice."""


def planted_mutants() -> list[Mutant]:
    """All of them, as mutants. Raises DoesNotApply with every one that is to be written anew."""
    found, wrong = [], []
    for planted in PLANTED:
        path = ROOT / planted.file
        source = path.read_text(encoding="utf-8") if path.is_file() else ""
        times = source.count(planted.old)
        if times != 1 or planted.old == planted.new:
            wrong.append(f"{planted.file}: {planted.caption}: expected its text once, found it {times} times")
            continue
        start = source[: source.index(planted.old)].count("\n") + 1
        lines = start, start + planted.old.strip("\n").count("\n")
        whole = source.encode()
        at = whole.index(planted.old.encode())
        words = planted.caption, planted.old, planted.new
        found.append(Mutant(planted.file, "planted", *words, whole, at, lines, planted.test))
    if wrong:
        raise DoesNotApply("\n".join(wrong))
    return found


LOAD = "textrnn/data/load.py"
SPLIT = "textrnn/data/split.py"
SIDE = "textrnn/data/tabular.py"
TARGET = "textrnn/data/target.py"
COUNT = "textrnn/text/build_vocabulary.py"
DECIDE = "textrnn/decision/decide.py"
DECISION = "textrnn/decision/decision.py"
FIT_DECISION = "textrnn/decision/fit_decision.py"
APPLY_REQUEST = "textrnn/decision/apply_request.py"
GUARANTEE = "textrnn/decision/threshold_search.py"
WIDE = "textrnn/linear/fit_ngram_branch.py"
BASELINE = "textrnn/linear/fit_baseline.py"
FEATURES = "textrnn/linear/baseline_features.py"
SVM = "textrnn/linear/svm_baseline.py"
SVM_BRANCH = "textrnn/linear/svm_branch.py"
CHARACTERS = "textrnn/text/character_ngrams.py"
ANSWERS = "textrnn/metrics/predictions.py"
TRAIN_RANK = "textrnn/training/train_rank.py"
LOOP = "textrnn/training/loop.py"
STEP = "textrnn/training/step.py"
LANGUAGE = "textrnn/training/pretrain_encoder.py"
MAKING = "textrnn/estimators/train_in_memory.py"
PREDICTED_ROWS = "pipelines/predicting/predicted_rows.py"
PREDICTOR = "textrnn/model/predictor.py"
BUNDLE = "textrnn/bundling/bundle.py"
KEYS = "pipelines/caching/keys.py"
ARGUMENTS = "textrnn/config/arguments"
PRETRAIN = "textrnn/text/make_word_vectors.py"
UNLABELLED = "textrnn/text/read_unlabelled.py"
TEACH = "textrnn/training/self_train.py"
LESSONS = "textrnn/text/pseudo_labels.py"
NB = "textrnn/linear/naive_bayes.py"
OBJECTIVE = "textrnn/training/objective.py"
ROWS = "textrnn/training/training_rows.py"
BALANCE = "textrnn/training/balanced_sampling.py"
ROW_WEIGHTS = "textrnn/data/row_weights.py"
LEARNING_RATE = "textrnn/training/learning_rate.py"
START = "textrnn/training/warm_start.py"
EVALUATE = "textrnn/evaluation/evaluate.py"
SCORE = "textrnn/model/score_rows.py"
PYTHON = "textrnn/settings/python_settings.py"
KEPT = "textrnn/settings/saved_settings.py"

# tests that see some of these, and would be late in their turn
WIRINGS = "tests/textrnn/test_wirings.py::test_fit_and_the_pipeline_make_the_same_model[everything]"
KEYED = (
    "tests/pipelines/caching/test_keys.py::test_every_setting_changes_the_keys_of_the_stages_that_are_handed_it[train]"
)

PLANTED: tuple[Planted, ...] = (
    # held-out rows leak into something that is fitted
    Planted(LOAD, "numbers are standardised with the validation split's mean", 'fit_tabular(splits["train"].tabular', 'fit_tabular(splits["validation"].tabular', "tests/textrnn/test_leaks.py::test_nothing_that_is_fitted_knows_a_row_that_it_may_not_read[goods]"),
    Planted(LOAD, "numbers are standardised with all rows' mean", 'fit_tabular(splits["train"].tabular', 'fit_tabular(train.tabular', "tests/textrnn/test_leaks.py::test_tabular_cells_of_held_out_rows_are_in_no_mean_and_no_category"),
    Planted(LOAD, "the scale of a number target knows the held-out rows", 'target_of("number", splits["train"].labels)', 'target_of("number", train.labels)'),
    Planted(COUNT, "words of validation are counted into the vocabulary", 'counts = words.counts("train")', 'counts = sum(words.counts(name) for name in words.splits)'),
    Planted(WIDE, "n-grams are those of validation", 'ids.splits["train"],\n        longest=', 'ids.splits["validation"],\n        longest='),
    Planted(WIDE, "the n-gram branch is chosen by its training loss", 'scores = scores_of_logits(ids.target, ngram_logits(branch, held_out, tabular))\n        score, loss = validation_score(ids.target, ids.labels["validation"], scores, ids.weights.get("validation"))', 'scores = scores_of_logits(ids.target, ngram_logits(branch, ids.splits["train"], ids.tabular.get("train")))\n        score, loss = validation_score(ids.target, ids.labels["train"], scores, ids.weights.get("train"))'),
    Planted(SVM_BRANCH, "the weights of characters are in no word", 'of_ngrams, of_tabular = spread @ found[: spread.shape[1]]', 'of_ngrams, of_tabular = spread[:, : spread.shape[0]] @ found[: spread.shape[0]]', "tests/textrnn/linear/test_svm_branch.py"),
    Planted(SVM_BRANCH, "the SVM of the n-gram branch does without the weights of texts", 'fit_linear_svm(features, labels, target, inverse_penalty, weights)', 'fit_linear_svm(features, labels, target, inverse_penalty)', "tests/textrnn/linear/test_svm_branch.py"),
    Planted("textrnn/linear/char_ngram_matrix.py", "what stands in a word counts again in a pair of words", 'counts = counts - pair @', 'counts = counts - 0 * pair @', "tests/textrnn/linear/test_svm_branch.py"),
    Planted(DECIDE, "the decision is fitted on the training split", 'rows, tabular, labels = ids.splits["validation"], ids.tabular.get("validation"), ids.labels["validation"]', 'rows, tabular, labels = ids.splits["train"], ids.tabular.get("train"), ids.labels["train"]'),
    Planted(FEATURES, "the baseline counts n-grams of validation", 'count_ngrams_each(words.splits["train"],', 'count_ngrams_each(words.splits["validation"],'),
    Planted(FEATURES, "the baseline chooses n-grams of characters on validation", 'count(words.table, words.splits["train"],', 'count(words.table, words.splits["validation"],', "tests/textrnn/linear/test_svm_baseline.py"),
    Planted(BASELINE, "the SVM is calibrated on its training texts", 'CalibrationSet(validation, words.labels["validation"], words.tabular.get("validation"))', 'CalibrationSet(counts, labels, tabular)', "tests/textrnn/linear/test_svm_baseline.py"),
    Planted(SVM, "the bias of the SVM's margins is not scaled", 'scale * bias + offset', 'bias + offset', "tests/textrnn/linear/test_svm_baseline.py"),
    Planted(SVM, "without validation the SVM is calibrated on texts that it learned from", 'fit_linear_svm(features[~fifth], labels[~fifth], target', 'fit_linear_svm(features, labels, target', "tests/textrnn/linear/test_svm_baseline.py"),
    Planted(CHARACTERS, "n-grams of characters do not know where a word ends", 'characters_of(table, EDGE), _count', 'characters_of(table), _count', "tests/textrnn/text/test_character_ngrams.py"),
    Planted(BASELINE, "the baseline is chosen on test where there is one", 'words.splits.get("validation")\n    best', 'words.splits.get("test")\n    best'),
    Planted(BASELINE, "the baseline's thresholds are fitted on test", 'fit_thresholds(words.labels["validation"], scores["validation"])', 'fit_thresholds(words.labels["test"], scores["test"])'),
    Planted(PRETRAIN, "vectors are learned from validation texts too", 'rows = ids.splits["train"] if more is None else join_rows(ids.splits["train"], more)', 'rows = join_rows(ids.splits["train"], ids.splits["validation"], *([] if more is None else [more]))'),
    Planted(LANGUAGE, "the encoder is pretrained on validation texts", 'join_rows(ids.splits["train"], more)', 'join_rows(ids.splits["train"], ids.splits["validation"], more)'),
    Planted(LANGUAGE, "the epoch of pretraining is chosen by training loss", 'held = replace(feed, rows=ids.splits["validation"])', 'held = feed'),
    Planted(UNLABELLED, "a validation text may be an unlabelled one", 'for examples in corpus.splits.values() for', 'for examples in [corpus.splits["train"]] for'),
    Planted(TRAIN_RANK, "the epoch is chosen by another split", 'ids.splits["validation"],\n            max_tokens', 'ids.splits["train"],\n            max_tokens'),
    Planted(TEACH, "teachers are calibrated on what they were trained on", 'ngram_branch, ids.splits["validation"])\n        decision = fit_decision(\n            held_out,\n            ids.labels["validation"],\n            has_ngrams=ngram_branch.ngrams.features > 0,\n            target=ids.target,\n            weights=ids.weights.get("validation"),', 'ngram_branch, ids.splits["train"])\n        decision = fit_decision(\n            held_out,\n            ids.labels["train"],\n            has_ngrams=ngram_branch.ngrams.features > 0,\n            target=ids.target,\n            weights=ids.weights.get("train"),'),
    # a setting is lost between two layers
    Planted(LOAD, "data.split_seed is lost in load", "missing, config, config.split_seed,", "missing, config, 0,", "tests/pipelines/test_settings.py::test_another_value_is_another_result[data.split_seed]"),
    Planted(LOAD, "the fraction of validation in Python is the default", 'dict[SplitName, float] = {"validation": validation_fraction}', 'dict[SplitName, float] = {"validation": 0.1}'),
    Planted(LOAD, "max_categories is lost on the way to the columns", "config.categorical, config.max_categories)", "config.categorical, 1000)", "tests/pipelines/test_settings.py::test_another_value_is_another_result[data.max_categories]"),
    Planted(LOAD, "the order of classes is lost", "target_of(config.target, train.labels, config.classes or known)", "target_of(config.target, train.labels, known)", "tests/pipelines/test_settings.py::test_another_value_is_another_result[data.classes]"),
    Planted("textrnn/decision/branch_logits.py", "truncation is lost on the way to the logits", "        truncation=settings.truncation,\n", ""),
    Planted("textrnn/decision/branch_logits.py", "columns beside the text are lost for the n-gram branch", "ngram_logits(ngram_branch, rows, tabular)", "ngram_logits(ngram_branch, rows)"),
    Planted(TRAIN_RANK, "truncation is lost on validation", "truncation=config.truncation,\n            on_batch", "on_batch", "tests/pipelines/test_settings.py::test_another_value_is_another_result[train.best_by]"),
    Planted(TRAIN_RANK, "validation is read without its tabular columns", 'deal=slice(world.rank, None, world.size),\n            tabular=ids.tabular.get("validation"),', 'deal=slice(world.rank, None, world.size),\n            tabular=None if not ids.tabular else ids.tabular["validation"].take(np.arange(len(ids.splits["validation"]))[::-1]),'),
    Planted(TRAIN_RANK, "the seed is lost in the first weights", "seed=config.seed, tabular=tabular", "seed=0, tabular=tabular", "tests/textrnn/training/test_train.py::test_the_first_weights_are_those_of_the_seed"),
    Planted(TRAIN_RANK, "weight decay is lost", "weight_decay=config.weight_decay)", "weight_decay=0.01)", "tests/pipelines/test_settings.py::test_another_value_is_another_result[train.weight_decay]"),
    Planted(TRAIN_RANK, "vectors are not handed on to training", "init_embedding(network.embedding, vectors.matrix)", "pass"),
    Planted(TRAIN_RANK, "pretrained weights are not handed on to training", "load_pretrained(network, pretrained)", "pass"),
    Planted(LOOP, "the warm-up is the default", "warmup=config.warmup,", "warmup=0.1,"),
    Planted(LOOP, "the schedule is the default", "schedule=config.schedule,\n    )", ")", "tests/textrnn/training/test_loop.py::test_the_rate_follows_its_schedule_to_the_end"),
    Planted(STEP, "clip_norm is lost", "scale=min(1.0, config.clip_norm / (norm + EPSILON))", "scale=min(1.0, 0.25 / (norm + EPSILON))"),
    Planted(LOOP, "patience waits an epoch more", "0 < schedule.patience <= state.waited", "0 < schedule.patience < state.waited"),
    Planted(LOOP, "patience ends the first half of a run", " and state.epoch >= schedule.min_epochs", ""),
    Planted(PREDICTOR, "truncation is lost in use", '"truncation": self.truncation, "threads"', '"truncation": "head", "threads"'),
    Planted(PREDICTOR, "max_tokens is lost in use", '{"max_tokens": self.max_tokens,', '{"max_tokens": 400,'),
    Planted(PREDICTOR, "a loaded model reads Chinese by the default", "prepare_texts(bounded, self.text)", "prepare_texts(bounded, TokenizeConfig())"),
    Planted(PREDICTOR, "columns beside the text are lost in use", "if self.tabular.features else None\n", "if False else None\n"),
    Planted(BUNDLE, "the decision is not the one that was made", "decisions.to_bytes(bind_decision(decision, weights, ngrams))", "decisions.to_bytes(bind_decision(Decision(1.0, 1.0 if ngram_branch.ngrams.features else 0.0, rule=decision.rule, offset=decision.offset, thresholds=decision.thresholds), weights, ngrams))"),
    Planted(BUNDLE, "max_tokens is not in the folder", "size, settings.max_tokens, settings.truncation", "size, 400, settings.truncation", "tests/textrnn/model/test_folder.py::test_what_is_saved_gives_the_same_probabilities_bit_for_bit"),
    Planted(UNLABELLED, "unlabelled.max_rows is lost", "if number == limit:", "if number == limit + 10**9:"),
    Planted(UNLABELLED, "unlabelled.max_characters is lost", "max_characters=config.max_characters,", ""),
    Planted(LANGUAGE, "texts a step of pretraining are the default", "batch_size=config.batch_size,", "batch_size=32,"),
    Planted(LANGUAGE, "the rate of pretraining is the default", "learning_rate=config.learning_rate,", "learning_rate=3e-3,"),
    Planted(LANGUAGE, "pretraining cuts at the other end", "truncation=train.truncation,\n        learning_rate", "learning_rate"),
    Planted(TEACH, "every teacher has the same seed", "(common.seed + number) % MAX_SEED", "(common.seed + 1) % MAX_SEED"),
    Planted(TEACH, "teachers train as long as the network", "MAX_SEED, epochs=config.epochs", "MAX_SEED, epochs=common.epochs"),
    Planted(TEACH, "teachers start from nothing", "pretrained=pretrained,\n            checkpoints", "checkpoints"),
    Planted(EVALUATE, "thresholds are not handed to the report", "choose(decision, probabilities)", "choose(Decision(rule=decision.rule), probabilities)"),
    # two wirings of the same stages
    Planted(MAKING, "Python skips the teachers", "rows = add_pseudo_labels(rows, pseudo_labels)", "rows = rows", WIRINGS),
    Planted(MAKING, "Python skips rejection", "ngram_branch, of.decision", "ngram_branch, DecisionConfig()"),
    Planted(MAKING, "Python learns no vectors from unlabelled texts", "of.embeddings, more.rows, borrowed)", "of.embeddings, None, borrowed)", WIRINGS),
    Planted(MAKING, "Python trains without the pretrained encoder", "*made_of, pretrained=pretrained,", "*made_of, pretrained=start,"),
    Planted(MAKING, "Python calibrates as if every row counted the same", "decide(ids, classifier", "decide(replace(ids, weights={}), classifier", "tests/textrnn/test_weights.py::test_how_sure_a_model_is_hangs_on_what_the_texts_held_out_count"),
    Planted("pipelines/stages/decide.py", "the pipeline skips rejection", "ngram_branch, decision_config, on_idle", "ngram_branch, None, on_idle", "tests/pipelines/test_settings.py::test_another_value_is_another_result[decision.coverage]"),
    Planted("pipelines/stages/train.py", "the pipeline skips the pseudo-labels", "add_pseudo_labels(with_soft, pseudo_labels)", "with_soft", WIRINGS),
    Planted("pipelines/stages/embeddings.py", "the pipeline learns no vectors from unlabelled texts", "unlabelled.rows", "None", WIRINGS),
    # class order
    Planted(TARGET, "classes of integers are sorted as strings", 'return tuple(sorted(cast(set[str], found)))', 'return tuple(sorted(cast(set[str], found), key=str))', "tests/textrnn/data/test_target_kinds.py::test_an_order_is_that_of_the_numbers_or_as_named"),
    Planted(TARGET, "classes are sorted as strings when a folder is read", 'return Target(kind, tuple(classes))\n\n\ndef single_target', 'return Target(kind, tuple(sorted(classes, key=str)))\n\n\ndef single_target', "tests/textrnn/test_sklearn.py::test_more_classes_than_ten_stay_in_their_order"),
    Planted(TARGET, "an order that is named is sorted", "return tuple(by_name.get(name, name if isinstance(classes[0], str) else _integer(name)) for name in order)", "return classes"),
    Planted(TARGET, "an order of numbers is one of strings", "return tuple(sorted(classes, key=float))", "return tuple(sorted(classes, key=str))"),
    Planted(NB, "the pair of classes is turned round", "[:, 1:] * [-0.5, 0.5], bias[1:] * [-0.5, 0.5]", "[:, 1:] * [0.5, -0.5], bias[1:] * [0.5, -0.5]"),
    Planted(NB, "ratios of a class are those of the others", "- np.log(outside / outside.sum(axis=0))", "- np.log(outside / outside.sum(axis=0))[:, ::-1]"),
    Planted(START, "the head comes along in the other model's order", "order = [theirs.index(name) for name in ours]", "order = [ours.index(name) for name in theirs]", "tests/textrnn/training/test_warm_start.py::test_of_three_classes_each_takes_its_own_row_of_the_head_along"),
    Planted("textrnn/data/label_output.py", "classes_ is sorted as strings", "np.array(target.classes, dtype=object", "np.array(sorted(target.classes, key=str), dtype=object"),
    # thresholds, rejection, answers
    Planted(ANSWERS, "thresholds are ignored", "scores >= (0.5 if thresholds is None else np.asarray(thresholds))", "scores >= 0.5"),
    Planted(ANSWERS, "thresholds are shifted by a class", "np.asarray(thresholds))\n", "np.roll(thresholds, 1))\n"),
    Planted(ANSWERS, "a threshold is what must be passed, not reached", "scores >= (0.5", "scores > (0.5"),
    Planted(ANSWERS, "an ordinal answer is the likeliest", 'return median_class(scores) if target.kind == "ordinal" else scores.argmax(axis=1)', "return scores.argmax(axis=1)"),
    Planted(ANSWERS, "a rare class has a threshold of its own", "MIN_TEXTS_FOR_THRESHOLD = 5", "MIN_TEXTS_FOR_THRESHOLD = 1", "tests/textrnn/metrics/test_predictions.py::test_a_rare_class_takes_the_threshold_of_all"),
    Planted(ANSWERS, "a threshold lies at the lower probability", "return float((ranked[best] + below) / 2)", "return float(below)"),
    Planted(DECISION, "the offset of a number is lost", "combined = combined + decision.offset", "combined = combined + 0.0"),
    Planted(DECISION, "an answer at the bound is rejected", "confidence(decision, logits) >= decision.min_confidence", "confidence(decision, logits) > decision.min_confidence"),
    Planted(DECISION, "thresholds are lost in writing", "found = asdict(decision)", "found = asdict(decision) | ({\"thresholds\": (0.5,) * len(decision.thresholds)})", "tests/textrnn/decision/test_decision.py::test_thresholds_of_labels_are_kept"),
    Planted(DECISION, "the bound is lost in reading", '"min_confidence": _number(content["min_confidence"])', '"min_confidence": 0 * _number(content["min_confidence"])'),
    Planted(DECISION, "the branches change places", "decision.recurrent * logits.recurrent + decision.ngram_branch * logits.ngram_branch", "decision.ngram_branch * logits.recurrent + decision.recurrent * logits.ngram_branch"),
    Planted(GUARANTEE, "the point estimate is enough", "at_most(errors, reached, 1 - precision) <= level", "errors <= reached * (1 - precision)", "tests/textrnn/decision/test_threshold_search.py::test_the_true_precision_falls_short_in_a_tenth_of_the_draws_at_most"),
    Planted(GUARANTEE, "every sequence has the whole risk", "level += starts.get(rank, 0.0)", "level += risk if rank in starts else 0.0", "tests/textrnn/decision/test_threshold_search.py::test_the_sequences_share_the_risk_that_is_there"),
    Planted(GUARANTEE, "a sequence goes on where a test fails", "            level = 0.0\n", "            pass\n", "tests/textrnn/decision/test_threshold_search.py::test_a_test_that_fails_ends_its_sequence"),
    Planted(GUARANTEE, "the row that sets the threshold is accepted", "math.nextafter(ranked[rank], math.inf)", "ranked[rank]", "tests/textrnn/decision/test_threshold_search.py::test_what_is_found_is_what_its_counts_say"),
    Planted(GUARANTEE, "a row too few is found", "at_most(middle - 1, count, recall)", "at_most(middle, count, recall)", "tests/textrnn/decision/test_threshold_search.py::test_a_least_recall_is_the_order_statistic_of_a_tolerance_limit"),
    Planted(DECISION, "the cost of a prediction is read by its own row", "scores @ np.array(decision.costs)[:, :classes]", "scores @ np.array(decision.costs)[:, :classes].T", "tests/textrnn/decision/test_apply_request.py::test_the_cheapest_prediction_is_the_one_and_none_where_that_is_cheaper"),
    Planted(DECISION, "every class has the first one's threshold", "least[chosen] if len(least) > 1 else least", "least[0]", "tests/textrnn/decision/test_apply_request.py::test_a_precision_for_a_class_leaves_the_others_alone"),
    Planted(DECISION, "the offsets of vector scaling are lost", "+ np.array(decision.calibration.offsets)", "", "tests/textrnn/decision/test_calibrate.py::test_a_class_that_is_too_loud_gets_a_scale_and_an_offset_of_its_own"),
    Planted("textrnn/model/files.py", "a decision of other weights is read", "found.get(\"weights\") != wanted", "found.get(\"weights\") is None", "tests/textrnn/model/test_decide.py::test_a_decision_of_other_weights_is_refused"),
    Planted(APPLY_REQUEST, "one answer too few is accepted", "math.ceil(coverage * len(sure)) - 1", "math.ceil(coverage * len(sure)) - 2"),
    Planted(FIT_DECISION, "factors are rounded to two digits", "DIGITS = 4", "DIGITS = 2", "tests/textrnn/decision/test_decide.py::test_no_step_away_is_better"),
    Planted(FIT_DECISION, "the pull goes to nothing in place of equal factors", "pull = factors - start\n", "pull = factors - 0 * start\n"),
    Planted(PREDICTED_ROWS, "a rejected answer is given all the same", "[label if stands else None for", "[label for"),
    Planted(PREDICTED_ROWS, "the probability of an answer is that of the first class", "found.probabilities[np.arange(count), found.predictions]", "found.probabilities[:, 0]", "tests/pipelines/commands/test_cli_columns.py::test_every_cell_comes_back_in_its_place[csv]"),
    Planted(PREDICTED_ROWS, "--top gives the least likely", "(-probabilities).argsort(", "probabilities.argsort("),
    Planted(SCORE, "score ignores the thresholds", "choose(decision, probabilities)", "choose(replace(decision, thresholds=()), probabilities)"),
    Planted("textrnn/decision/extend_classes.py", "thresholds go to other classes where the rows have new ones", "wide[list(places)] = values", "wide[: len(values)] = values"),
    Planted(SCORE, "score reads no numbers", "numeric=columns.numeric,\n        categorical=columns.categorical,\n        id_column", "numeric=(),\n        categorical=columns.categorical,\n        id_column", "tests/pipelines/commands/test_cli_tabular.py::test_score_reads_the_columns_of_the_training"),
    Planted(SCORE, "score cuts texts where training did not", "max_characters=columns.max_characters,", "max_characters=DataConfig.max_characters,"),
    Planted(SCORE, "score reads labels apart by another sign", "label_separator=label_separator or columns.label_separator,", "label_separator=label_separator,"),
    # constants
    Planted("textrnn/text/special_tokens.py", "UNK is the number of PAD", "PAD, UNK = 0, 1", "PAD, UNK = 1, 0"),
    Planted("textrnn/nn/dropout.py", "a word dropped is read as padding", "dropped & (ids != PAD), UNK)", "dropped & (ids != PAD), PAD)"),
    Planted(SIDE, "wild numbers are cut at 3 deviations", "MAX_DEVIATIONS = 10.0", "MAX_DEVIATIONS = 3.0", "tests/textrnn/data/test_tabular.py::test_a_wild_number_is_held_and_a_column_never_empty_before_has_no_flag"),
    Planted("textrnn/errors.py", "bad data ends with the code of usage", "it is (a missing file too).\"\"\"\n\n    exit_code = 3", "it is (a missing file too).\"\"\"\n\n    exit_code = 2"),
    Planted("textrnn/model/files.py", "keys of former formats are not renamed", "if number < 5 else {}", "if False else {}", "tests/textrnn/model/test_folder.py::test_former_keys_are_renamed_wherever_they_stand_and_in_former_formats_alone"),
    Planted("textrnn/settings/sections.py", "a renamed key is called unknown", "if now := RENAMED_SETTINGS.get(f\"{section}.{key}\"):", "if now := None:"),
    Planted("textrnn/storage/rounded_rows.py", "a rounded row has the scale of another", "found[name] = whole * scales.reshape(", "found[name] = whole * scales[::-1].reshape("),
    Planted("textrnn/storage/rounded_rows.py", "the numbers of a pair are swapped", "_PAIRS = np.stack([np.arange(256) & 15, np.arange(256) >> 4]", "_PAIRS = np.stack([np.arange(256) >> 4, np.arange(256) & 15]"),
    Planted("textrnn/linear/prune_ngrams.py", "n-grams of UNK stay where it stands for more tokens", "known[UNK] &= kept.all()", "known[UNK] &= True"),
    Planted("textrnn/linear/quantized_branch.py", "packed columns begin at 0 at each length", "np.cumsum(has) - 1 + features, -1)", "np.cumsum(has) - 1, -1)"),
    Planted("textrnn/export/small_candidates.py", "each half of the texts is measured with what itself chose", "% N_HALVES != half for half", "% N_HALVES == half for half"),
    Planted("textrnn/model/files.py", "model folders are of another format", "FORMAT, KIND, CARD = 7,", "FORMAT, KIND, CARD = 8,", "tests/test_literals.py::test_formats_are_those_of_the_folders_that_are_kept"),
    Planted("textrnn/training/auto_settings.py", "short texts lose no words", "LONG_TEXT_TOKENS, SHORT_TEXT_WORD_DROPOUT = 100, 0.1", "LONG_TEXT_TOKENS, SHORT_TEXT_WORD_DROPOUT = 100, 0.0"),
    Planted(LEARNING_RATE, "there is no warm-up", "if step < rising:", "if step < 0:"),
    # what counts how much
    Planted(ROW_WEIGHTS, "balanced weights are those of no class", "return RowWeights(_inverse(counts)[labels].astype(np.float32))", "return RowWeights(np.ones(len(labels), np.float32))"),
    Planted(BALANCE, "balanced drawing takes every class once less", "total_count = len(codes) // len(found) + (place < len(codes) % len(found))", "total_count = len(codes) // len(found)"),
    Planted(ROWS, "class weights reach no batch", "torch.from_numpy(self._weights.take(mine))", "None", "tests/pipelines/test_settings.py::test_another_value_is_another_result[train.class_weight]"),
    Planted(ROWS, "a network learns numbers as they are", "((labels - target.centre) / target.scale)", "(labels / target.scale)"),
    Planted(LESSONS, "lessons that say nothing make the labels count less", "targets = (targets * (len(targets) / num_labelled)).astype(np.float32)", "pass"),
    Planted(OBJECTIVE, "label smoothing is lost beside weights", 'reduction="none", label_smoothing=config.label_smoothing)', 'reduction="none")', "tests/textrnn/training/test_objective.py::test_label_smoothing_is_that_of_the_library"),
    Planted(SPLIT, "a split depends on the order of rows", "rows = np.lexsort((low, high)).astype(np.int64)", "rows = np.argsort(high % 7, kind=\"stable\").astype(np.int64)"),
    Planted(SPLIT, "the seed is lost in the split", 'key = seed.to_bytes(8, "big")', 'key = (0).to_bytes(8, "big")'),
    Planted(SPLIT, "test and validation change places", "for name in reversed(SPLITS):", "for name in SPLITS:"),
    Planted(SIDE, "an unknown category is the first known", "number.get(value, OTHER_CATEGORY)", "number.get(value, 1)"),
    Planted(SIDE, "an empty number is far from the mean", "np.where(empty, 0.0, scaled)", "np.where(empty, 1.0, scaled)"),
    # settings in Python
    Planted(PYTHON, "settings count before parameters", "tree = merge(config, settings, given)", "tree = merge(config, given, settings)"),
    Planted(PYTHON, "a configuration counts before settings", "= config_tree(parameters.get(\"config\")), settings_tree(parameters.get(\"settings\"))", "= settings_tree(parameters.get(\"settings\")), config_tree(parameters.get(\"config\"))"),
    Planted(KEPT, "a path is read from a model folder", "if setting in _PATHS and not is_name(value):\n            continue", "if False:\n            continue"),
    Planted("textrnn/estimators/classifier.py", "one setting of a grid takes the place of all", "self.settings = {**before, **settings}", "self.settings = settings"),
    Planted("textrnn/estimators/evaluate.py", "the baseline is read with another model's thresholds", '"baseline_thresholds": fitted.thresholds', '"baseline_thresholds": ()'),
    # keys
    Planted(f"{ARGUMENTS}/encoder_pretraining.py", "the seed is not in the key of pretraining", "    seed: int\n", "    seed: Annotated[int, NOT_IN_KEY]\n", KEYED),
    Planted(f"{ARGUMENTS}/encoder_pretraining.py", "the shape is lost on the way to pretraining", "select_fields(LayerShape, model)", "select_fields(LayerShape, ModelConfig())"),
    Planted(f"{ARGUMENTS}/warm_start.py", "the shape is lost on the way to a warm start", "select_fields(PooledShape, model)", "select_fields(PooledShape, ModelConfig())"),
    Planted(KEYS, "unkeyed fields are in the key", "if any(isinstance(mark, NotInKey) for mark in marks):", "if False:"),
    Planted(KEYS, "scikit-learn's version is not in a key", '        "sklearn",\n', ''),
    Planted("textrnn/training/fingerprint.py", "a checkpoint of other settings is resumed", "asdict(train_config)", "{}"),
    Planted("textrnn/config/train.py", "label smoothing is not keyed", 'label_smoothing: Annotated[Share, ', 'label_smoothing: Annotated[Share, NOT_IN_KEY, ', KEYED),
    # --- the engine ----------------------------------------------------------------------------
    Planted("textrnn/inference/native_layer.py", "the kernel reads both directions forward", "int(direction == 1)", "0"),
    Planted("textrnn/inference/native_layer.py", "the second direction takes the products of the first", "PRODUCTS_PER_UNIT[self.cell] * self.units * direction", "0"),
    Planted("textrnn/inference/native_layer.py", "a GRU's candidate takes the bias of the state with the input's", "by_state[two:], by_input[two:]", "by_input[two:], by_state[two:]"),
    Planted("textrnn/inference/numpy_layer.py", "numpy reads both directions forward", "reverse=direction == 1", "reverse=False"),
    Planted("textrnn/inference/cells.py", "the forget gate has another sign", "sigmoid(f) * c", "sigmoid(-f) * c"),
    Planted("textrnn/inference/cells.py", "a minGRU's gate reads its own token twice", "sigmoid(gate + before)", "sigmoid(gate + passed_on)"),
    Planted("textrnn/inference/pooling.py", "texts without tokens get a neighbour's maximum", "some = int((lengths > 0).sum())  # lengths fall", "some = len(lengths) - int(len(states) == 0)  # lengths fall"),
    Planted("textrnn/inference/pooling.py", "the last state of the second direction is its first", "last[:some, half:] = states[first, half:]", "last[:some, half:] = states[end, half:]"),
    Planted("textrnn/inference/pooling.py", "attention forgets its softmax's sum", "weights = powers / np.repeat(np.add.reduceat(powers, first), lengths)", "weights = powers"),
    Planted("textrnn/inference/convolution.py", "a window reaches into the next text", "later * (left > distance)[:, None]", "later"),
    Planted("textrnn/inference/batches.py", "half of both keeps the head alone", "np.where(within < (max_tokens + 1) // 2, 0, excess)", "0"),
    Planted("textrnn/inference/token_products.py", "a table that is full goes on", "table = self._empty(self._capacity)  # whoever", "table = replace(table, count=0)  # whoever"),
    Planted("textrnn/inference/logits.py", "logits stand in the order of lengths", "logits[batch.texts] = engine", "logits[np.sort(batch.texts)] = engine"),
    Planted("textrnn/inference/tabular.py", "categories of another row", "embedding[tabular.codes[rows, i]]", "embedding[tabular.codes[rows[::-1], i]]"),
    # --- explanations --------------------------------------------------------------------------
    Planted("textrnn/explanation/leave_one_out.py", "a word's part has the other sign", "values[0] - values[1:]", "values[1:] - values[0]"),
    Planted("textrnn/explanation/shapley.py", "words from the end are those from the start", "np.diff(second)[::-1]", "np.diff(second)"),
    Planted("textrnn/explanation/shapley.py", "one order counts twice", "here[::-1] < number", "here < number"),
    Planted("textrnn/evaluation/explained.py", "an error is explained against the runner-up", "against = error[\"true\"] if", "against = None if"),
    Planted("textrnn/text/ngrams.py", "the words of an n-gram stand in another order", "*words[::-1])", "*words)"),
    Planted("textrnn/explanation/explain_ids.py", "words share what the next adds", "distribute_to_tokens(phrases, len(text.ids))", "np.roll(distribute_to_tokens(phrases, len(text.ids)), 1)"),
    Planted("textrnn/explanation/explain_ids.py", "the n-gram branch explains the other class", "text.ids, contrast.ngram_branch)", "text.ids, -contrast.ngram_branch)"),
    Planted("textrnn/explanation/ngram_parts.py", "an n-gram counts as often as it stands there", "(weighed / times)[which]", "weighed[which]"),
    Planted("textrnn/explanation/contrast.py", "the difference is a sum", "sign[against] -= 1", "sign[against] += 1"),
    Planted("textrnn/explanation/contrast.py", "the runner-up is the class itself", "np.where(np.arange(len(scores)) == first, -np.inf, scores)", "scores"),
    Planted("textrnn/explanation/word_spans.py", "offsets are one too high", "return Span(number, start - before, end - before)", "return Span(number, start - before + 1, end - before + 1)"),
    Planted("textrnn/explanation/word_spans.py", "the second column begins where the separator does", "before += length + SEPARATOR_LENGTH", "before += length"),
    Planted("textrnn/text/token_spans.py", "spans are of the prepared text", "starts, ends = prepared.starts[starts], prepared.ends[np.maximum(ends - 1, starts)]", "ends = np.maximum(ends, starts)", "tests/textrnn/text/test_token_spans.py::test_spans_of_odd_texts"),
    Planted("textrnn/text/token_spans.py", "a span begins one character late", "starts, ends = first[starts], last[", "starts, ends = first[starts] + 1, last[", "tests/textrnn/text/test_token_spans.py::test_spans_of_odd_texts"),
    Planted("textrnn/text/alignment.py", "an accent is in no span", "return [(1, len(cluster))] if is_plain", "return [] if is_plain", "tests/textrnn/text/test_token_spans.py::test_spans_of_odd_texts"),
    Planted("textrnn/text/alignment.py", "inserted spaces count", "if place < len(before) and character == before[place]:", "if True:", "tests/textrnn/text/test_token_spans.py::test_spans_of_odd_texts"),
    Planted("textrnn/explanation/neutral_cells.py", "a neutral number is known to be empty", "place : place + width] = 0", "place : place + 1] = 0"),
    Planted("textrnn/explanation/sanitize.py", "texts may move the cursor", "_UNSEEN.sub(\"\", _SPACE.sub(\" \", text))", "_SPACE.sub(\" \", text)"),
    Planted("textrnn/nn/integrated_gradients.py", "the path begins at zeros", "network.embedding.weight[UNK])", "torch.zeros(()))", "tests/textrnn/model/test_explain.py::test_integrated_gradients_leave_less_than_a_hundredth"),
    # --- folds ---------------------------------------------------------------------------------
    Planted("textrnn/data/fold_splits.py", "a fold trains on the rows that it tests", "others = np.flatnonzero(self.fold != fold)", "others = np.arange(len(self.fold))", "tests/textrnn/data/test_fold_splits.py::test_a_fold_has_the_splits_of_files_of_its_rows"),
    Planted("pipelines/stages/evaluate_folds.py", "rows are predicted by the model of another fold", "FoldModel(**nouns) for", 'FoldModel(**nouns | {name: folds[0][name] for name in ("classifier", "ngram_branch", "decision")}) for', "tests/pipelines/test_folds.py::test_the_report_is_on_each_row_by_the_model_that_has_not_seen_it"),
    Planted(LOAD, "the model of a run with folds lacks a fold's rows", 'return {"validation": shares["validation"]} if config.folds else shares', "return shares", "tests/textrnn/data/test_fold_splits.py::test_with_folds_no_test_split_is_held_back"),
    # --- runs ----------------------------------------------------------------------------------
    Planted("pipelines/runs/removal.py", "a promoted run goes too", "return standing is not None and standing[1].id == run.id", "return False", "tests/pipelines/runs/test_kept_runs.py::test_a_promoted_run_is_never_removed"),
    Planted("pipelines/runs/removal.py", "gc takes the last ones, and keeps the first", "kept[: max(len(kept) - keep, 0)]", "kept[keep:]", "tests/pipelines/runs/test_kept_runs.py::test_gc_keeps_the_last_ones_of_each_name_besides_the_promoted"),
    Planted("pipelines/runs/promotions.py", "a choice by hand does not hold", 'standing[0].by == "hand" else None', 'standing[0].by == "never" else None', "tests/pipelines/runs/test_kept_runs.py::test_a_run_promotes_its_own_model_unless_another_is_by_hand"),
    Planted("pipelines/runs/promotions.py", "a promotion that was killed stays half done", "if before is not None and before.id != run.id and has_model(before.model, target):", "if False:", "tests/pipelines/runs/test_kept_runs.py::test_death_at_any_call_of_a_promotion_leaves_one_whole_model_and_the_next_command_finishes_it"),
    Planted("pipelines/runs/keep.py", "equal results make a second run", "run = find_results(root, name, results)\n    if run is not None:", "run = None\n    if run is not None:", "tests/pipelines/runs/test_kept_runs.py::test_equal_results_make_no_second_run_and_others_sort_behind"),
    Planted("pipelines/runs/run_id.py", "a clock that goes back breaks the order", "if time <= last:", "if time == last:", "tests/pipelines/runs/test_kept_runs.py::test_an_id_sorts_behind_one_from_the_future"),
    Planted("pipelines/runs/held_out.py", "rows that one was trained on are compared", "return np.setdiff1d(both, np.concatenate([first.seen, second.seen]))", "return both", "tests/pipelines/runs/test_kept_runs.py::test_rows_that_one_run_trained_on_too_are_left_out"),
    Planted("pipelines/runs/comparison.py", "the gain is that of the first model", "describe_pair(compare(right[1], right[0]), *names)", "describe_pair(compare(right[0], right[1]), *names)", "tests/pipelines/runs/test_comparison.py::test_one_class_a_text"),
    Planted("pipelines/runs/comparison.py", "scores stand under other classes", "columns = [place[name] for name in answers.names]", "columns = list(range(len(answers.names)))", "tests/pipelines/runs/test_comparison.py::test_several_labels_a_text_with_a_class_of_one_model_alone"),
    # --- what a newcomer relies on -------------------------------------------------------------
    Planted("textrnn/data/merge_fixes.py", "the fixes forget what the audit suggested", "replace(fix, check=row_digest(text, label), right_label=written)", 'replace(fix, check=row_digest(text, label), right_label=written, suggested="")', "tests/textrnn/data/test_fixes.py::test_the_origin_of_a_label_is_kept_with_the_fixes"),
    Planted("textrnn/data/fixes.py", "suggestions for test rows are accepted by score", 'if fix.split != "train":', 'if fix.split == "none":', "tests/textrnn/data/test_fixes.py::test_suggestions_are_accepted_by_score_for_training_rows_alone"),
    Planted(PREDICTED_ROWS, "the rejected label stands at the accepted rows", "rejected = [None if stands else label for", "rejected = [label if stands else None for", "tests/pipelines/commands/test_cli_decide.py::test_the_label_that_was_rejected_stands_in_a_column_of_its_own"),
    Planted("textrnn/config/convert.py", "bounds round a union are ignored", "with_bounds(parts, marks), hint, path", "parts, hint, path", "tests/textrnn/config/test_convert.py::test_bounds_of_a_union_hold_for_its_numbers"),
    *SERVED_AND_EXPORTED,
    # --- few labels ----------------------------------------------------------------------------
    Planted("textrnn/encoder/sentence_encoder.py", "an encoder pools over padding", "pooled = (states * mask[:, :, None]).sum(dim=1) / lengths[:, None]", "pooled = states.mean(dim=1)", "tests/textrnn/encoder/test_sentence_encoder.py::test_a_vector_is_the_mean_state_of_a_text_of_norm_1"),
    Planted("textrnn/encoder/borrow_word_vectors.py", "a frequent token weighs more", "(FREQUENT / (FREQUENT + shares))", "((FREQUENT + shares) / FREQUENT)", "tests/textrnn/encoder/test_borrow_word_vectors.py::test_a_more_frequent_token_never_weighs_more"),
    Planted("textrnn/encoder/known_words.py", "pieces of words are words", "elif not marked and not token.startswith(CONTINUES):\n            yield token", "elif not marked:\n            yield token.removeprefix(CONTINUES)", "tests/textrnn/encoder/test_borrow_word_vectors.py::test_words_that_the_encoder_knows_whole_get_an_id_behind_those_of_the_texts"),
    Planted("textrnn/training/ask_teacher.py", "a teacher's classes stay in its own order", "return scores[:, [theirs.index(name) for name in ours]]", "return scores", "tests/textrnn/training/test_ask_teacher.py::test_a_model_folder_is_asked_and_its_classes_are_put_in_order"),
    Planted("textrnn/data/soft_labels.py", "what is not confidence goes to the label too", "rest = (1 - sure) / max(target.outputs - 1, 1)", "rest = (1 - sure) / target.outputs", "tests/textrnn/data/test_soft_labels.py::test_what_is_not_confidence_is_spread_over_the_other_classes"),
    Planted("textrnn/training/use_soft_labels.py", "the label itself has the soft label's weight", "np.float32(1 - weight) * own", "np.float32(weight) * own", "tests/textrnn/data/test_soft_labels.py::test_targets_are_distributions_between_the_soft_label_and_the_label"),
    # --- the report ------------------------------------------------------------------------------
    Planted("textrnn/evaluation/reliability.py", "before calibration is after it", '{**measured["after"], "before": measured.get("before")', '{**measured.get("before", measured["after"]), "before": measured["after"]', "tests/textrnn/evaluation/test_reliability.py::test_before_is_before_and_after_is_after"),
    Planted("textrnn/evaluation/error_clusters.py", "a cluster of errors holds right answers", "left = np.flatnonzero(predictions != labels)", "left = np.arange(len(labels))", "tests/textrnn/evaluation/test_error_clusters.py::test_a_mistake_holds_what_is_wrong_in_its_way_and_all_of_it"),
    Planted("textrnn/evaluation/checks/label_errors.py", "probable label errors are not read from the audit", 'if "rows" in (audit := data.get("audit") or {}):', 'if "rows" in (audit := {}):', "tests/textrnn/evaluation/test_checks.py::test_label_errors_are_read_from_the_audit_where_there_is_one"),
)  # fmt: skip
