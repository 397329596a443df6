"""Which files mutants are drawn from, which are left out and why, and the draw."""

from __future__ import annotations

from fnmatch import fnmatch

from mutants.operators import Mutant, is_python, mutants_of
from mutants.tree import ROOT, digest_of, tracked_files

# file or file:function -> why no mutant is drawn there; docs/mutants.md shows this table
LEFT_OUT: dict[str, str] = {
    "textrnn/nn/kernels/triton*.py": "runs on a GPU alone",
    "textrnn/nn/kernels/torch_cells.py": "which kernel of torch's is taken: some run on a GPU alone",
    "textrnn/training/cuda_graphs.py": "runs on a GPU alone",
    "textrnn/machine/heap.py": "speed alone: what glibc does with freed memory",
    "textrnn/machine/threads.py": "speed alone: which thread computes",
    "textrnn/nn/workers.py": "speed alone: which thread computes",
    "textrnn/kernels/library.py": "which library of C is taken: speed alone, equal to numpy by its own tests",
    "textrnn/nn/kernels/library.py": "which library of C is taken: speed alone, equal to torch by its own tests",
    "textrnn/nn/thread_count.py": "speed alone: how many threads compute",
    "textrnn/machine/fork.py": "threads after a fork: real forks, whose lines no map of this process holds",
    "textrnn/kernels/build.py": "compiles C",
    "textrnn/machine/hardware.py": "what the machine has",
    "textrnn/machine/memory.py": "words of errors where memory is refused",
    "textrnn/training/launch.py": "starts helper processes: covered by real processes in tests/faults",
    "textrnn/training/worker_process.py": "a helper process, whose lines no map of this one holds",
    "textrnn/training/world.py": "a helper process, whose lines no map of this one holds",
    "textrnn/training/rank_job.py": "starts helper processes",
    "textrnn/training/lstm_parity.py": "what `doctor` shows",
    "textrnn/inference/selftest.py": "what `doctor` shows",
    "textrnn/storage/disk.py": "writing: tests/faults ends it at every call",
    "textrnn/storage/locks.py": "locks: tests/faults has them with real processes",
    "textrnn/errors.py": "words",
    "textrnn/__init__.py": "names alone",
    "textrnn/bundling/card.py": "words",
    "textrnn/sequences/demo/*": "demonstrations: no model of a user's",
    "textrnn/data/readers/wording.py": "words",
    "textrnn/data/readers/guess_encoding.py": "which encoding an error names as the likely one: advice",
    "textrnn/data/readers/encoding_advice.py": "words of an error",
    "textrnn/data/empty_splits.py": "words of an error",
    "textrnn/data/row_names.py": "words: how a row is named",
    "textrnn/evaluation/headline.py": "words and pictures of the report; numbers are made in *measure*.py",
    "textrnn/evaluation/markup.py": "words and pictures of the report",
    "textrnn/evaluation/page.py": "words and pictures of the report",
    "textrnn/evaluation/plots.py": "words and pictures of the report",
    "textrnn/evaluation/sections/*.py": "words and pictures of the report",
    "textrnn/evaluation/style.py": "words and pictures of the report",
    "textrnn/evaluation/svg.py": "words and pictures of the report",
    "textrnn/evaluation/formatting.py": "words and pictures of the report",
    "textrnn/evaluation/summary.py": "words of the report",
    "textrnn/evaluation/audit_page.py": "words and pictures of the audit",
    "textrnn/decision/describe.py": "words of a decision",
    "textrnn/explanation/terminal.py": "words and colours of an explanation",
}
# of pipelines/, what reads and decides; the rest is running, showing and wording
PIPELINES = (
    "pipelines/caching/keys.py",
    "pipelines/config.py",
    "pipelines/running/plan.py",
    "pipelines/caching/code.py",
    "pipelines/stages/*.py",
    "pipelines/caching/cache.py",
    "pipelines/running/runner.py",
    "pipelines/running/run_stage.py",
    "pipelines/running/publish.py",
    "pipelines/running/run_state.py",
    "pipelines/predicting/output_columns.py",
    "pipelines/commands/predict.py",
    "pipelines/commands/score.py",
    "pipelines/commands/quality_gate.py",
)
# functions that only word something: by how their name begins, or ends
WORDING_STARTS = (
    "describe",
    "_describe",
    "explain",
    "_explain",
    "why_",
    "_why",
    "_said",
    "_verdict",
    "_one_line",
    "code_changes",
)
WORDING_ENDS = ("__repr__", "__str__")
# functions and constants of the files above: what is done at a time, on which thread and by which of two equal ways
SPEED: dict[str, tuple[str, ...]] = {
    "pipelines/caching/cache.py": ("STALE_SECONDS", "RESUMABLE_SECONDS"),
    "pipelines/commands/predict.py": ("WINDOW_ROWS",),
    "pipelines/running/runner.py": ("MAX_ATTEMPTS",),
    "textrnn/data/corpus.py": ("_GROUP",),
    "textrnn/data/split_statistics.py": ("_AT_ONCE",),
    "textrnn/data/readers/arrow.py": ("BATCH_ROWS", "MAX_BATCH_BYTES"),
    "textrnn/data/readers/decoder.py": ("_PIECE",),
    "textrnn/data/readers/lines.py": ("_CHUNK",),
    "textrnn/evaluation/numeric_measures.py": ("MAX_POINTS",),
    "textrnn/storage/files.py": ("_CHUNK", "MAX_ATTEMPTS"),
    "textrnn/linear/naive_bayes.py": ("_SECONDS_EACH", "_LONG"),
    "textrnn/nn/max_mean.py": ("_CHUNK", "_chunks"),
    "textrnn/nn/kernels/mingru.py": ("CHUNK",),
    "textrnn/nn/kernels/c_gates.py": ("ALWAYS_FASTER",),
    "textrnn/nn/kernels/parts.py": ("MIN_TEXTS", "split_texts"),
    "textrnn/inference/token_products.py": ("MAX_TABLE_BYTES", "CHUNK_TOKENS"),
    "textrnn/inference/batches.py": ("MAX_TOKENS", "MAX_TEXTS"),
    "textrnn/inference/logits.py": ("MIN_TOKENS_FOR_THREADS",),
    "textrnn/nn/kernels/unique.py": ("MAX_SHARE",),
    "textrnn/nn/predict.py": ("MAX_CELLS", "SMALL_BATCH_CELLS", "MAX_TEXTS"),
    "textrnn/nn/sampled_softmax.py": ("ROWS_AT_ONCE",),
    "textrnn/sequences/network.py": ("ROWS_AT_ONCE",),
    "textrnn/model/stream.py": ("TEXTS", "CHARACTERS"),
    "textrnn/text/cooccurrence.py": ("SLICE_TOKENS",),
    "textrnn/text/ngrams.py": ("_prefers_table",),
    "textrnn/text/read_unlabelled.py": ("TEXTS_AT_ONCE",),
    "textrnn/text/split_words.py": ("_AT_ONCE",),
    "textrnn/text/subword.py": ("_CHUNK", "MAX_TRAINING_TOKENS"),
    "textrnn/text/tokenize.py": ("_BATCH_TEXTS", "_PIECES_KEPT"),
    "textrnn/text/tokenizer.py": ("_BATCH_TEXTS", "PIECE_CHARACTERS", "batches"),
    "textrnn/training/fused_adamw.py": ("library_for_adamw", "_shared", "CHUNK_WEIGHTS"),
    "textrnn/training/training_rows.py": ("LENGTH_MULTIPLE", "stride"),
    "textrnn/training/device.py": ("workers_of",),
    "textrnn/training/train_rank.py": ("graphs_of",),
    "textrnn/linear/ngram_branch.py": ("SLICE_TOKENS",),
    "textrnn/machine/process_settings.py": ("_collect_rarely",),
    "textrnn/evaluation/slices/measure_slices.py": ("MAX_ROWS",),
}


def chosen_files() -> list[str]:
    """The files that mutants are drawn from."""
    found = []
    for name in tracked_files():
        ours = name.startswith("textrnn/") or any(fnmatch(name, pattern) for pattern in PIPELINES)
        if ours and name.endswith(".py") and not any(fnmatch(name, pattern) for pattern in LEFT_OUT):
            found.append(name)
    return sorted(found)


def draw(count: int, seed: int) -> list[Mutant]:
    """`count` mutants: one of every file, then so many of all as are left to draw.

    What is drawn goes by the seed and the words of each change, not by where it stands: a change of other code draws
    the same again.
    """
    ranked: list[tuple[str, Mutant]] = []
    for file in chosen_files():
        seen: dict[str, int] = {}
        for mutant in mutants_of(file, (ROOT / file).read_text(encoding="utf-8")):
            if _is_left_out(mutant):
                continue
            again = seen[mutant.said] = seen.get(mutant.said, 0) + 1
            ranked.append((digest_of(str(seed), mutant.said, str(again)), mutant))
    ranked.sort(key=lambda pair: pair[0])
    first: dict[str, Mutant] = {}
    for _, mutant in ranked:
        if mutant.file not in first and is_python(mutant.source):
            first[mutant.file] = mutant
    found = list(first.values())[:count]
    taken = {id(mutant) for mutant in found}
    for _, mutant in ranked:
        if len(found) == count:
            break
        if id(mutant) not in taken and is_python(mutant.source):
            found.append(mutant)
    return found


def _is_left_out(mutant: Mutant) -> bool:
    """Whether it is in a function that words, or in a choice of speed."""
    function = mutant.place.rpartition(".")[2]
    if function.startswith(WORDING_STARTS) or function.endswith(WORDING_ENDS):
        return True
    line = mutant.whole.splitlines()[mutant.lines[0] - 1].decode()
    named = function if mutant.place != "(module)" else line.partition(" =")[0].partition(",")[0].strip()
    return named in SPEED.get(mutant.file, ())
