/** A model behind a server: its answers over HTTP, in the form that the page draws. */

import { choose, reasonAgainst } from "./engine/decision.js";

const ALL = 10000; // classes that an answer lists
const BUSY = new Set([429, 502, 503, 504]); // who asks again later gets an answer

/** Nobody answers now. */
class Unreachable extends Error {
  name = "Unreachable";
}

export class Server {
  /** `askForToken` gives the token that a server elsewhere wants to see; it stays in the page's memory. */
  constructor(askForToken) {
    this.askForToken = askForToken;
    this.token = null;
  }

  async describe() {
    const about = await this.ask("model");
    const { text, numeric, categorical } = about.columns;
    this.model = {
      name: about.name, logged: about.texts_logged, kind: about.target, classes: about.classes, card: about.card,
      columns: text.length + numeric.length + categorical.length, score: scoreOf(about.metrics), slices: about.slices,
    };
    this.decision = about.decision;
    return this.model;
  }

  async predict(texts, { explain = false, signal } = {}) {
    const body = JSON.stringify({ texts, top: ALL, explain });
    const { predictions } = await this.ask("predict", { method: "POST", body, signal });
    return predictions.map((found, i) => this.answer(texts[i], found));
  }

  answer(text, found) {
    const { kind, classes } = this.model, places = new Map(classes.map((name, c) => [name, c]));
    const scores = kind === "number" ? [found.value] : new Array(classes.length).fill(0);
    for (const { label, probability } of found.classes ?? []) scores[places.get(label)] = probability;
    const given = found.labels ?? (found.label === undefined ? null : [found.label]); // null where it is not accepted
    const labels = given?.every((label) => places.has(label)) ? given.map((label) => places.get(label)) : choose(this.decision, scores);
    const answer = { scores, labels, accepted: found.accepted, cut: found.cut, tokens: found.tokens, unknown: found.unknown };
    answer.reason = found.accepted ? null : reasonAgainst(this.decision, scores, labels);
    if (found.explanation) {
      const { label, against, words } = found.explanation, at = unitsOf(text);
      answer.contrast = { label: places.get(label) ?? 0, against: places.get(against) ?? null };
      answer.words = words.map((word) => ({ start: at(word.start), end: at(word.end), part: word.part }));
    }
    return answer;
  }

  /** The JSON that the server answers. */
  async ask(path, options = {}) {
    const headers = { "content-type": "application/json", ...(this.token && { authorization: `Bearer ${this.token}` }) };
    let answer;
    try {
      answer = await fetch(path, { ...options, headers });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Unreachable(error.message);
    }
    if (answer.status === 401) {
      this.token = await this.askForToken();
      return this.ask(path, options);
    }
    const found = await answer.json().catch(() => ({}));
    if (BUSY.has(answer.status)) throw new Unreachable(found.detail ?? answer.statusText);
    if (!answer.ok) throw new Error(found.detail ?? answer.statusText);
    return found;
  }
}

/** The headline of metrics.json. */
function scoreOf(metrics) {
  const known = metrics.validation ?? metrics, name = ["accuracy", "micro_f1", "r2"].find((each) => each in known), found = known[name];
  if (found === undefined) return null;
  return { name: name.replace("_", " "), ...(typeof found === "number" ? { value: found } : found) };
}

/** A function from numbers of code points, which Python counts, to numbers of JavaScript's units. */
function unitsOf(text) {
  const places = [0];
  for (const character of text) places.push(places.at(-1) + character.length);
  return (point) => places[Math.min(point, places.length - 1)];
}
