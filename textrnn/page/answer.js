/** An answer drawn: the label, probabilities as bars, whether it is accepted, the words for and against. */

import { el, styled } from "./dom.js";
import { count, figure, percent, say } from "./strings.js";

const FIRST = 5; // bars that are shown at once
const LISTED = 5; // words for, and words against
const SMALLEST = 0.05; // of a part that is coloured, in shares of the largest
const UNKNOWN = 0.3; // a share of unknown words that is told

/** The name of what is predicted. */
export function labelOf(model, answer) {
  if (model.kind === "number") return figure(answer.scores[0]);
  return answer.labels.map((c) => String(model.classes[c])).join(", ") || say("noLabel");
}

/** The probability of what is predicted; null for numbers and where there is no label. */
export function probabilityOf(model, answer) {
  return model.kind === "number" || !answer.labels.length ? null : answer.scores[answer.labels[0]];
}

export function drawAnswer(model, answer) {
  const [why, least] = answer.reason ?? ["unsure"], accepted = say(answer.accepted ? "accepted" : why, least && percent(least));
  return [
    el("p", { class: "label", role: "status" }, labelOf(model, answer)),
    el("p", { class: `state ${answer.accepted ? "good" : "bad"}` }, accepted),
    answer.cut ? el("p", { class: "faint" }, say("cut", count(answer.tokens))) : null,
    answer.unknown > UNKNOWN ? el("p", { class: "faint" }, say("unknown", percent(answer.unknown))) : null,
    ...(model.kind === "number" ? [] : drawBars(model, answer)),
  ].filter(Boolean);
}

function drawBars(model, { scores, labels }) {
  const order = scores.map((_, c) => c).sort((a, b) => scores[b] - scores[a] || a - b);
  const list = (some) =>
    el("ol", { class: "bars" }, ...some.map((c) => drawBar(String(model.classes[c]), scores[c], labels.includes(c))));
  const rest = order.slice(FIRST);
  return [list(order.slice(0, FIRST)), rest.length ? el("details", {}, el("summary", {}, say("more", rest.length)), list(rest)) : null];
}

function drawBar(name, score, chosen) {
  const bar = styled(el("i"), "width", `${100 * score}%`);
  return el("li", { class: chosen ? "chosen" : null }, el("span", {}, name), el("div", { class: "track", "aria-hidden": "true" }, bar), el("span", {}, percent(score)));
}

/** The text in colours, and its most telling words as lists. */
export function drawWords(model, text, { words, contrast }) {
  if (!words?.length) return [];
  const name = model.kind === "number" ? say("value") : String(model.classes[contrast.label]);
  const largest = Math.max(...words.map((word) => Math.abs(word.part)), 1e-6);
  const spoken = el("p", { class: "spoken", dir: "auto", tabindex: "0" });
  let at = 0;
  for (const { start, end, part } of words) {
    spoken.append(text.slice(at, start));
    const shown = Math.abs(part) >= SMALLEST * largest;
    const span = el("span", { class: shown ? (part > 0 ? "for" : "against") : null }, text.slice(start, end));
    if (shown) styled(span, "--share", Math.abs(part) / largest), (span.title = withSign(part));
    spoken.append(span);
    at = end;
  }
  spoken.append(text.slice(at));
  const ranked = [...words].sort((a, b) => Math.abs(b.part) - Math.abs(a.part));
  const list = (title, some) =>
    el("div", {}, el("h4", { class: "faint" }, title), some.length
      ? el("ul", {}, ...some.slice(0, LISTED).map((word) =>
          el("li", {}, el("span", { dir: "auto" }, text.slice(word.start, word.end)), el("span", {}, withSign(word.part)))))
      : el("p", { class: "faint" }, say("none")));
  return [
    el("h3", {}, say("words", name)), spoken,
    el("div", { class: "lists" }, list(say("speaksFor", name), ranked.filter((w) => w.part > 0)), list(say("speaksAgainst"), ranked.filter((w) => w.part < 0))),
  ];
}

const withSign = (part) => (part > 0 ? "+" : "\u2212") + Math.abs(part).toFixed(2);
