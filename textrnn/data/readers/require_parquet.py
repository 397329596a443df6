"""Before a Parquet file is read: is it one, with what reads it installed?"""

from __future__ import annotations

from pathlib import Path

from textrnn.data.readers.file_type import identify_binary, identify_table, identify_text, read_head
from textrnn.errors import DataError
from textrnn.machine.optional_packages import require_package


def require_parquet(path: Path) -> None:
    """Refuse, by DataError, a file that does not begin as Parquet does, and say what it is.

    Raises MissingPackageError where nothing is installed that reads it.
    """
    _refuse_other_formats(path)
    require_package("pyarrow", f"{path}: Parquet", "parquet")


def _refuse_other_formats(path: Path) -> None:
    """Refuse, by DataError, a file that does not begin as Parquet does, and say what it is."""
    head = read_head(path)
    if not head or head.startswith(b"PAR1"):
        return
    if head.startswith(b"PARE"):
        raise DataError(f"{path}: expected a Parquet file, found an encrypted one; decrypt it")
    text = head.decode("utf-8", "replace")
    name, do = identify_binary(head) or identify_text(text) or ("", "")
    if not name and (suffix := identify_table(text)):
        name, do = "a delimited text", f"name it {suffix}"
    raise DataError(f"{path}: expected a Parquet file, found {name or 'another file'}" + (f"; {do}" if do else ""))
