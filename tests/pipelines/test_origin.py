"""The published report says what the data is called, when the network was trained and how long that took; nothing that
is keyed holds it.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

from running import Call

from textrnn import __version__ as textrnn_version
from textrnn.evaluation.origin import Origin, format_time, insert_origin, remove_origin
from textrnn.serving.served_model import load_served_model


def page_of(place: Path) -> str:
    return (place / "runs" / "textrnn" / "report.html").read_text("utf-8")


def origin_of(page: str) -> str:
    found = re.findall(r'<p class="note origin">(.*?)</p>', page)
    assert len(found) == 1
    return str(found[0])


def made(place: Path, stage: str) -> tuple[Path, dict[str, Any]]:
    run = json.loads((place / "runs" / "textrnn" / "run.json").read_text("utf-8"))
    key = next(one["key"] for one in run["stages"] if one["stage"] == stage)
    folder = place / ".textrnn" / "entries" / stage / key[:32]
    return folder, json.loads((folder / "manifest.json").read_text("utf-8"))["made"]


def test_the_page_names_data_date_and_time(place: Path, textrnn: Call) -> None:
    assert textrnn("run").code == 0
    said = origin_of(page_of(place))
    folder, _ = made(place, "evaluate")
    _, about = made(place, "train")
    assert said.startswith("Data: <bdi>data.csv</bdi>. Trained on ")
    assert f"Trained on {format_time(about['at'])}; training the network took " in said
    assert str(place) not in page_of(place)
    kept = (folder / "data" / "report.html").read_text("utf-8")
    assert "Trained on" not in kept
    assert remove_origin(page_of(place)) == kept

    page = place / "runs" / "textrnn" / "report.html"
    before = page.stat().st_mtime_ns
    again = textrnn("run", "--json")
    assert (again.code, again.ran()) == (0, [])
    assert (page.stat().st_mtime_ns, origin_of(page_of(place))) == (before, said), (
        "a run with nothing to do says the same"
    )
    page.unlink()
    assert textrnn("run", "--json").ran() == []
    assert origin_of(page_of(place)) == said, "of when it was trained, not of today"


def test_the_page_says_how_to_come_to_the_same(place: Path, tmp_path: Path, textrnn: Call) -> None:
    odd = ("--set", "train.learning_rate=0.004", "--set", "name=my run")
    assert textrnn("run", *odd).code == 0
    page = (place / "runs" / "my run" / "report.html").read_text("utf-8")
    (shown,) = re.findall(r'<pre class="command"><code><bdi>(.*?)</bdi></code></pre>', page)
    program, command, *options = shlex.split(html.unescape(shown))
    assert (program, command) == ("textrnn", "run")
    assert "train.learning_rate=0.004" in options
    assert str(place) not in page

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(place / "data.csv", elsewhere)
    os.chdir(elsewhere)  # `place` goes back
    again = textrnn("run", *options, "--cache-dir", str(place / ".textrnn"), "--json")
    assert (again.code, again.ran()) == (0, []), "the same keys"
    said = re.sub(r"<!-- /?(reproduction|origin|audit) -->", "", page)
    assert (elsewhere / "runs" / "my run" / "report.html").read_text("utf-8") == page

    assert f"sha256:{hashlib.sha256((place / 'data.csv').read_bytes()).hexdigest()}" in said
    settings = said.partition("Settings that differ from the defaults")[2].partition("</dl>")[0]
    names = re.findall(r"<dt><bdi>(.*?)</bdi></dt>", settings)
    assert {"data.source", "train.learning_rate"} <= set(names)
    assert all(not name.endswith("seed") for name in names)
    made = said.partition("<h3>Made with</h3>")[2].partition("</dl>")[0]
    names = re.findall(r"<dt><bdi>(.*?)</bdi></dt>", made)
    assert {"Run", "textrnn", "Python", "Libraries", "Processor", "Kernels", "Threads", "Seeds"} <= set(names)
    assert f"<dd><bdi>{textrnn_version}</bdi></dd>" in made
    assert "train.seed 0" in made


def test_the_page_names_the_data_as_it_is_called_now(place: Path, textrnn: Call) -> None:
    assert textrnn("run").code == 0
    (place / "data.csv").rename(place / "a & b <tickets>.csv")
    ended = textrnn("run", "--json", "--set", "data.source='a & b <tickets>.csv'")
    assert ended.ran() == []
    assert "Data: <bdi>a &amp; b &lt;tickets&gt;.csv</bdi>." in origin_of(page_of(place))


def test_a_scored_file_is_named(place: Path, textrnn: Call) -> None:
    assert textrnn("run").code == 0
    assert textrnn("score", str(place / "data.csv"), "--output", "scored").code == 0
    said = origin_of((place / "scored" / "report.html").read_text("utf-8"))
    assert re.fullmatch(
        r"Data: <bdi>data\.csv</bdi>\. Scored on .* \d{4}, \d\d:\d\d UTC with the model textrnn\.", said
    )


def test_a_scored_page_says_how_to_come_to_the_same(place: Path, tmp_path: Path, textrnn: Call) -> None:
    model = place / "models" / "textrnn"
    rows = (place / "data.csv").read_text("utf-8").replace("text,label", "words in it,label").splitlines()
    odd = place / "new & odd.csv"
    odd.write_text("\n".join([f"{line},north" if i else f"{line},region" for i, line in enumerate(rows)]), "utf-8")
    ended = textrnn("score", str(odd), "-m", str(model), "-o", "scored", "--text-column", "words in it",
                    "--slice-by", "region", "--header", "--on-bad-row", "skip")  # fmt: skip
    assert ended.code == 0, ended.err
    page = (place / "scored" / "report.html").read_text("utf-8")
    assert str(place) not in page
    (shown,) = re.findall(r'<pre class="command"><code><bdi>(.*?)</bdi></code></pre>', page)

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(odd, elsewhere)
    shutil.copytree(model, elsewhere / "textrnn")
    os.chdir(elsewhere)  # `place` goes back
    program, *words = shlex.split(html.unescape(shown))
    assert program == "textrnn"
    assert textrnn(*words).code == 0
    again = (elsewhere / "scored" / "report.html").read_text("utf-8")
    assert origin_of(again).partition("Scored on")[0] == origin_of(page).partition("Scored on")[0]
    dated = re.compile(r"Scored on .*? UTC")
    assert dated.sub("", again) == dated.sub("", page), "all but the date"
    report = "report.json"
    assert (elsewhere / "scored" / report).read_bytes() == (place / "scored" / report).read_bytes()

    files = page.partition("<h3>Files</h3>")[2].partition("</dl>")[0]
    assert f"<dt><bdi>new &amp; odd.csv</bdi></dt><dd><code><bdi>sha256:{sha256_of(odd)}</bdi>" in files
    assert f"sha256:{load_served_model(model).digest}, of" in files, "as predictions and the server name it"
    assert f"sha256:{sha256_of(model / 'decision.json')}" in files
    assert "Settings that differ" not in page.partition("How to reproduce this")[2]
    assert f"<dd><bdi>{textrnn_version}</bdi></dd>" in page


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_page_of_before_stays_as_it_is() -> None:
    assert insert_origin("<h1>x</h1>", Origin(("a.csv",), "Then.")) == "<h1>x</h1>"
    assert remove_origin("<h1>x</h1>") == "<h1>x</h1>"
    assert format_time("once") == "once"
