/** A model behind a server: its answers over HTTP, in the form that the page draws. */

const ALL = 10000; // classes that an answer lists
const BUSY = new Set([429, 502, 503, 504]); // who asks again later gets an answer

/** Nobody answers now. */
class Unreachable extends Error {
  name = "Unreachable";
}

export class Server {
  async describe() {
    const about = await ask("model");
    const { text, numeric, categorical } = about.columns;
    this.model = {
      name: about.name, kind: about.target, classes: about.classes, card: about.card,
      columns: text.length + numeric.length + categorical.length, score: scoreOf(about.metrics), slices: about.slices,
    };
    this.thresholds = about.decision.thresholds ?? [];
    return this.model;
  }

  async predict(texts, { explain = false, signal } = {}) {
    const body = JSON.stringify({ texts, top: ALL, explain });
    const { predictions } = await ask("predict", { method: "POST", headers: { "content-type": "application/json" }, body, signal });
    return predictions.map((found, i) => this.answer(texts[i], found));
  }

  answer(text, found) {
    const { kind, classes } = this.model, places = new Map(classes.map((name, c) => [name, c]));
    const scores = kind === "number" ? [found.value] : new Array(classes.length).fill(0);
    for (const { label, probability } of found.classes ?? []) scores[places.get(label)] = probability;
    const answer = { scores, labels: this.labels(found, scores, places), accepted: found.accepted, cut: found.cut, tokens: found.tokens, unknown: found.unknown };
    if (found.explanation) {
      const { label, against, words } = found.explanation, at = unitsOf(text);
      answer.contrast = { label: places.get(label) ?? 0, against: places.get(against) ?? null };
      answer.words = words.map((word) => ({ start: at(word.start), end: at(word.end), part: word.part }));
    }
    return answer;
  }

  /** The numbers of what is predicted; a prediction that is not accepted has no label in the server's answer. */
  labels({ label, labels }, scores, places) {
    const { kind } = this.model;
    if (kind === "number") return [];
    if (kind === "multi") return labels?.map((name) => places.get(name)) ?? scores.flatMap((p, c) => (p >= (this.thresholds[c] ?? 0.5) ? [c] : []));
    if (label !== null && label !== undefined) return [places.get(label)];
    let reached = 0;
    return [kind === "ordinal" ? Math.max(scores.findIndex((p) => (reached += p) >= 0.5 - 1e-6), 0) : scores.indexOf(Math.max(...scores))];
  }
}

/** The JSON that the server answers. */
async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable(error.message);
  }
  const found = await answer.json().catch(() => ({}));
  if (BUSY.has(answer.status)) throw new Unreachable(found.detail ?? answer.statusText);
  if (!answer.ok) throw new Error(found.detail ?? answer.statusText);
  return found;
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
