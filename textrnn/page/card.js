/** The model's card: its classes, its score with an interval, where it is weak, the whole card as text. */

import { el } from "./dom.js";
import { count, figure, say } from "./strings.js";

/** `score` is {name, value, low, high} or null, `slices` are [name, rows, value], `card` is Markdown. */
export function drawCard(model) {
  const { kind, classes, score, slices, card } = model, names = (classes ?? []).map(String);
  return [
    el("p", {}, kind === "number" ? say("number") : say("classes", count(names.length), names.slice(0, 50).join(", ") + (names.length > 50 ? " …" : ""))),
    el("p", {}, score ? drawScore(score) : say("undecided")),
    ...(slices?.length ? [
      el("h3", {}, say("slices")),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say("slices") }, el("table", {},
        el("thead", {}, el("tr", {}, ...[say("slice"), say("rows"), score?.name ?? ""].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...slices.map(([name, rows, value]) =>
          el("tr", {}, el("td", {}, name), el("td", { class: "number" }, count(rows)), el("td", { class: "number" }, figure(value))))))),
    ] : []),
    card ? el("details", {}, el("summary", {}, say("card")), el("pre", { tabindex: "0" }, card)) : null,
  ].filter(Boolean);
}

function drawScore({ name, value, low, high }) {
  const known = typeof low === "number" && typeof high === "number";
  return known ? say("score", name, figure(value), figure(low), figure(high)) : say("scoreOnly", name, figure(value));
}
