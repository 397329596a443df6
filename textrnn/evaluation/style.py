"""The style sheet of the report page: light or dark, phone to paper."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fdfdfb; --card: #ffffff; --ink: #16191d; --muted: #666d76; --line: #e3e4e1;
  --accent: #1f5fbf; --second: #c9822b; --good: #1b7a4b; --bad: #b3402e; --wash: #f3f4f0;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang SC",
    "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Source Serif 4", Georgia, "Noto Serif",
    "Songti SC", "Noto Serif CJK SC", serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121417; --card: #191c20; --ink: #e9eaec; --muted: #9aa1ab; --line: #2d3238;
    --accent: #7fb0f5; --second: #e3a95c; --good: #6cc598; --bad: #ee8f7f; --wash: #1c2025;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 var(--sans); font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
main { max-width: 1080px; margin: 0 auto; padding: clamp(1.5rem, 5vw, 4rem) clamp(1rem, 4vw, 2.5rem) 4rem; }
h1 { font: 600 clamp(1.7rem, 4.5vw, 2.6rem)/1.18 var(--serif); letter-spacing: -.012em; margin: .3rem 0 1rem; }
h2 { font: 600 1.35rem/1.3 var(--serif); margin: 0 0 .8rem; }
h2 + .note { margin-top: -.5rem; }
h3 { font: 600 .95rem/1.3 var(--sans); margin: 0 0 .5rem; }
p { margin: 0 0 .8rem; max-width: 68ch; }
section { border-top: 1px solid var(--line); padding-top: 1.6rem; margin-top: 2.6rem; }
.eyebrow { color: var(--muted); font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; margin: 0; }
.note, figcaption { color: var(--muted); font-size: .875rem; line-height: 1.5; }
.verdict { font: 400 1.15rem/1.5 var(--serif); padding-left: 1rem; border-left: 3px solid var(--muted); margin: 0; }
.verdict .aside { color: var(--muted); }
.verdict.classifier { border-color: var(--good); }
.verdict.baseline { border-color: var(--bad); }
.warning { padding: .6rem .9rem; background: var(--wash); border-left: 3px solid var(--second); max-width: 72ch; }
.scores {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 1.8rem 1.6rem; margin: 2.2rem 0 0;
}
.scores dt { color: var(--muted); font-size: .875rem; }
.scores dd { margin: 0; }
.scores .value { font: 500 clamp(2rem, 5vw, 2.7rem)/1.15 var(--sans); letter-spacing: -.025em; }
.ends { font-size: .8em; color: var(--muted); white-space: nowrap; }
.scores .interval, .scores .meaning { font-size: .875rem; color: var(--muted); }
.scores .meaning { font-size: .8rem; line-height: 1.4; margin-top: .3rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 2.2rem 2.6rem; }
figure { margin: 0; min-width: 0; }
figure svg { display: block; width: 100%; height: auto; overflow: visible; stroke-linejoin: round; }
figure svg text { font-family: var(--sans); font-variant-numeric: tabular-nums; }
section > figure { margin-top: 1.4rem; max-width: 620px; }
figcaption { margin-top: .6rem; }
.wide { overflow-x: auto; }
.tall { max-height: 34rem; overflow: auto; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 250px), 1fr)); gap: 1.6rem 2.6rem; }
.columns > * { min-width: 0; }
section > h3, .wide + h3 { margin-top: 1.8rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; line-height: 1.4; }
th, td { text-align: left; padding: .42rem .9rem .42rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--muted); font-weight: 500; font-size: .8rem; }
thead th { position: sticky; top: 0; background: var(--paper); vertical-align: bottom; }
tbody th { color: var(--ink); font-size: inherit; font-weight: 400; }
th, td.t { word-break: keep-all; overflow-wrap: break-word; }
th.n, td.n { text-align: right; }
td.n { white-space: nowrap; }
tr > :last-child { padding-right: 0; }
@media screen and (max-width: 900px) {
  table.many, .many tbody { display: block; }
  .many thead { display: none; }
  .many tr {
    display: grid; grid-template-columns: repeat(auto-fill, minmax(7.8rem, 1fr)); gap: .5rem 1rem;
    padding: .7rem 0; border-bottom: 1px solid var(--line);
  }
  .many th, .many td { padding: 0; border: 0; }
  .many tbody th, .many td.t { grid-column: 1 / -1; }
  .many tbody th { font-weight: 600; }
  .many td.n { text-align: left; align-self: end; }
  .many td:empty { display: none; }
  .many td::before {
    content: attr(data-head); display: block; color: var(--muted); font-size: .75rem; white-space: normal;
  }
}
.errors { list-style: none; margin: 1rem 0 0; padding: 0; }
.errors li { padding: .9rem 0; border-bottom: 1px solid var(--line); break-inside: avoid; }
.errors p { margin: 0; max-width: none; font-size: .875rem; color: var(--muted); }
.errors blockquote { margin: .3rem 0 0; max-width: 82ch; font: 400 1rem/1.5 var(--serif); overflow-wrap: break-word; }
.clusters { list-style: none; margin: 1.2rem 0 0; padding: 0; display: grid; gap: 1.8rem; }
.clusters > li { min-width: 0; }
.clusters > li > .errors { margin-top: .3rem; }
.errors b { color: var(--ink); font-weight: 600; overflow-wrap: break-word; }
dl.settings { display: grid; grid-template-columns: auto 1fr; gap: .15rem 1rem; margin: 0; font-size: .875rem; }
dl.settings dt { color: var(--muted); }
dl.settings dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
ul.plain { margin: .6rem 0 0; padding-left: 1.1rem; max-width: 72ch; }
code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; background: var(--wash); padding: .1em .35em; }
.conclusion { margin: 1.4rem 0 0; display: grid; gap: .5rem; max-width: 82ch; }
.conclusion > div { display: grid; grid-template-columns: 4.2rem 1fr; gap: .2rem .8rem; }
.conclusion dt { color: var(--muted); font-size: .875rem; padding-top: .1rem; }
.conclusion dd { margin: 0; overflow-wrap: break-word; min-width: 0; }
.findings { list-style: none; margin: 1.2rem 0; padding: 0; display: grid; gap: 1.3rem; }
.findings li { padding-left: 1rem; border-left: 3px solid var(--muted); min-width: 0; break-inside: avoid; }
.findings li.high { border-color: var(--bad); }
.findings li.medium { border-color: var(--second); }
.findings h3 { margin: 0 0 .3rem; }
.findings p { margin: 0 0 .3rem; }
a { color: var(--accent); }
.command { background: var(--wash); padding: .7rem .9rem; margin: 0 0 1.2rem; }
.command { white-space: pre-wrap; overflow-wrap: anywhere; }
.findings code, .conclusion code { white-space: nowrap; }
.command code { background: none; padding: 0; }
dl.digests { grid-template-columns: fit-content(40%) 1fr; margin-bottom: 1.2rem; }
.code { font: .85em ui-monospace, "SF Mono", Menlo, Consolas, monospace; color: var(--muted); margin-right: .3rem; }
@media print {
  :root {
    --paper: #fff; --card: #fff; --ink: #000; --muted: #555; --line: #ccc;
    --accent: #1f5fbf; --second: #b06a12; --good: #1b7a4b; --bad: #b3402e; --wash: #f3f3f3; color-scheme: light;
  }
  @page { margin: 16mm; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  .tall { max-height: none; overflow: visible; }
  .figures { grid-template-columns: 1fr 1fr; gap: 1.2rem; }
  figure, tr, .scores > div { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  thead th { position: static; }
}
"""
