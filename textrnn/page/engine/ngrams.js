/** The n-gram branch: the n-grams of token ids, and what they add to the logits. */

import { restore } from "./tensors.js";

export class NgramBranch {
  constructor(tensors, classes) {
    this.classes = classes;
    this.bias = tensors.bias.data;
    this.levels = [];
    const packed = "weights.scale" in tensors;
    let features = 0;
    for (let n = 1; `codes_${n}` in tensors; n++) {
      const codes = tensors[`codes_${n}`].data, columns = tensors[`columns_${n}`].data;
      const level = packed ? unpackLevel(codes, columns, features) : plainLevel(codes, columns);
      features += level.features;
      this.levels.push(level);
    }
    const weights = restore(tensors, "weights");
    this.weights = packed ? unpackWeights(weights, features, classes) : weights;
    this.features = features;
  }

  /** The n-grams of token ids: `columns`, with the `starts` (tokens) and `lengths` of their places. */
  find(ids) {
    const [single] = this.levels, columns = [], starts = [], lengths = [];
    const words = Array.from(ids, (id) => place(single.codes, id));
    let begun = words;
    this.levels.forEach((level, below) => {
      if (below) {
        begun = begun.map((first, at) => {
          const last = words[at + below] ?? -1;
          return first < 0 || last < 0 ? -1 : place(level.codes, first * single.codes.length + last);
        });
      }
      begun.forEach((at, start) => {
        if (at < 0 || level.columns[at] < 0) return;
        columns.push(level.columns[at]), starts.push(start), lengths.push(below + 1);
      });
    });
    return { columns, starts, lengths };
  }

  /** The logits (C) of token ids: each n-gram counts once, from the lowest column to the highest. */
  logits(ids) {
    const distinct = [...new Set(this.find(ids).columns)].sort((a, b) => a - b);
    const sums = new Float64Array(this.classes), root = Math.sqrt(Math.max(distinct.length, 1));
    for (const column of distinct)
      for (let c = 0; c < this.classes; c++) sums[c] += this.weights[column * this.classes + c];
    return sums.map((sum, c) => this.bias[c] + sum / root);
  }

  /** What each token adds to the logits times `factors` (C): each of the n words of an n-gram has an n-th of its part. */
  parts(ids, factors) {
    const { columns, starts, lengths } = this.find(ids), times = new Map(), parts = new Float64Array(ids.length);
    for (const column of columns) times.set(column, (times.get(column) ?? 0) + 1);
    const root = Math.sqrt(Math.max(times.size, 1));
    columns.forEach((column, i) => {
      let whole = 0;
      for (let c = 0; c < this.classes; c++) whole += this.weights[column * this.classes + c] * factors[c];
      const each = whole / root / times.get(column) / lengths[i];
      for (let within = 0; within < lengths[i]; within++) parts[starts[i] + within] += each;
    });
    return parts;
  }
}

/** Where a code stands among rising ones, -1 where it does not. */
function place(codes, code) {
  let low = 0;
  for (let left = codes.length; left > 1; ) {
    const half = left >> 1;
    if (codes[low + half - 1] < code) low += half;
    left -= half;
  }
  return codes[low] === code ? low : -1;
}

function plainLevel(codes, columns) {
  const found = Int32Array.from(columns, Number);
  return { codes: Float64Array.from(codes, Number), columns: found, features: found.filter((c) => c >= 0).length };
}

/** Codes as their differences, seven bits a byte; of columns a bit for each n-gram. */
function unpackLevel(bytes, bits, features) {
  const codes = [];
  let before = -1, step = 0, factor = 1;
  for (const byte of bytes) {
    step += (byte & 127) * factor, factor *= 128; // below 2^53
    if (byte < 128) codes.push((before += step + 1)), (step = 0), (factor = 1);
  }
  const columns = new Int32Array(codes.length);
  let own = 0;
  for (let i = 0; i < codes.length; i++) columns[i] = (bits[i >> 3] >> (7 - (i & 7))) & 1 ? features + own++ : -1;
  return { codes: Float64Array.from(codes), columns, features: own };
}

/** (F, C) from the blocks of each class, or of the first of two. */
function unpackWeights(blocks, features, classes) {
  const each = Math.ceil(features / 64) * 64, found = new Float32Array(features * classes);
  const mirrored = classes === 2 && blocks.length === each;
  for (let c = 0; c < classes; c++)
    for (let f = 0; f < features; f++)
      found[f * classes + c] = mirrored && c ? -blocks[f] : blocks[c * each + f];
  return found;
}
