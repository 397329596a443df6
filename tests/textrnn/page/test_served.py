"""The page as a server gives it: answers over HTTP, and a server that goes away and comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from made_predictor import made_predictor

from textrnn.model.explain import explain_examples
from textrnn.model.predictor import Predictor
from textrnn.page.bundle import HERE

pytestmark = pytest.mark.slow
HOST = "http://page.test"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"


class FakeServer:
    """What `textrnn serve` answers, to a browser that asks no network; `away` says that nobody is there."""

    def __init__(self, predictor: Predictor, **about: Any) -> None:
        self.predictor, self.away, self.token, self.asked = predictor, False, "", [""]
        target = predictor.target
        self.about = {
            "name": "soups",
            "target": target.kind,
            "classes": list(target.classes),
            "columns": {"text": ["text"], "numeric": [], "categorical": []},
            "decision": asdict(predictor.decision),
            "metrics": {"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95}},
            "card": "# A card",
            **about,
        }

    def __call__(self, route: Any) -> None:
        path = urlsplit(route.request.url).path
        if self.away and path in ("/model", "/predict"):
            route.abort()
        elif self.token and path in ("/model", "/predict") and not self.shows_token(route):
            route.fulfill(status=401, json={"detail": "expected a token"})
        elif path == "/model":
            route.fulfill(json=self.about)
        elif path == "/predict":
            body = json.loads(route.request.post_data)
            self.asked = body["texts"]
            route.fulfill(json={"model": "", "predictions": self.predictions(**body)})
        else:
            file = HERE / (path.lstrip("/") or "index.html")
            headers = {"content-type": TYPES[file.suffix], "content-security-policy": POLICY}
            route.fulfill(body=file.read_bytes(), headers=headers)

    def shows_token(self, route: Any) -> bool:
        return bool(route.request.headers.get("authorization") == f"Bearer {self.token}")

    def predictions(self, texts: list[str], top: int, explain: bool) -> list[dict[str, Any]]:
        found, target = self.predictor.predict_examples(texts), self.predictor.target
        explained = [each.to_json() for each in explain_examples(self.predictor, texts)] if explain else []
        answers = []
        for i in range(len(texts)):
            scores, code = found.probabilities[i], found.predictions[i]
            answer = {"accepted": bool(found.accepted[i]), "tokens": int(found.tokens[i]), "cut": bool(found.cut[i])}
            answer |= {"unknown": float(found.unknown[i])}
            if target.kind == "number":
                answer["value"] = float(code)
            else:
                order = np.argsort(-scores)[:top]
                answer["classes"] = [{"label": target.classes[c], "probability": float(scores[c])} for c in order]
                if target.kind == "multi":
                    answer["labels"] = [target.classes[c] for c in np.flatnonzero(code)]
                else:
                    answer["label"] = target.classes[int(code)] if found.accepted[i] else None
            answers.append(answer | ({"explanation": explained[i]} if explain else {}))
        return answers


@pytest.fixture
def visit(chromium: Any) -> Iterator[Any]:
    """A function that opens the page of a FakeServer."""
    contexts, errors = [], []

    def go(server: FakeServer) -> Any:
        context = chromium.new_context(locale="en-GB")
        contexts.append(context)
        context.route("**/*", server)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(HOST)
        return page

    yield go
    for context in contexts:
        context.close()
    assert errors == []


@pytest.mark.parametrize("kind", ["single", "ordinal", "multi", "number"])
def test_answers_of_every_kind_are_drawn(visit: Any, kind: str) -> None:
    server = FakeServer(made_predictor(kind))
    page = visit(server)
    text = "the soup 👍🏽 was good"
    page.fill("#one", text)
    page.wait_for_selector(".spoken")
    assert page.locator(".spoken").inner_text() == text
    [answer] = server.predictions([text], 3, False)
    label = page.locator(".label").inner_text()
    if kind == "number":
        assert float(label.replace(",", "")) == pytest.approx(answer["value"], rel=1e-5)
    else:
        assert label == (", ".join(answer["labels"]) if kind == "multi" else str(answer["label"])) or "No label"
    assert "accuracy 0.9, 0.8 to 0.95" in page.locator("#card").inner_text()
    emoji = [span for span in page.locator(".spoken span").all_inner_texts() if "👍" in span]
    assert emoji == ["👍🏽"], "offsets count code points there, and units here"


def test_a_server_that_goes_away_and_comes_back(visit: Any) -> None:
    server = FakeServer(made_predictor())
    page = visit(server)
    page.fill("#one", "good soup")
    page.wait_for_selector(".spoken")
    server.away = True
    page.fill("#one", "dull song")
    page.get_by_text("The server does not answer").wait_for()
    page.fill("#one", "dull song in the end")
    server.away = False
    page.get_by_role("alert").wait_for(state="hidden")
    page.wait_for_function("() => document.querySelector('.spoken')?.textContent === 'dull song in the end'")
    assert server.asked == ["dull song in the end"]


def test_a_server_that_is_not_there_yet(visit: Any) -> None:
    server = FakeServer(made_predictor())
    server.away = True
    page = visit(server)
    page.get_by_role("alert").wait_for()
    server.away = False
    page.wait_for_selector("#one")
    assert page.get_by_role("heading", level=1).inner_text() == "soups"


def test_a_model_of_several_columns_is_told(visit: Any) -> None:
    columns = {"text": ["title", "body"], "numeric": [], "categorical": []}
    page = visit(FakeServer(made_predictor(), columns=columns))
    page.get_by_text("This model reads several columns").wait_for()
    assert page.locator("#one").count() == 0


def test_a_server_that_wants_a_token_is_shown_what_a_person_types(visit: Any) -> None:
    server = FakeServer(made_predictor())
    server.token = "a token of the right length"
    page = visit(server)
    for token in ("a wrong one", server.token):
        page.get_by_label("This server asks for a token").fill(token)
        page.keyboard.press("Enter")
    page.fill("#one", "good soup")
    page.wait_for_selector(".spoken")
    assert not page.get_by_role("alert").is_visible()
