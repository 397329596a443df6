"""`textrnn benchmark`: recurrent networks compared with simpler ones, on the same cached ids."""

from typing import Annotated

import typer

from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import (
    CacheOption,
    ConfigOptions,
    JsonOption,
    OverwriteOption,
    ProcessesOption,
    QuietOption,
    ReadOptions,
)
from pipelines.commands.workspace import Workspace, choose_config, open_workspace
from pipelines.config import RunConfig
from pipelines.running.encoder_benchmark import (
    DEFAULT_MODEL,
    DEFAULT_MODELS,
    MODEL_TITLES,
    MODELS,
    TFIDF_MODEL,
    DamagedResult,
    Model,
    config_of,
    model_of,
    require_models,
)
from pipelines.running.output_paths import require_writable_paths
from pipelines.running.runner import run_stages
from pipelines.running.stdout import print_json, print_line
from pipelines.runs.places import run_folder
from pipelines.stages import needed_for
from textrnn.errors import ConfigError, DamagedFilesError
from textrnn.evaluation.formatting import format_interval
from textrnn.machine.heap import keep_freed_memory
from textrnn.storage.files import write_json, write_text
from textrnn.storage.ownership import mark_page

ROWS, TABLE = "models.json", "models.md"  # in the run's folder
MAX_ATTEMPTS = 3  # how often damage is met before it is given up
DEFAULT_CHOICE = ",".join(DEFAULT_MODELS)
ModelsOption = Annotated[
    str,
    typer.Option("--models", help=f"Models to compare, separated by commas, of: {', '.join(MODELS)}.", metavar="NAMES"),
]
TABLE_NOTES = (
    "Every network is trained by the same settings, those of the BiLSTM, with one seed; `rnn`, `gru` and `lstm` read "
    "forward only, those that begin with `bi` in both directions; only `default` has the n-gram branch too.",
    "Interval: 95 %, of the score by bootstrap over the held-out texts, of the difference to TF-IDF on the same texts; "
    "where that holds 0, the difference may be chance. Minutes: of fitting, word vectors included, when it was done. "
    "Texts a second: from token ids, on this machine now, the median of three.",
)


@flatten_option_groups
def benchmark(
    options: ConfigOptions,
    models: ModelsOption = DEFAULT_CHOICE,
    processes: ProcessesOption = None,
    overwrite: OverwriteOption = False,
    cache_dir: CacheOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compare the model with other encoders and simpler models.

    Each is trained on the same ids; one table says what each is worth.
    """
    names = require_models(models)
    keep_freed_memory(one_arena=True)
    choice = choose_config(options, ReadOptions(processes=processes))
    place = open_workspace(choice, cache_dir, quiet=quiet)
    if place.config.data.folds:
        raise ConfigError(
            f"benchmark: expected one test split, found data.folds = {place.config.data.folds}; add --set data.folds=0"
        )
    run = place.config.root, place.config.name
    require_writable_paths(*run, place.cache, (), also=(ROWS, TABLE), overwrite=overwrite)
    found = []
    for name in names:
        own = config_of(place.config, name)
        place.display.log(f"model {name}")
        # what TF-IDF says stands in the report of any model: the cheapest network's will do
        network = next((n for n in names if n != TFIDF_MODEL), "bag")
        each = own if name != TFIDF_MODEL else config_of(place.config, network)
        found.append(_line_of(name, each, place, overwrite=overwrite))
    folder = run_folder(place.config.root, place.config.name)
    lines = format_table(found)
    write_json(folder / ROWS, [model.to_json() for model in found])
    write_text(folder / TABLE, mark_page("\n".join([*lines, "", *(f"* {note}" for note in TABLE_NOTES), "", ""])))
    if json:
        print_json([model.to_json() for model in found])
        return
    for line in lines:
        print_line(line)
    place.display.log(f"with notes in {folder / TABLE}")


def _line_of(name: str, run: RunConfig, place: Workspace, *, overwrite: bool) -> Model:
    """The line of one model; a result that is damaged on disk is removed, with a warning, and made again."""
    for _ in range(MAX_ATTEMPTS):
        reached = run_stages(
            run,
            needed_for("evaluate"),
            cache=place.cache,
            memo=place.memo,
            display=place.display,
            overwrite=overwrite,
        )
        try:
            return model_of(name, list(reached.outcomes.values()), run, place.cache)
        except DamagedResult as damage:
            place.display.warn(f"{damage}; made again")
            entry = damage.entry
            with place.cache.locked(entry.stage, entry.key, timeout=3600.0, log=place.display.warn):
                place.cache.discard(entry)
    raise DamagedFilesError("results in the cache are damaged again right after they are made; check the disk")


def format_table(models: list[Model]) -> list[str]:
    """The lines of the table, in Markdown that is readable as it stands."""
    rows = [["model", "score", "95 % interval", "to TF-IDF", "95 % of that", "minutes", "weights", "texts/s"]]
    for model in models:
        ends = "" if model.low is None or model.high is None else f"{model.low:.3f}..{model.high:.3f}"
        rows.append(
            [
                MODEL_TITLES.get(model.name, model.name) if model.name != DEFAULT_MODEL else "default (with n-grams)",
                f"{model.score:.4f}",
                ends,
                "" if model.difference is None else f"{model.difference:+.4f}",
                _judged(model),
                f"{model.minutes:.2f}",
                f"{model.weights:,}",
                f"{model.texts_a_second:,.0f}",
            ]
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(_padded(row, widths)) + " |" for row in rows]
    right = ["-" * (width + 1) + ":" for width in widths[1:]]
    return [lines[0], "|" + "|".join(["-" * (widths[0] + 2), *right]) + "|", *lines[1:]]


def _judged(model: Model) -> str:
    """The interval of the difference to TF-IDF, and whether it may be chance."""
    if model.difference is None:
        return ""
    if model.difference_low is None or model.difference_high is None:
        return "may be chance"
    ends = format_interval(1, model.difference_low, model.difference_high).strip(" ()").removeprefix("95 % ")
    return ends if model.winner else f"{ends}, may be chance"


def _padded(row: list[str], widths: list[int]) -> list[str]:
    first, *others = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
