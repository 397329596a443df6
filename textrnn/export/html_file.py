"""A model folder as one HTML file: the page, the engine, the model; it works offline."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textrnn.export.html_model import HtmlModel, build_html_model
from textrnn.model.files import CARD, METRICS, PROVENANCE, read_weak_slices
from textrnn.model.folder import ModelFolder, predictor_of
from textrnn.page.bundle import HERE, bundle_modules, shorten
from textrnn.storage.files import MANIFEST, digest_bytes, write_text

ENTRY_MODULE = "file.js"
_STYLE = '<link rel="stylesheet" href="style.css">\n'
_SCRIPT = '<script type="module" src="served.js"></script>\n'
_HEADLINES = ("accuracy", "micro_f1", "r2")


@dataclass(frozen=True)
class HtmlExport:
    """The `file` that was written, its `size` in bytes, of which `own` are engine and page, `model` the model."""

    file: Path
    size: int
    own: int
    model: int


def export_html(folder: Path, file: Path) -> HtmlExport:
    """Write the model in `folder`, with the page and the engine, as the HTML `file`.

    Raises ModelError; ConfigError for a model that the page cannot hold, or where WebAssembly is not built.
    """
    files = ModelFolder.load(folder)
    predictor = predictor_of(files, str(folder))
    described = {
        "name": folder.resolve().name,
        "kind": predictor.target.kind,
        "classes": list(predictor.target.classes),
        "digest": digest_bytes((folder / MANIFEST).read_bytes()),
        "score": headline_score(json.loads(files.files[METRICS])),
        "slices": read_weak_slices(files.files[PROVENANCE]),
        "card": files.files.get(CARD, b"").decode(errors="replace"),
    }
    model = build_html_model(predictor, files, described)
    page = compose_page(model)
    write_text(file, page)
    size, of_model = len(page.encode()), sum(map(len, _model_blocks(model)))
    return HtmlExport(file, size, size - of_model, of_model)


def headline_score(metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the score of `metrics.json` that a reader looks for first, with its interval where there is one.

    >>> headline_score({"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95}, "log_loss": {"value": 1}})
    {'name': 'accuracy', 'value': 0.9, 'low': 0.8, 'high': 0.95}
    >>> headline_score({"r2": 0.5}), headline_score({})
    ({'name': 'r2', 'value': 0.5}, None)
    """
    known = metrics.get("validation", metrics)  # a small model has the scores of that split alone
    for name in _HEADLINES:
        if name in known:
            found = known[name]
            return {"name": name.replace("_", " "), **(found if isinstance(found, dict) else {"value": found})}
    return None


def compose_page(model: HtmlModel) -> str:
    """Returns the page with `model` in it. Its policy allows this script, this style and WebAssembly, nothing else."""
    script, style = bundle_modules(ENTRY_MODULE), shorten((HERE / "style.css").read_text(encoding="utf-8"))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}' 'wasm-unsafe-eval'; style-src '{_hash(style)}'; "
        "img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )
    page = (HERE / "index.html").read_text(encoding="utf-8")
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{style}</style>\n'
    assert _STYLE in page
    assert _SCRIPT in page
    page = page.replace(_STYLE, head).replace(_SCRIPT, "")
    blocks = "".join([*_model_blocks(model), *_engine_blocks(model)])
    return page.replace("</body>", f'{blocks}<script type="module">{script}</script>\n</body>')


def _model_blocks(model: HtmlModel) -> list[str]:
    """The elements with the model's own parts."""
    about = json.dumps({**model.about, "files": list(model.files)}, ensure_ascii=False, separators=(",", ":"))
    escaped = re.sub("[<\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", about)
    first = f'<script type="application/json" id="about-model">{escaped}</script>\n'
    return [first, *(_block(name, data) for name, data in model.files.items() if name not in model.engine)]


def _engine_blocks(model: HtmlModel) -> list[str]:
    return [_block(name, model.files[name]) for name in model.engine]


def _block(name: str, data: bytes) -> str:
    return f'<script type="text/plain" id="file-{name}">{base64.b64encode(data).decode()}</script>\n'


def _hash(text: str) -> str:
    """What a policy calls an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
