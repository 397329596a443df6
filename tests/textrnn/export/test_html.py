"""A model as one HTML file: what it holds, what it may do, what is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hostile_models import made_model
from made_predictor import made_predictor
from page_models import html_model

from textrnn.config.model import Encoder, Recurrence
from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.columns import Columns
from textrnn.errors import ConfigError
from textrnn.export import html_model as html_models
from textrnn.export.html_file import compose_page, export_html
from textrnn.export.html_model import require_held
from textrnn.inference.native_layer import CELL_NUMBERS
from textrnn.kernels.build import wasm_build_obstacle
from textrnn.model.folder import predictor_of
from textrnn.model.predictor import Predictor
from textrnn.page.bundle import HERE

needs_wasm = pytest.mark.skipif(bool(wasm_build_obstacle()), reason=wasm_build_obstacle())


def with_text(**changed: Any) -> Predictor:
    return replace(made_predictor(), text=TokenizeConfig(**changed))


@pytest.mark.parametrize(
    ("predictor", "reason"),
    [
        (lambda: predictor_of(made_model("bpe")), r"its tokens are subwords \(bpe\)"),
        (lambda: with_text(unit="rjieba"), "Chinese is split into words by a dictionary"),
        (lambda: with_text(unit="characters", simplify=True), "Chinese is simplified by a dictionary"),
        (lambda: made_predictor(columns=Columns(text=("title", "body"))), "it reads 2 columns, expected one text"),
    ],
)
def test_a_model_that_the_page_cannot_hold_is_refused_with_the_reason(predictor: Any, reason: str) -> None:
    with pytest.raises(ConfigError, match=f"^--html: {reason}.*; serve the model, or train one that fits$"):
        require_held(predictor())


def test_chinese_by_characters_is_held() -> None:
    require_held(with_text(unit="characters"))


def test_every_encoder_is_held() -> None:
    """By a kernel, or by plain.js; tests/textrnn/page/test_engine.py compares each with Python."""
    plain = re.findall(r"(\w+): build", (HERE / "engine" / "plain.js").read_text(encoding="utf-8"))
    assert sorted([*CELL_NUMBERS, *plain]) == sorted([*get_args(Recurrence), "bag", "convolution"])
    for encoder in get_args(Encoder):
        require_held(made_predictor(encoder=encoder))


@needs_wasm
def test_the_page_allows_its_own_script_and_style_and_no_connection(tmp_path: Path) -> None:
    made_model().save(tmp_path / "films")
    done = export_html(tmp_path / "films", tmp_path / "films.html")
    page = (tmp_path / "films.html").read_text(encoding="utf-8")
    assert done.size == len(page.encode())
    assert done.own < 150_000
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    script = re.search(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert script is not None
    assert style is not None
    for found, directive in ((script, "script-src"), (style, "style-src")):
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert "connect-src 'none'" in policy[1]
    assert "unsafe-inline" not in policy[1]
    assert not re.search(r'(src|href)="(?!data:,)', page), "nothing is loaded"


@needs_wasm
def test_names_that_look_like_markup_stay_text() -> None:
    predictor = made_predictor()
    evil = ("</script><script>alert(1)</script>", "<!--", "a\u2028b")
    predictor = replace(predictor, target=replace(predictor.target, classes=evil))
    page = compose_page(html_model(predictor))
    assert page.count("<script") == page.count("</script>") == 7
    assert "<!--" not in page
    found = re.search(r'id="about-model">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    assert json.loads(found[1])["model"]["classes"] == list(evil)


@needs_wasm
def test_the_kernels_of_another_source_are_not_put_into_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_models, "digest_of_wasm", lambda: "another")
    with pytest.raises(ConfigError, match=r"not built from these sources; run python -m textrnn\.kernels\.build$"):
        html_models.read_wasm()


def test_without_webassembly_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(html_models, "WASM_FILES", {"simd": tmp_path / "none.wasm"})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"there is no clang with wasm-ld; install both \("):
        html_models.read_wasm()
