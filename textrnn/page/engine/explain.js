/** What each word adds to a prediction: Shapley values by two orders, as textrnn/explanation/shapley.py has them. */

const MOST_GROUPS = 256; // groups of words of a text
const VARIANTS = 16; // texts that are read before the page may draw

/**
 * The words of a text, {start, end, part} each: how much of the calibrated logit of `label`, less that of `against`, is
 * due to a word. To the recurrent branch words come one by one, from the first on, then from the last on; a part is what
 * a word adds, on average. `pause` is awaited between slices of the work, and may throw.
 */
export async function explain(predictor, text, label, against, pause) {
  const { tokenizer, network, ngrams, about } = predictor, { decision } = about;
  const groups = group(tokenizer.words(text)), ids = groups.flatMap((each) => each.ids);
  const owner = groups.flatMap((each, i) => each.ids.map(() => i)), places = predictor.places(ids.length);
  const read = [...new Set(places.map((t) => owner[t]))], count = read.length;
  const sign = (c) => (c === label ? 1 : c === against ? -1 : 0);
  const value = (logits) => logits.reduce((sum, x, c) => sum + decision.recurrent[c] * sign(c) * x, 0);
  const between = (first, end) => // the text with some of the groups that are read
    Int32Array.from(places.filter((t) => owner[t] >= (read[first] ?? Infinity) && owner[t] <= (read[end - 1] ?? -1)), (t) => ids[t]);
  const rows = [...read.keys(), count].map((k) => between(0, k)).concat([...read.keys(), count].map((k) => between(count - k, count)));
  const values = [];
  for (let start = 0; start < rows.length; start += VARIANTS) {
    for (const logits of network.logits(rows.slice(start, start + VARIANTS))) values.push(value(logits));
    await pause();
  }
  const first = (k) => values[k], second = (k) => values[count + 1 + k];
  const parts = ngrams.parts(ids, decision.ngram_branch.map((factor, c) => factor * sign(c)));
  const found = groups.map(({ start, end }) => ({ start, end, part: 0 }));
  owner.forEach((i, t) => (found[i].part += parts[t]));
  read.forEach((i, g) => (found[i].part += (first(g + 1) - first(g) + second(count - g) - second(count - g - 1)) / 2));
  return found;
}

/** The two outputs that are compared: the predicted class and the most probable other one, if classes exclude each other. */
export function contrast({ kind }, { scores, labels }) {
  if (kind === "number") return [0, null];
  const label = labels[0] ?? scores.indexOf(Math.max(...scores));
  if (kind === "multi") return [label, null];
  const others = scores.map((score, c) => (c === label ? -1 : score));
  return [label, others.indexOf(Math.max(...others))];
}

/** Up to MOST_GROUPS words as they are; more are put together, ending early where a phrase may. */
function group(words) {
  const plain = words.map((word) => ({ ...word, ids: Array.from(word.ids) }));
  if (plain.length <= MOST_GROUPS) return plain;
  const size = Math.ceil((2 * plain.length) / MOST_GROUPS), found = [];
  let length = 0;
  for (const word of plain) {
    if (length) {
      const last = found[found.length - 1];
      (last.end = word.end), last.ids.push(...word.ids);
    } else found.push(word);
    length++;
    if (length >= size || (word.ends && 2 * length >= size)) length = 0;
  }
  return found;
}
