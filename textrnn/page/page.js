/** The page: a text or two with their answers as they are typed, many texts of a file, the model's card. */

import { drawAnswer, drawWords, labelOf } from "./answer.js";
import { drawCard } from "./card.js";
import { difference } from "./difference.js";
import { byId, el } from "./dom.js";
import { latest } from "./latest.js";
import { startRows } from "./rows.js";
import { languageTag, percent, say } from "./strings.js";

const SETTLED = 60; // milliseconds without a key before words are asked for
const AGAIN = 1000; // milliseconds before a server that does not answer is asked again
const LONGEST = 20000; // characters of a text whose words are shown

/**
 * Start the page on an engine: `describe()` gives the model, `predict(texts, {explain, signal})` answers in order,
 * each {scores, labels, accepted, reason?, cut, tokens, unknown, words?, contrast?}; it throws Unreachable where nobody
 * answers. `home` says where it computes.
 */
export async function startPage(engine, home) {
  document.documentElement.lang = languageTag;
  for (const id of ["ask", "many", "model"]) byId(id).textContent = say(id);
  byId("about").textContent = say("loading");
  const model = await untilReached(() => engine.describe());
  byId("title").textContent = document.title = model.name ?? "textrnn";
  byId("about").textContent = say(model.logged ? "logged" : home);
  byId("card").replaceChildren(...drawCard(model));
  if ((model.columns ?? 1) > 1) return notify(say("columns"));
  const sides = startSides(engine, model);
  startRows(byId("file"), engine, model, trouble);
  sides[0].input.focus();
}

/** Tell of what went wrong; null: nothing does. */
function notify(text) {
  const notice = byId("notice");
  notice.hidden = text === null;
  if (text !== null && notice.textContent !== text) notice.textContent = text;
}

function trouble(error) {
  notify(error.name === "Unreachable" ? say("away") : say("failed", error.message));
}

/** The token that a person types. */
export function askForToken() {
  return new Promise((resolve) => {
    const input = el("input", { type: "password", autocomplete: "off", required: true }), notice = byId("notice");
    const form = el("form", { class: "controls" }, el("label", {}, say("token"), input), el("button", { class: "main" }, say("send")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      notify(null), resolve(input.value.trim());
    });
    notice.hidden = false;
    notice.replaceChildren(form);
    input.focus();
  });
}

/** What `ask` gives, asked again and again while nobody answers; throws where `signal` says so. */
async function untilReached(ask, signal) {
  for (;;) {
    try {
      const found = await ask();
      notify(null);
      return found;
    } catch (error) {
      signal?.throwIfAborted();
      trouble(error);
      if (error.name !== "Unreachable") throw error;
      await new Promise((resume) => setTimeout(resume, AGAIN));
      signal?.throwIfAborted();
    }
  }
}

function startSides(engine, model) {
  const second = byId("second"), change = byId("change");
  const update = () => change.replaceChildren(...(two.box.hidden ? [] : drawChange(model, one, two)));
  const one = startSide(engine, model, "one", update), two = startSide(engine, model, "two", update);
  const show = (both) => {
    two.box.hidden = !both;
    second.textContent = say(both ? "alone" : "compare");
    second.setAttribute("aria-expanded", String(both));
    one.name(say(both ? "first" : "text"));
    update();
  };
  two.name(say("secondText"));
  show(false);
  second.addEventListener("click", () => {
    const both = two.box.hidden;
    if (both && !two.input.value) (two.input.value = one.input.value), two.ask();
    show(both);
    (both ? two : one).input.focus();
  });
  byId("sides").replaceChildren(one.box, two.box);
  return [one, two];
}

/** A text with its answer: `answer` is that of the text `answered`, null of an empty one. */
function startSide(engine, model, id, onAnswer) {
  const label = el("label", { for: id }), input = el("textarea", { id, dir: "auto", placeholder: say("placeholder"), spellcheck: "false" });
  const head = el("div"), words = el("div", { class: "words" }), place = el("div", { class: "answer" }, head, words);
  const side = { input, box: el("div", {}, label, input, place), answer: null, answered: "", name: (text) => (label.textContent = text) };
  const put = (text, answer) => {
    Object.assign(side, { answer, answered: text });
    place.setAttribute("aria-busy", "false");
    onAnswer();
  };
  const ask = latest(async (signal) => {
    const text = input.value;
    if (!text.trim()) {
      head.replaceChildren(), words.replaceChildren();
      return put(text, null);
    }
    place.setAttribute("aria-busy", "true");
    const get = (explain) => untilReached(() => engine.predict([text], { explain, signal }), signal);
    const [answer] = await get(false);
    signal.throwIfAborted();
    head.replaceChildren(...drawAnswer(model, answer)), words.replaceChildren();
    put(text, answer);
    if (text.length > LONGEST) return;
    await new Promise((resume) => setTimeout(resume, SETTLED));
    signal.throwIfAborted();
    const [explained] = await get(true);
    signal.throwIfAborted();
    words.replaceChildren(...drawWords(model, text, explained));
  });
  side.ask = () => ask().catch(trouble);
  input.addEventListener("input", side.ask);
  return side;
}

/** What changed from the first text to the second, and what that did. */
function drawChange(model, one, two) {
  if (!one.answer || !two.answer) return [];
  const [before, after] = [one, two].map((side) => labelOf(model, side.answer)), moved = [];
  if (model.kind !== "number")
    for (const c of new Set([...one.answer.labels, ...two.answer.labels]))
      moved.push(el("li", {}, say("moves", String(model.classes[c]), percent(one.answer.scores[c]), percent(two.answer.scores[c]))));
  const pieces = difference(one.answered, two.answered).map(({ text, kind }) => (kind === "same" ? text : el(kind === "old" ? "del" : "ins", {}, text)));
  return [
    el("h3", {}, before === after ? say("same", before) : say("differs", before, after)), el("ul", {}, ...moved),
    pieces.some((piece) => typeof piece !== "string") ? el("p", {}, say("changed")) : null,
    pieces.some((piece) => typeof piece !== "string") ? el("p", { class: "spoken", dir: "auto", tabindex: "0" }, ...pieces) : null,
  ].filter(Boolean);
}
