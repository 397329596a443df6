/** From the logits of the branches to probabilities, a prediction, and whether it is accepted. */

/** The logits (C) of both branches together, calibrated. */
export function combine({ recurrent, ngram_branch: ngrams, offset }, ofNetwork, ofNgrams) {
  return Array.from(ofNetwork, (logit, c) => recurrent[c] * logit + ngrams[c] * ofNgrams[c] + offset[c]);
}

/** `scores`, the numbers of the `labels`, whether the prediction is `accepted`, and if not the `reason`. */
export function decide(decision, logits) {
  const { rule } = decision;
  const scores = rule === "value" ? logits : rule === "thresholds" ? logits.map(sigmoid) : softmax(logits);
  const labels = choose(decision, scores), reason = reasonAgainst(decision, scores, labels, Math.max(...logits));
  return { scores, labels, accepted: reason === null, reason };
}

export function choose(decision, scores) {
  const { rule, thresholds = [], costs = [], lowered = [] } = decision;
  if (rule === "value") return [];
  if (rule === "thresholds") return scores.flatMap((score, c) => (score >= (thresholds[c] ?? 0.5) ? [c] : []));
  const raised = scores.map((score, c) => (lowered.length && score >= lowered[c] ? score : -1));
  if (Math.max(...raised) >= 0) return [best(raised)];
  if (costs.length) return [best(expectedCosts(costs, scores).slice(0, scores.length).map((cost) => -cost))];
  if (!rule.startsWith("median")) return [best(scores)];
  let reached = 0;
  const half = 0.5 - 1e-12; // the median class, but for a rounding error
  return [Math.max(scores.findIndex((score) => (reached += score) >= half), 0)];
}

/** Why a prediction is not accepted, [name of a string, probability?]; null where it is. */
export function reasonAgainst(decision, scores, [label], confidence = Infinity) {
  const { min_confidence: least = null, accept = [], costs = [] } = decision;
  if (least !== null && confidence < least) return ["unsure"];
  if (accept.length && label !== undefined) {
    const needed = accept.length > 1 ? accept[label] : accept[0];
    if (scores[label] < needed) return needed > 1 ? ["never"] : ["below", needed];
  }
  if (costs.length && costs[0].length > costs.length) {
    const expected = expectedCosts(costs, scores);
    if (expected[label] > expected.at(-1)) return ["costly"];
  }
  return null;
}

/** What each prediction costs, and none if that has a cost: its mean over the true classes. */
const expectedCosts = (costs, scores) => costs[0].map((_, j) => scores.reduce((sum, score, i) => sum + score * costs[i][j], 0));

const best = (values) => values.indexOf(Math.max(...values));

const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

function softmax(logits) {
  const highest = Math.max(...logits), powers = logits.map((x) => Math.exp(x - highest));
  const total = powers.reduce((sum, x) => sum + x, 0);
  return powers.map((x) => x / total);
}
