"""What `textrnn export --html` does, with the check of a place that `--onnx` shares."""

from pathlib import Path

from pipelines.running.stdout import print_line
from textrnn.errors import ConfigError

LARGE_PAGE_BYTES = 12_000_000  # bytes from which a mail may not carry the page


def write_html(model: Path, file: Path, *, overwrite: bool) -> None:
    """Write the `model` as the HTML `file`, and say how large it is. Raises TextrnnError."""
    require_output_file("--html", file, model, overwrite=overwrite, suffixes=(".html",))
    from textrnn.export.html_file import export_html

    done = export_html(model, file)
    print_line(
        f"wrote {done.file} ({done.size / 1e6:.1f} MB: the model {done.model / 1e6:.1f}, engine and page "
        f"{done.own / 1e6:.2f}); open it in a browser"
    )
    if done.size > LARGE_PAGE_BYTES:
        print_line(f"a smaller one: textrnn export --small SMALL --model {model}, then --html of that")


def require_output_file(option: str, file: Path, model: Path, *, overwrite: bool, suffixes: tuple[str, ...]) -> None:
    """Refuse, by ConfigError and before any work, a place that cannot be written, or may not be replaced.

    The files there have each of the `suffixes`, the first of which `file` has.
    """
    if file.suffix != suffixes[0]:
        raise ConfigError(f"{option} {file}: expected a name that ends in {suffixes[0]}, found {file.suffix or 'none'}")
    place = file.resolve()
    if not place.parent.is_dir():
        raise ConfigError(f"{option} {file}: expected a folder {file.parent}, found none; make it first")
    if model.resolve() in place.parents:
        raise ConfigError(
            f"{option} {file}: expected a path other than the model folder, found {model}; choose another path"
        )
    for path in map(place.with_suffix, suffixes):
        if path.is_dir() or (path.exists() and not overwrite):
            what = (
                "a folder; choose another path"
                if path.is_dir()
                else "one; choose another path, or replace it with --overwrite"
            )
            raise ConfigError(f"{option} {file}: expected no file {path.name} there yet, found {what}")
