/** From the logits of the branches to probabilities, a prediction, and whether it is accepted. */

/** The logits (C) of both branches together, calibrated. */
export function combine({ recurrent, ngram_branch: ngrams, offset }, ofNetwork, ofNgrams) {
  return Array.from(ofNetwork, (logit, c) => recurrent[c] * logit + ngrams[c] * ofNgrams[c] + offset[c]);
}

/** `scores`, the `labels` (their numbers), whether the prediction is `accepted`, and its `confidence`. */
export function decide(decision, logits) {
  const { rule } = decision, confidence = Math.max(...logits);
  const scores = rule === "value" ? logits : rule === "thresholds" ? logits.map(sigmoid) : softmax(logits);
  const accepted = decision.min_confidence === null || confidence >= decision.min_confidence;
  return { scores, labels: choose(decision, scores), accepted, confidence };
}

function choose({ rule, thresholds }, scores) {
  if (rule === "value") return [];
  if (rule === "thresholds") return scores.flatMap((score, c) => (score >= thresholds[c] ? [c] : []));
  if (rule === "argmax") return [scores.indexOf(Math.max(...scores))];
  let reached = 0;
  const half = 0.5 - 1e-12; // the median class, but for a rounding error
  return [Math.max(scores.findIndex((score) => (reached += score) >= half), 0)];
}

const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

function softmax(logits) {
  const highest = Math.max(...logits), powers = logits.map((x) => Math.exp(x - highest));
  const total = powers.reduce((sum, x) => sum + x, 0);
  return powers.map((x) => x / total);
}
