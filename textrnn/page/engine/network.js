/** The network: token ids to logits, by the kernels where the encoder has one. */

import { int64s } from "./kernels.js";
import { buildPlain, poolStates } from "./plain.js";
import { applyProduct, buildProduct, multiply, multiplyInto } from "./product.js";
import { restore, Rows } from "./tensors.js";

const CELLS = { lstm: 0, gru: 1, mingru: 2 }; // as predict.c numbers them
const PARTS = { lstm: 4, gru: 4, mingru: 3 }; // input products a unit
const TABLE = 16 << 20; // bytes of what is kept of the products of tokens
const TOKENS = 4096; // of texts that are read at once

export class Network {
  constructor(kernels, tensors, config, outputs) {
    this.kernels = kernels;
    this.config = config;
    this.outputs = outputs;
    this.embedding = new Rows(tensors, "embedding.weight");
    this.plain = config.encoder in CELLS ? null : buildPlain(kernels, tensors, config);
    this.layers = this.plain ? [] : buildLayers(kernels, tensors, config, this.embedding.width);
    const { width } = this.plain ?? ownStates(this.layers.at(-1));
    if (config.pooling === "attention") this.score = buildProduct(kernels, tensors, "pool.score", width);
    this.head = buildProduct(kernels, tensors, "head", config.pooling === "max_mean" ? 2 * width : width);
    this.table = { capacity: 0, rows: new Map(), place: 0 };
  }

  /** The logits (C) of each of some rows of token ids, each cut. */
  logits(rows) {
    const order = rows.map((_, i) => i).sort((a, b) => rows[b].length - rows[a].length || a - b);
    const found = new Array(rows.length);
    for (let start = 0; start < order.length; ) {
      let stop = start, tokens = 0;
      while (stop < order.length && (stop === start || tokens + rows[order[stop]].length <= TOKENS))
        tokens += rows[order[stop++]].length;
      const some = order.slice(start, stop);
      this.read(some.map((i) => rows[i])).forEach((logits, i) => (found[some[i]] = logits));
      start = stop;
    }
    return found;
  }

  /** The same of a batch, the longest first. */
  read(rows) {
    const lengths = rows.map((row) => row.length), { kernels } = this;
    const pooled = this.plain ? this.pool(this.plain.read(this.embed(rows), lengths), lengths, this.plain) : this.readLayers(rows, lengths);
    const logits = applyProduct(kernels, this.head, pooled, rows.length);
    return rows.map((_, b) => Float64Array.from(logits.subarray(b * this.outputs, (b + 1) * this.outputs)));
  }

  /** What the head reads of a batch, by the kernels. */
  readLayers(rows, lengths) {
    const { kernels, layers } = this, places = [];
    let tokens = 0;
    for (const length of lengths) places.push(tokens), (tokens += length);
    const batch = { rows: rows.length, tokens, lengths: kernels.put(int64s(lengths)), places: kernels.put(int64s(places)) };
    let products = this.products(rows), which = kernels.put(this.slots(rows, tokens));
    const taken = [which, batch.lengths, batch.places];
    for (const layer of layers.slice(1)) {
      const states = readStates(kernels, layers[layers.indexOf(layer) - 1], products, which, batch);
      products = multiply(kernels, layer, states, tokens), which = 0;
      kernels.release(states), taken.push(products);
    }
    const last = layers.at(-1);
    let pooled;
    if (this.score) {
      const place = readStates(kernels, last, products, which, batch);
      pooled = this.pool(ownUnits(kernels.view(Float32Array, place, tokens * last.directions * last.units), last), lengths, ownStates(last));
      kernels.release(place);
    } else pooled = join(this.config.pooling, readPooled(kernels, last, products, which, batch), ownStates(last).width);
    kernels.release(...taken);
    return pooled;
  }

  /** The states (tokens, width) of each text as one vector. */
  pool(states, lengths, about) {
    if (this.score) return this.attend(states, lengths, about.width);
    return join(this.config.pooling, poolStates(states, lengths, about), about.width);
  }

  /** The embedded tokens (tokens, E). */
  embed(rows) {
    const { width } = this.embedding, ids = rows.flatMap((row) => Array.from(row)), found = new Float32Array(ids.length * width);
    ids.forEach((id, at) => this.embedding.copy(id, found, at * width));
    return found;
  }

  /** The place of the products of all tokens of some rows, kept from text to text. */
  products(rows) {
    const { table, layers: [layer], embedding } = this, fresh = [...new Set(rows.flatMap((row) => Array.from(row)))];
    let missing = fresh.filter((id) => !table.rows.has(id));
    if (table.rows.size + missing.length > table.capacity) {
      if (table.place) this.kernels.release(table.place);
      table.capacity = Math.max(Math.min(embedding.count, TABLE / (4 * layer.width)), fresh.length, 1);
      table.place = this.kernels.reserve(4 * layer.width * Math.floor(table.capacity));
      table.rows.clear(), (missing = fresh);
    }
    if (missing.length) {
      const inputs = new Float32Array(missing.length * embedding.width);
      missing.forEach((id, i) => embedding.copy(id, inputs, i * embedding.width));
      const from = this.kernels.put(inputs), to = table.place + 4 * layer.width * table.rows.size;
      multiplyInto(this.kernels, layer, from, to, missing.length);
      this.kernels.release(from);
      for (const id of missing) table.rows.set(id, table.rows.size);
    }
    return table.place;
  }

  /** Of each token of some rows its row of the products. */
  slots(rows, tokens) {
    const found = new Int32Array(Math.max(tokens, 1));
    let at = 0;
    for (const row of rows) for (const id of row) found[at++] = this.table.rows.get(id);
    return found;
  }

  /** The mean of the states of each text, weighted by softmax of their scores. */
  attend(states, lengths, width) {
    const scores = applyProduct(this.kernels, this.score, states, states.length / width);
    const found = new Float32Array(lengths.length * width);
    let start = 0;
    lengths.forEach((length, b) => {
      const own = scores.subarray(start, start + length), highest = own.reduce((a, x) => Math.max(a, x), -Infinity);
      const powers = Array.from(own, (x) => Math.exp(x - highest)), total = powers.reduce((a, x) => a + x, 0);
      powers.forEach((power, t) => {
        for (let i = 0; i < width; i++) found[b * width + i] += (power / total) * states[(start + t) * width + i];
      });
      start += length;
    });
    return found;
  }
}

function buildLayers(kernels, tensors, config, inputs) {
  const layers = [];
  for (let number = 0; number < config.num_layers; number++) {
    const suffixes = config.bidirectional ? [`_l${number}`, `_l${number}_reverse`] : [`_l${number}`], below = layers.at(-1) ?? null;
    layers.push(buildLayer(kernels, tensors, config, suffixes, below ? below.directions * below.units : inputs, below));
  }
  return layers;
}

const ownStates = ({ directions, hidden }) => ({ width: directions * hidden, directions });

/** A layer with its weights as predict.c reads them: units filled up to whole vectors, gates side by side. */
function buildLayer(kernels, tensors, config, suffixes, inputs, below) {
  const cell = config.encoder, hidden = config.hidden_size, { lanes } = kernels, parts = PARTS[cell];
  const units = Math.ceil(hidden / lanes) * lanes, own = parts * units, width = own * suffixes.length;
  const weight = new Float32Array(width * inputs), bias = new Float32Array(width), recurrent = [];
  suffixes.forEach((suffix, direction) => {
    const part = (name) => restore(tensors, `encoder.${name}${suffix}`), gates = fourGates(cell, part, hidden);
    const states = cell === "mingru" ? null : new Float32Array(own * units);
    for (let row = 0; row < own; row++) {
      const gate = Math.floor(row / lanes) % parts, unit = Math.floor(row / (lanes * parts)) * lanes + (row % lanes);
      if (unit >= hidden) continue;
      const to = direction * own + row, { input, state } = gates[gate];
      bias[to] = gates[gate].bias(unit);
      if (input) spread(input.data, (input.gate * hidden + unit) * input.width, weight, to * inputs, below, input.width);
      if (state !== null) states.set(gates.states.subarray(state * hidden * hidden + unit * hidden).subarray(0, hidden), row * units);
    }
    recurrent.push(states ? kernels.pack(states, own, units) : 0);
  });
  const packed = kernels.pack(weight, width, inputs);
  return {
    cell, hidden, units, inputs, width, recurrent, packed, own,
    directions: suffixes.length, bias: kernels.put(bias),
  };
}

/** A row of a weight, whose inputs are the units of the layer below without those that fill vectors up. */
function spread(from, at, to, start, below, width) {
  if (!below) return to.set(from.subarray(at, at + width), start);
  for (let i = 0; i < width; i++)
    to[start + Math.floor(i / below.hidden) * below.units + (i % below.hidden)] = from[at + i];
}

/** Of each gate in the order of cells.h: where its input weights stand, where its recurrent ones, its bias. */
function fourGates(cell, part, hidden) {
  const ofInput = part("weight_ih"), byInput = part("bias_ih");
  const count = { lstm: 4, gru: 3, mingru: 3 }[cell], width = ofInput.length / (count * hidden);
  const input = (gate) => ({ data: ofInput, gate, width });
  if (cell === "mingru")
    return [0, 1, 2].map((gate) => ({
      input: input(gate), state: null, bias: (unit) => (gate < 2 ? byInput[gate * hidden + unit] : 0),
    }));
  const byState = part("bias_hh"), sum = (gate) => (unit) => byInput[gate * hidden + unit] + byState[gate * hidden + unit];
  const gates = cell === "lstm"
    ? [0, 1, 2, 3].map((gate) => ({ input: input(gate), state: gate, bias: sum(gate) }))
    : [
        { input: input(0), state: 0, bias: sum(0) },
        { input: input(1), state: 1, bias: sum(1) },
        { input: null, state: 2, bias: (unit) => byState[2 * hidden + unit] }, // what the state alone makes
        { input: input(2), state: null, bias: (unit) => byInput[2 * hidden + unit] }, // what the input alone makes
      ];
  gates.states = part("weight_hh");
  return gates;
}

function readTexts(kernels, layer, products, which, batch, states, pooled) {
  for (let direction = 0; direction < layer.directions; direction++)
    kernels.call(
      "read_texts", CELLS[layer.cell], products + 4 * layer.own * direction, BigInt(layer.width), which,
      batch.places, batch.places, batch.lengths, layer.recurrent[direction],
      states ? states + 4 * layer.units * direction : 0, BigInt(layer.units * layer.directions),
      pooled ? pooled + 4 * 3 * batch.rows * layer.units * direction : 0,
      BigInt(batch.rows), BigInt(layer.units), direction,
    );
}

/** The place of the states (tokens, D * units). */
function readStates(kernels, layer, products, which, batch) {
  const states = kernels.reserve(4 * Math.max(batch.tokens, 1) * layer.directions * layer.units);
  readTexts(kernels, layer, products, which, batch, states, 0);
  return states;
}

/** The highest, the mean and the last of the states: 3 times (B, D * H). */
function readPooled(kernels, layer, products, which, batch) {
  const size = 3 * batch.rows * layer.directions * layer.units, place = kernels.reserve(4 * size);
  readTexts(kernels, layer, products, which, batch, 0, place);
  const all = kernels.view(Float32Array, place, size), width = layer.directions * layer.hidden;
  const found = [0, 1, 2].map((kind) => {
    const each = new Float32Array(batch.rows * width);
    for (let direction = 0; direction < layer.directions; direction++)
      for (let b = 0; b < batch.rows; b++) {
        const from = ((direction * 3 + kind) * batch.rows + b) * layer.units;
        each.set(all.subarray(from, from + layer.hidden), b * width + direction * layer.hidden);
      }
    return each;
  });
  kernels.release(place);
  return found;
}

function ownUnits(states, { units, hidden }) {
  const found = new Float32Array((states.length / units) * hidden);
  for (let i = 0; i < states.length / units; i++) found.set(states.subarray(i * units, i * units + hidden), i * hidden);
  return found;
}

function join(pooling, [highest, mean, last], width) {
  if (pooling !== "max_mean") return { max: highest, mean, last }[pooling];
  const found = new Float32Array(2 * highest.length);
  for (let b = 0; b < highest.length / width; b++) {
    found.set(highest.subarray(b * width, (b + 1) * width), 2 * b * width);
    found.set(mean.subarray(b * width, (b + 1) * width), (2 * b + 1) * width);
  }
  return found;
}
