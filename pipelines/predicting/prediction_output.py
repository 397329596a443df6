"""The place that predictions go to, with its format."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.predicting.csv_json_output import OutputFormat
from textrnn.errors import ConfigError
from textrnn.machine.optional_packages import require_package

FORMAT_BY_SUFFIX: dict[str, OutputFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
COMPRESSION_SUFFIXES = (".gz", ".xz")
SPREADSHEET_SUFFIXES = frozenset(
    {".xlsx", ".xls", ".xlsm", ".xlsb", ".xltx", ".xlt", ".ods", ".fods", ".ots", ".numbers"}
)


@dataclass(frozen=True)
class Destination:
    """What is written, and where: a file, or standard output. `bom` and `safe` are for spreadsheets, of CSV alone."""

    format: OutputFormat
    output: Path | None
    bom: bool = False
    safe: bool = False

    def __post_init__(self) -> None:
        for option, given in (("--bom", self.bom), ("--spreadsheet-safe", self.safe)):
            if given and self.format not in ("csv", "tsv"):
                raise ConfigError(
                    f"{option}: expected --format csv, found {self.format}, which is not for a spreadsheet"
                )


def choose_format(format: OutputFormat | None, output: Path | None) -> OutputFormat:
    """The format requested; else by the output's name; else, where its name has no suffix, JSON Lines.

    Raises ConfigError where the two disagree, for a name that says another format than ours, and for a spreadsheet's.
    """
    named = format_of(output) if output is not None else None
    if output is not None and named is None:
        _require_suffix(output, format)
    if format is not None and named not in (None, format):
        raise ConfigError(f"--output {output}: expected a name for --format {format}, found that of {named}")
    kind = format or named or "jsonl"
    if kind == "parquet" and output is None:
        raise ConfigError("--format parquet: expected --output FILE to write to, found none")
    if kind == "parquet" and output is not None and output.suffix.lower() in COMPRESSION_SUFFIXES:
        raise ConfigError(f"--output {output}: expected a name without {output.suffix}; Parquet compresses by itself")
    if kind == "parquet":
        require_package("pyarrow", f"--output {output}: Parquet", "parquet")
    return kind


def format_of(path: Path) -> OutputFormat | None:
    """The format that the name of a file says, or None."""
    return FORMAT_BY_SUFFIX.get(_suffix_of(path))


def _suffix_of(path: Path) -> str:
    """The suffix that says the format, in small letters, "" where there is none: of a.csv.gz it is .csv."""
    name = Path(path.stem) if path.suffix.lower() in COMPRESSION_SUFFIXES else path
    return name.suffix.lower()


def _require_suffix(output: Path, format: OutputFormat | None) -> None:
    """Refuse, by ConfigError, a name that promises a format that is not written."""
    suffix = _suffix_of(output)
    if suffix in SPREADSHEET_SUFFIXES:
        raise ConfigError(
            f"--output {output}: expected a name for a format that predict writes, found a spreadsheet's ({suffix}); "
            "write .csv, with --bom, which spreadsheets open"
        )
    if suffix and format is None:
        raise ConfigError(
            f"--output {output}: expected a name that ends in {', '.join(FORMAT_BY_SUFFIX)}, found {suffix}; "
            "use such a name, or set --format"
        )
