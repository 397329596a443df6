"""RESULTS.md: a pure function of results.json."""

from __future__ import annotations

import copy
import json

from benchmarks.aims import aims_of
from benchmarks.report import page_of, section_of
from benchmarks.results import load_results, merge_results, save_results

MACHINE = {
    "processor": "A CPU",
    "cores": 2,
    "flags": ["avx2", "fma"],
    "memory_gib": 24,
    "system": "Linux x86_64",
    "python": "3.11.7",
}


def entry(**changed):
    rows = [
        {
            "way": "textrnn",
            "values": [3000.0, 4000.0, 3500.0],
            "note": "",
            "flops": 1e6,
            "libraries": {"torch": "2.13.0"},
        },
        {
            "way": "Flair",
            "values": [100.0, 100.0, 140.0],
            "note": "SGD",
            "flops": 1e6,
            "libraries": {"flair": "0.15"},
        },
        {"way": "Keras, on our batches", "values": [], "note": "", "missing": "keras"},
        {"way": "Other", "values": [], "note": "", "failed": "it broke"},
    ]
    found = {
        "name": "training",
        "title": "Training steps",
        "kind": "ratios",
        "unit": "real tokens a second",
        "about": "Whole steps.",
        "rows": rows,
        "ceiling": [1e10, 2e10, 1e10],
        "machine": MACHINE,
        "threads": 2,
        "precision": "float32",
        "wait_policy": "not set",
        "date": "2026-01-02",
        "minutes": 2,
        "others": {"median": 0.01, "highest": 0.2},
    }
    return {**found, **changed}


EXPECTED = """\
## Training steps: float32, 2 threads, AVX2

A CPU, 2 cores, 24 GiB (avx2, fma); Linux x86_64, Python 3.11.7; OMP_WAIT_POLICY not set; 2026-01-02, 2 minutes. \
While something was measured, other processes took 0.01 cores in the median, 0.20 at most. flair 0.15, torch 2.13.0.

Whole steps.

| way     | real tokens a second | lowest | highest | first / this | lowest | highest | of the matrix product | note |
|---------|---------------------:|-------:|--------:|-------------:|-------:|--------:|----------------------:|------|
| textrnn |                3,500 |  3,000 |   4,000 |              |        |         |                 30.0% |      |
| Flair   |                  100 |    100 |     140 |        30.00 |  25.00 |   40.00 |                  1.0% | SGD  |

The matrix product: 10 (10 to 20) GFLOP/s.

* not measured: Keras, on our batches; its environment is not built: `make bench-envs ENVS=keras`
* not measured: Other; it failed: it broke
"""


def test_a_section_has_medians_spread_paired_ratios_shares_and_what_is_missing():
    assert section_of(entry()) == EXPECTED


def test_the_page_is_the_same_from_the_file(tmp_path):
    results = [entry(), entry(name="sweep", threads=1)]
    untouched = copy.deepcopy(results)
    page = page_of(results)
    save_results(tmp_path / "results.json", results)
    assert page_of(load_results(tmp_path / "results.json")) == page
    assert results == untouched
    assert section_of(results[0]) in page


def test_a_curve_has_seconds_rates_and_memory():
    rows = [{"x": 1000, "way": "textrnn", "values": [500.0, 250.0], "seconds": [2.0, 4.0], "mib": [600.2, 601.4]}]
    section = section_of(entry(kind="curve", x="texts", unit="texts a second", rows=rows, ceiling=None))
    assert [cell.strip() for cell in section.splitlines()[-1].split("|")[1:-1]] == [
        "1,000", "textrnn", "3", "2", "4", "375", "601",
    ]  # fmt: skip


def test_a_table_of_plain_rows_has_their_keys_as_columns():
    rows = [{"what": "import", "seconds": 1.2345}, {"what": "help", "seconds": 0.5, "note": "no torch"}]
    lines = section_of(entry(kind="table", rows=rows, ceiling=None)).splitlines()[-4:]
    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in (lines[0], *lines[2:])] == [
        ["what", "seconds", "note"],
        ["import", "1.23", ""],
        ["help", "0.5", "no torch"],
    ]


def test_an_entry_takes_the_place_of_its_like_and_of_no_other(tmp_path):
    first, other, again = entry(), entry(threads=1), entry(date="2026-01-03")
    assert merge_results([first, other], again) == [again, other]
    assert merge_results([first], other) == [first, other]
    assert merge_results([first], entry(precision="bfloat16"))[0] == first
    newer = entry(machine={**MACHINE, "flags": ["avx2", "fma", "avx512f"]})  # of the same name
    assert merge_results([first], newer) == [first, newer]
    assert load_results(tmp_path / "none.json") == []
    (tmp_path / "old.json").write_text(json.dumps({"format": 0, "benchmarks": [first]}))
    assert load_results(tmp_path / "old.json") == []


def test_aims_are_judged_by_the_median_of_paired_ratios():
    found = {aim.what: aim for aim in aims_of([entry(), entry(name="sweep")])}
    assert found["training, float32, threads 2, AVX2: Flair"].found == 30.0
    assert found["training, float32, threads 2, AVX2: Flair"].held  # 20 is wanted
    assert found["sweep, float32, threads 2, AVX2: share at the default batch"].found == 30.0
    assert not any("Keras" in what for what in found)  # nothing was measured


def test_an_aim_that_is_missed_is_reported():
    slow = entry()
    slow["rows"][0]["values"] = [1000.0, 1000.0, 1000.0]
    (aim,) = aims_of([slow])
    assert (aim.found, aim.held) == (10.0, False)
    assert "no |" in page_of([slow])
