"""`textrnn audit`: labelled rows that look wrong, for a person to decide about."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pipelines.commands.option_groups import flatten_option_groups
from pipelines.commands.options import ConfigOptions, ReadOptions, StageOptions
from pipelines.commands.workspace import (
    DEFAULT_CONFIG,
    ConfigChoice,
    Workspace,
    choose_config,
    open_workspace,
    remember_last,
)
from pipelines.running.publish_audit import AUDIT_FILES, require_no_decisions
from pipelines.running.runner import run_stages
from pipelines.running.stdout import print_json, print_line, short_path, toml_value
from pipelines.runs.places import run_folder
from pipelines.stages import find_stage, needed_for
from textrnn.data.fixes import write_fixes
from textrnn.errors import ConfigError
from textrnn.machine.heap import keep_freed_memory
from textrnn.machine.optional_packages import require_package

ApplyOption = Annotated[
    Path | None,
    typer.Option(
        "--apply",
        help="Read the decisions in this file: an audit's rows with right_label or drop filled in.",
        metavar="FILE.csv",
        show_default=False,
    ),
]


AcceptOption = Annotated[
    float | None,
    typer.Option(
        "--accept-above",
        help="With --apply: training rows with at least this score get the suggested label, unseen by a person.",
        metavar="SCORE",
        min=0,
        show_default=False,
    ),
]


@flatten_option_groups
def audit(
    *,
    options: ConfigOptions,
    read: ReadOptions,
    apply: ApplyOption = None,
    accept_above: AcceptOption = None,
    force: Annotated[bool, typer.Option("--force", help="Run it even if nothing changed.")] = False,
    how: StageOptions,
) -> None:
    """Find labelled rows that look wrong.

    \b
    textrnn audit --data reviews.csv
    textrnn audit --apply runs/reviews/audit.csv
    textrnn audit --apply runs/reviews/audit.csv --accept-above 0.95

    Linear models judge each row, of validation and test too, without having seen it or a near-duplicate of it. The
    rows to look at are in runs/NAME/audit.csv, the most suspicious label first: fill in its column right_label, or put
    an x under drop, and read it back with --apply. The source stays as it is: data.fixes names the file of decisions.
    """  # noqa: D301  # \b keeps the lines that follow
    if accept_above is not None and apply is None:
        raise ConfigError("--accept-above: expected --apply FILE.csv with it, found none; name an audit's rows")
    choice = choose_config(options, read)
    place = open_workspace(choice, how.cache_dir, quiet=how.quiet, verify=how.verify)
    if apply is not None:
        _apply_decisions(place, choice, apply, accept_above, json=how.json)
        return
    require_package("cleanlab", "textrnn audit", "audit")
    require_no_decisions(place.config, overwrite=how.overwrite)
    keep_freed_memory(one_arena=True)
    reached = run_stages(
        place.config,
        needed_for("audit"),
        cache=place.cache,
        memo=place.memo,
        display=place.display,
        force=frozenset({"audit"} if force else ()),
        lock_timeout=how.lock_timeout,
        overwrite=how.overwrite,
    )
    remember_last(place.config.root, choice, None)
    from textrnn.auditing.summary import describe_audit

    found = place.cache.read(reached.outcomes["audit"].entry, find_stage("audit"))
    files = {name: run_folder(place.config.root, place.config.name) / name for name in AUDIT_FILES}
    if how.json:
        print_json({**found.to_json(), "files": [str(path) for path in files.values()]})
        return
    for line in describe_audit(found):
        print_line(line)
    print_line(f"rows  {short_path(files['audit.csv'])}")
    print_line(f"page  {short_path(files['audit.html'])}")
    if found.rows and not how.quiet:
        place.display.log(
            "fill in right_label, or put an x under drop; then: textrnn audit --apply " + short_path(files["audit.csv"])
        )


def _apply_decisions(
    place: Workspace, choice: ConfigChoice, decided: Path, accept_above: float | None, *, json: bool
) -> None:
    """Read decisions back: write all fixes of the data, and let the next run here use them."""
    from textrnn.data.merge_fixes import describe_merged, merge_fixes

    config = place.config
    target = _place_of_fixes(place, decided)
    merged = merge_fixes(config.data, decided, accept_above)
    write_fixes(target, merged.fixes, merged.about)
    named = str(target.relative_to(config.root)) if target.is_relative_to(config.root) else str(target)
    change = f"data.fixes={toml_value(named)}"
    if config.data.fixes is None:
        remember_last(config.root, replace(choice, changes=(*choice.changes, change)), None)
    if json:
        names = ("relabelled", "as_suggested", "dropped", "confirmed", "accepted", "left")
        counts = {name: getattr(merged, name) for name in names}
        print_json({**counts, "fixes": len(merged.fixes), "file": str(target)})
        return
    for line in describe_merged(merged):
        print_line(line)
    print_line(f"fixes  {short_path(target)} ({len(merged.fixes):,} in all)")
    if config.data.fixes is None:
        file = choice.config or (DEFAULT_CONFIG if Path(DEFAULT_CONFIG).is_file() and choice.data is None else None)
        if file is not None:
            place.display.log(
                f"to use them, write into {file}, under [data]: fixes = {toml_value(named)} (or: textrnn run --set "
                f"{shlex.quote(change)})"
            )
        else:
            told = f"with --data add --set {shlex.quote(change)}"
            place.display.log(f"from now on `textrnn run` without --data applies these fixes; {told}")


def _place_of_fixes(place: Workspace, decided: Path) -> Path:
    """Where the fixes are written: where they are, else next to the configuration. Raises ConfigError."""
    config = place.config
    if not decided.is_file():
        raise ConfigError(f"--apply {decided}: expected a CSV file, found none; `textrnn audit` writes one")
    if config.data.fixes is not None:
        target = Path(config.data.fixes)
        if target.exists() and target.samefile(decided):
            raise ConfigError(
                f"--apply {decided}: expected decisions to add to data.fixes, found that file; it is read already"
            )
        return target
    target = config.fixes_file
    if target.exists():
        raise ConfigError(
            f"{target}: expected no file there, since data.fixes is not set, found one; use it (--set data.fixes="
            f"{toml_value(str(target))}), or move it"
        )
    return target
