/** Many texts: a file is dropped, its column chosen; a table to filter and sort, a download. */

import { labelOf, probabilityOf } from "./answer.js";
import { decodeText, formatCsv, parseCsv } from "./csv.js";
import { el } from "./dom.js";
import { count, figure, languageTag, percent, say } from "./strings.js";

const AT_ONCE = 16; // rows that the engine is given
const SHOWN = 50; // rows of the table, and how many more at a time
const TEXTLIKE = /^(text|review|sentence|comment|message|content|body|文本|评论|内容)$/i;

export function startRows(place, engine, model, onTrouble) {
  const input = el("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv,text/plain", "aria-label": say("drop") });
  const drop = el("div", { class: "drop" }, say("drop"), input), below = el("div");
  const open = async (file) => {
    if (!file) return;
    try {
      below.replaceChildren(...(await drawFile(file, engine, model, onTrouble)));
    } catch (error) {
      onTrouble(error);
    }
  };
  input.addEventListener("change", () => open(input.files[0]));
  for (const name of ["dragenter", "dragover", "dragleave", "drop"])
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.toggle("over", name === "dragenter" || name === "dragover");
      if (name === "drop") open(event.dataTransfer.files[0]);
    });
  place.replaceChildren(drop, below);
}

/** The choices for a file: its column of texts, whether it has a header; then a table. */
async function drawFile(file, engine, model, onTrouble) {
  const text = decodeText(new Uint8Array(await file.arrayBuffer()), languageTag);
  const rows = /\.txt$/i.test(file.name) ? text.split(/\r\n|\r|\n/).filter(Boolean).map((line) => [line]) : parseCsv(text);
  if (!rows.length) throw new Error(say("unreadable", file.name));
  const width = Math.max(...rows.slice(0, 1000).map((row) => row.length)), column = el("select"), start = el("button", { type: "button", class: "main" });
  const header = el("input", { type: "checkbox" }), result = el("div");
  header.checked = looksLikeHeader(rows);
  const names = () => Array.from({ length: width }, (_, i) => (header.checked && rows[0][i]) || `${i + 1}`);
  const body = () => (header.checked ? rows.slice(1) : rows);
  const draw = () => {
    const chosen = column.value;
    column.replaceChildren(...names().map((name, i) => el("option", { value: i }, name)));
    column.value = chosen || guessColumn(names(), body(), width);
    start.textContent = say("start", count(body().length));
  };
  draw();
  header.addEventListener("change", draw);
  start.addEventListener("click", async () => {
    start.disabled = true;
    await predictRows({ names: names(), rows: body(), column: Number(column.value), file: file.name }, engine, model, result).catch(onTrouble);
    start.disabled = false;
  });
  return [
    el("p", {}, el("strong", {}, file.name)),
    el("div", { class: "controls" }, el("label", {}, say("column"), column), el("label", {}, say("header"), header), start),
    result,
  ];
}

/** Whether the first row names columns: nothing in it is long, or a number, or there again. */
function looksLikeHeader([first, ...rest]) {
  return rest.length > 0 && first.every((name) => name && name.length < 40 && !/^[\d.,-]+$/.test(name)) && new Set(first).size === first.length;
}

/** The column that is called like a text, else that with the longest cells. */
function guessColumn(names, rows, width) {
  const named = names.findIndex((name) => TEXTLIKE.test(name.trim()));
  if (named >= 0) return named;
  const size = (i) => rows.slice(0, 50).reduce((sum, row) => sum + (row[i] ?? "").length, 0);
  return Array.from({ length: width }, (_, i) => i).reduce((best, i) => (size(i) > size(best) ? i : best), 0);
}

/** Predict all rows, telling how far it is, then draw them. */
async function predictRows(data, engine, model, place) {
  const total = data.rows.length, progress = el("progress", { max: total, value: 0 }), told = el("p", { role: "status" }), answers = [];
  const stop = new AbortController();
  progress.setAttribute("aria-label", say("many"));
  place.replaceChildren(progress, told, el("button", { type: "button", onclick: () => stop.abort() }, say("stop")));
  try {
    while (answers.length < total) {
      const some = data.rows.slice(answers.length, answers.length + AT_ONCE).map((row) => row[data.column] ?? "");
      answers.push(...(await engine.predict(some, { signal: stop.signal })));
      progress.value = answers.length;
      told.textContent = say("done", count(answers.length), count(total));
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  place.replaceChildren(...drawTable(data, answers, model));
}

/** The table of the rows that have an answer. */
function drawTable({ names, rows, column, file }, answers, model) {
  const found = answers.map((answer, i) => ({
    number: i + 1, text: rows[i][column] ?? "", label: labelOf(model, answer), probability: probabilityOf(model, answer), answer,
  }));
  const isNumber = model.kind === "number", view = { shown: SHOWN, key: "number", falls: false };
  const filter = el("input", { type: "search" }), label = el("select", {}, el("option", { value: "" }, say("every")));
  for (const name of [...new Set(found.map((row) => row.label))].sort()) label.append(el("option", { value: name }, name));
  const body = el("tbody"), told = el("p", { class: "faint", role: "status" });
  const more = el("button", { type: "button", onclick: () => ((view.shown += SHOWN), draw()) }, say("next"));
  const columns = [
    ["number", say("row"), (row) => count(row.number), "number"], ["text", say("text"), (row) => row.text, "text"],
    ["label", say("label"), (row) => row.label, isNumber ? "number" : null],
    ...(isNumber ? [] : [["probability", say("probability"), (row) => (row.probability === null ? "" : percent(row.probability)), "number"]]),
    ["takes", say("takes"), (row) => say(row.answer.accepted ? "yes" : "no"), null],
  ];
  const value = (row) => ({ number: row.number, text: row.text, label: isNumber ? row.answer.scores[0] : row.label, probability: row.probability ?? -1, takes: Number(row.answer.accepted) })[view.key];
  const heads = columns.map(([key, name]) =>
    el("th", { scope: "col" }, el("button", { type: "button", title: say("sorted", name), onclick: () => (Object.assign(view, { falls: view.key === key && !view.falls, key }), draw()) }, name)));
  const draw = () => {
    const wanted = filter.value.toLowerCase();
    const some = found.filter((row) => (!label.value || row.label === label.value) && row.text.toLowerCase().includes(wanted));
    some.sort((a, b) => compare(value(a), value(b)) * (view.falls ? -1 : 1) || a.number - b.number);
    body.replaceChildren(...some.slice(0, view.shown).map((row) =>
      el("tr", {}, ...columns.map(([, , cell, kind]) => el("td", { class: kind, dir: kind === "text" ? "auto" : null }, cell(row))))));
    heads.forEach((head, i) => head.setAttribute("aria-sort", columns[i][0] !== view.key ? "none" : view.falls ? "descending" : "ascending"));
    told.textContent = say("shown", count(Math.min(some.length, view.shown)), count(some.length));
    more.hidden = some.length <= view.shown;
  };
  for (const each of [filter, label]) each.addEventListener("input", () => ((view.shown = SHOWN), draw()));
  draw();
  return [
    el("div", { class: "controls" }, el("label", {}, say("filter"), filter), isNumber ? null : el("label", {}, say("label"), label),
      el("button", { type: "button", onclick: () => save(names, rows, found, model, file) }, say("download"))),
    told, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say("many") },
      el("table", {}, el("thead", {}, el("tr", {}, ...heads)), body)), more,
  ];
}

const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, languageTag) : a - b);

/** Offer the rows with what was predicted as a file; columns that are called so already keep their names. */
function save(names, rows, found, model, file) {
  const free = (name) => (names.includes(name) ? `predicted_${name}` : name);
  const classes = model.kind === "number" ? [] : model.classes.map((c) => free(`probability_${c}`));
  const head = [...names, free("prediction"), ...classes, free("accepted")];
  const lines = found.map(({ number, answer, label }) => [
    ...names.map((_, i) => rows[number - 1][i] ?? ""), model.kind === "number" ? answer.scores[0] : label,
    ...(classes.length ? answer.scores.map((score) => score.toFixed(6)) : []), answer.accepted,
  ]);
  const url = URL.createObjectURL(new Blob(["\ufeff", formatCsv([head, ...lines])], { type: "text/csv" }));
  el("a", { href: url, download: file.replace(/\.\w+$/, "") + "-predicted.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
