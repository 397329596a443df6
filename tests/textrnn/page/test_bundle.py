"""The modules as one script: names that differ, forms that the bundle takes, few bytes."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from textrnn.page import bundle
from textrnn.page.bundle import HERE, bundle_modules, read_modules, shorten

ENTRIES = ("file.js", "served.js")
MODULES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.js"))
DECLARED = re.compile(r"^(?:async )?(?:function|class|const|let) (\w+)|^(?:const|let) .*?, (\w+) = ", re.MULTILINE)


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_two_modules_declare_one_name(entry: str) -> None:
    names = Counter(name for text in read_modules(entry).values() for found in DECLARED.findall(text) for name in found)
    assert [name for name, times in names.items() if name and times > 1] == []
    script = bundle_modules(entry)
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)


def test_every_module_is_part_of_a_page_and_says_what_it_holds() -> None:
    assert set(MODULES) == set(read_modules("file.js")) | set(read_modules("served.js"))
    for name in MODULES:
        first, *_ = text = (HERE / name).read_text(encoding="utf-8").splitlines()
        assert first.startswith("/** "), name
        assert first.endswith((". */", "/")), name
        assert len(text) < 300, name
        assert max(map(len, text)) < 260, name


def test_strings_stand_on_one_line_and_only_text_is_inserted() -> None:
    for name in MODULES:
        text = (HERE / name).read_text(encoding="utf-8")
        assert all(line.count("`") % 2 == 0 for line in text.splitlines()), name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), name


def test_the_served_page_is_small_and_asks_nothing_from_elsewhere() -> None:
    files = [HERE / name for name in ("index.html", "style.css", *read_modules("served.js"))]
    assert sum(path.stat().st_size for path in files) < 60_000
    for path in files:
        assert not re.search(r"https?://", path.read_text(encoding="utf-8")), path


def test_comments_and_indentation_go_and_nothing_else() -> None:
    assert shorten('/** What\n * it is. */\nconst a = "//x"; // kept\n\n  // gone\n  f(a);\n') == (
        'const a = "//x"; // kept\nf(a);\n'
    )


def test_a_circle_of_imports_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("page")
    (folder / "a.js").write_text('import { b } from "./b.js";\n')
    (folder / "b.js").write_text('import { a } from "./a.js";\n')
    monkeypatch.setattr(bundle, "HERE", folder)
    with pytest.raises(ValueError, match=r"found a.js -> b.js -> a.js"):
        read_modules("a.js")
