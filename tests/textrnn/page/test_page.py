"""The page in one file, used as a person does, in a browser."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import serious
from hostile_models import made_model

from textrnn.export.html_file import export_html
from textrnn.kernels.build import wasm_build_obstacle
from textrnn.model.files import METRICS, PROVENANCE
from textrnn.model.folder import ModelFolder, predictor_of

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(wasm_build_obstacle()), reason=wasm_build_obstacle())]
SECONDS = 30_000  # milliseconds that a busy machine may take


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    files = dict(made_model().files)
    files[METRICS] = b'{"accuracy": {"value": 0.9, "low": 0.85, "high": 0.95}}'
    files[PROVENANCE] = b'{"weak_slices": [["3 words or fewer", 41, 0.7073]]}'
    ModelFolder(files).save(folder / "soups")
    export_html(folder / "soups", folder / "soups.html")
    return folder / "soups.html"


@pytest.fixture
def open_page(chromium: Any, file: Path) -> Iterator[Any]:
    """A function that opens the page in a window with `options`; no error may be told in its console."""
    contexts, errors = [], []

    def go(**options: Any) -> Any:
        context = chromium.new_context(**{"locale": "en-GB", "bypass_csp": False, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on(
            "request", lambda request: errors.append(request.url) if "file:" not in request.url[:5] + "data:" else None
        )
        page.goto(file.as_uri())
        page.wait_for_selector("#one")
        return page

    yield go
    for context in contexts:
        context.close()
    assert errors == []


def label(page: Any, side: str = "one") -> str:
    text: str = page.locator(f"#{side} ~ .answer .label").inner_text()
    return text


def test_typed_text_gets_pythons_answer_and_the_words_for_and_against(open_page: Any) -> None:
    page, predictor = open_page(), predictor_of(made_model())
    page.keyboard.type("The soup was good, the song was dull")  # the text has the focus
    page.wait_for_selector(".spoken")
    text = page.locator("#one").input_value()
    assert label(page) == str(predictor.predict([text])[0])
    assert page.locator(".spoken").inner_text() == text
    shares = page.locator(".bars li span:last-child").all_inner_texts()
    expected = sorted(predictor.predict_probabilities([text])[0], reverse=True)
    assert shares == [f"{100 * share:.1f}%" for share in expected[:5]]
    assert page.locator(".lists li").count() > 0


def test_only_the_newest_of_many_texts_is_answered(open_page: Any) -> None:
    page, predictor = open_page(), predictor_of(made_model())
    page.keyboard.insert_text("dull song " * 300)  # pasted: its words take long
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("good soup")
    page.wait_for_selector(".spoken")
    page.wait_for_timeout(300)
    assert page.locator(".spoken").inner_text() == "good soup"
    assert label(page) == str(predictor.predict(["good soup"])[0])
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.wait_for_selector(".label", state="detached")
    assert page.locator(".answer").first.inner_text() == ""


def test_two_texts_side_by_side_tell_what_changed(open_page: Any) -> None:
    page = open_page()
    page.fill("#one", "The soup was good")
    page.get_by_role("button", name="Compare with a second text").click()
    assert page.locator("#two").input_value() == "The soup was good"
    page.fill("#two", "The soup was not good")
    page.wait_for_selector("#change ins")
    assert page.locator("#change ins").all_inner_texts() == ["not "]
    assert page.locator("#change del").count() == 0
    assert page.locator("#change li").count() >= 1
    page.get_by_role("button", name="One text only").click()
    assert not page.locator("#two").is_visible()


def test_a_dropped_file_becomes_a_table_and_a_file(open_page: Any) -> None:
    page, predictor = open_page(), predictor_of(made_model())
    texts = ["The soup was good", 'a "dull" song,\nin two lines', "", *(f"soup {number}" for number in range(70))]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["id", "text"], *((f"x{i}", text) for i, text in enumerate(texts))])
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "soups.csv", { type: "text/csv" }));
            const options = { bubbles: true, cancelable: true, dataTransfer: data };
            for (const name of ["dragenter", "drop"]) document.body.dispatchEvent(new DragEvent(name, options));
        }""",
        buffer.getvalue(),
    )
    page.get_by_role("button", name="Predict 73 rows").click()
    page.wait_for_selector("#file tbody tr")
    assert page.locator("#file tbody tr").count() == 50
    page.get_by_role("button", name="Show more").click()
    assert page.locator("#file tbody tr").count() == 73
    page.get_by_role("button", name="Probability").click()
    column = [float(cell.rstrip("%")) for cell in page.locator("#file tbody td:nth-child(4)").all_inner_texts()]
    assert column == sorted(column)
    assert page.locator("th[aria-sort=ascending]").inner_text() == "Probability"
    page.get_by_label("Show rows with").fill("DULL")
    assert page.locator("#file tbody td.text").all_inner_texts() == ['a "dull" song, in two lines']
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"), newline="")))
    assert [row["text"] for row in rows] == texts
    assert [row["id"] for row in rows] == [f"x{i}" for i in range(len(texts))]
    assert [row["prediction"] for row in rows] == [str(label) for label in predictor.predict(texts)]


def test_the_keyboard_alone_does_everything(open_page: Any) -> None:
    page = open_page()
    page.keyboard.type("good soup")
    page.wait_for_selector(".spoken")
    seen = []
    for _ in range(8):
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        page.keyboard.press("Shift+Tab" if len(seen) == 1 else "Tab")
    assert seen[:3] == ["one", "second", "one"]
    assert {"INPUT", "SUMMARY"} <= set(seen)
    page.focus("#second")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "two"
    page.focus("summary")
    page.keyboard.press("Enter")
    assert page.locator("details pre").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1100])
def test_nothing_serious_is_found_by_axe_nor_outside_the_view(open_page: Any, scheme: str, width: int) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 700})
    page.fill("#one", "The soup was good, and averyveryverylongwordthatnobodywouldeverwriteinatextofthiskind was dull")
    page.click("#second")
    page.set_input_files(
        "input[type=file]", files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": b"text\ngood\ndull\n"}]
    )
    page.get_by_role("button", name="Predict 2 rows").click()
    page.wait_for_selector("#file table")
    page.locator(".spoken").nth(1).wait_for()
    assert serious(page) == []
    wide = """[...document.querySelectorAll("body *")]
        .filter((e) => !e.closest(".scroll") && e.getBoundingClientRect().right > innerWidth + 0.5)
        .map((e) => e.outerHTML.slice(0, 80))"""
    assert page.evaluate(wide) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_markup_right_to_left_and_a_million_characters_stay_text(open_page: Any) -> None:
    page, predictor = open_page(), predictor_of(made_model())
    for text in (
        "<img src=x onerror=alert(1)> <b>good</b> soup</textarea>",
        "\u0627\u0644\u062d\u0633\u0627\u0621 good \u202e soup",
    ):
        page.fill("#one", text)
        page.wait_for_function("(t) => document.querySelector('.spoken')?.textContent === t", arg=text)
        assert label(page) == str(predictor.predict([text])[0])
    assert page.locator("main img, main b").count() == 0
    page.evaluate("document.querySelector('#one').value = 'good soup! '.repeat(95000)")
    page.locator("#one").dispatch_event("input")
    page.wait_for_function("() => document.querySelector('.answer').textContent.includes('The text is long')")
    assert label(page) == str(predictor.predict(["good soup! " * 95_000])[0])


def test_chinese_by_the_browsers_language(open_page: Any) -> None:
    page = open_page(locale="zh-CN")
    assert page.get_attribute("html", "lang") == "zh-Hans"
    page.get_by_role("button", name="与另一段文本比较").wait_for()
    page.fill("#one", "good soup")
    page.wait_for_selector(".spoken")
    assert "采纳" in page.locator(".state").inner_text()
    assert serious(page) == []


def test_a_file_without_texts_is_told_in_a_line(open_page: Any) -> None:
    page = open_page()
    page.set_input_files("input[type=file]", files=[{"name": "empty.csv", "mimeType": "text/csv", "buffer": b"\n\n"}])
    page.get_by_role("alert").wait_for()
    assert "found none in empty.csv" in page.get_by_role("alert").inner_text()


def test_the_card_has_the_score_with_its_interval_and_where_the_model_is_weak(open_page: Any) -> None:
    page = open_page()
    card = page.locator("#card")
    assert "accuracy 0.9, 0.85 to 0.95 in 95 of 100 samples" in card.inner_text()
    assert card.locator("td").all_inner_texts() == ["3 words or fewer", "41", "0.7073"]
    page.get_by_text("The whole card").click()
    assert card.locator("pre").inner_text() == "a card"
