"""What an audit leaves for people: its rows to fill in, its page, all of it as JSON."""

from __future__ import annotations

from pathlib import Path

from pipelines.caching.cache import Cache, Entry
from pipelines.config import RunConfig
from pipelines.runs.places import run_folder
from pipelines.stages import find_stage
from textrnn.data.fixes import read_fixes
from textrnn.errors import ConfigError, DataError
from textrnn.storage.files import write_bytes, write_json, write_text
from textrnn.storage.ownership import mark_json, mark_page, require_own_files

TABLE, PAGE, DATA = AUDIT_FILES = ("audit.csv", "audit.html", "audit.json")


def publish_audit(config: RunConfig, cache: Cache, entry: Entry, *, overwrite: bool) -> None:
    """Write the audit in `entry` into the run's folder: rows as CSV, a page, JSON.

    Raises ConfigError as `require_no_decisions` does, DamagedFilesError, OSError.
    """
    from textrnn.auditing.audit_table import audit_csv
    from textrnn.evaluation.audit_page import write_audit_page

    audit = cache.read(entry, find_stage("audit"))
    folder, separator = run_folder(config.root, config.name), config.data.label_separator
    data = audit_csv(audit, separator)
    if not (folder / TABLE).is_file() or (folder / TABLE).read_bytes() != data:
        require_no_decisions(config, overwrite=overwrite)
        write_bytes(folder / TABLE, data)
    write_json(folder / DATA, mark_json(audit.to_json()))
    write_text(folder / PAGE, mark_page(write_audit_page(audit, config.name, separator)))


def require_no_decisions(config: RunConfig, *, overwrite: bool) -> None:
    """Refuse, by ConfigError and before any work, to replace files that are not ours, and rows of an audit that
    a person has filled in and not yet applied.
    """
    if overwrite:
        return
    folder = run_folder(config.root, config.name)
    require_own_files([folder / PAGE, folder / DATA])
    if waiting := _undone(folder / TABLE, config.data.fixes):
        raise ConfigError(
            f"{folder / TABLE}: expected no decisions that wait, found {waiting}; read them back "
            f"(textrnn audit --apply {folder / TABLE}), or replace the file with --overwrite"
        )


def _undone(table: Path, fixes: str | None) -> int:
    """How many decisions in `table` are not among the `fixes`."""
    if not table.exists():
        return 0
    try:
        decided = read_fixes(table)
        done = {fix.row: fix for fix in read_fixes(Path(fixes))} if fixes else {}
    except DataError as error:
        raise ConfigError(f"{error}; or replace it with --overwrite") from None
    return sum(fix.row not in done or not fix.same_decision(done[fix.row]) for fix in decided)
