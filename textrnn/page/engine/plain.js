/** Encoders without a kernel of their own: bag, convolution, rnn, elman. Equations are those of textrnn/inference. */

import { applyProduct, packProduct } from "./product.js";
import { restore } from "./tensors.js";

const WINDOWS = [3, 4, 5]; // tokens, of the convolution

/** An encoder {width, directions, read}: `read(x, lengths)` gives the states (tokens, width) of embedded tokens. */
export function buildPlain(kernels, tensors, config) {
  return { bag: buildBag, convolution: buildConvolution, rnn: buildSteps, elman: buildSteps }[config.encoder](kernels, tensors, config);
}

const buildBag = (_, __, { embedding_size: width }) => ({ width, directions: 1, read: (x) => x });

/** Rectified maps of the window that begins with a token; past the end of a text it finds zeros. */
function buildConvolution(kernels, tensors, { embedding_size: inputs, hidden_size: hidden }) {
  const products = WINDOWS.map((window, number) => {
    const weight = restore(tensors, `encoder.maps.${number}.weight`), turned = new Float32Array(weight.length);
    for (let unit = 0; unit < hidden; unit++)
      for (let i = 0; i < inputs; i++)
        for (let t = 0; t < window; t++) turned[(unit * window + t) * inputs + i] = weight[(unit * inputs + i) * window + t];
    return packProduct(kernels, turned, tensors[`encoder.maps.${number}.bias`].data, window * inputs);
  });
  const width = WINDOWS.length * hidden;
  const read = (x, lengths) => {
    const tokens = x.length / inputs, found = new Float32Array(tokens * width);
    WINDOWS.forEach((window, number) => {
      const windows = new Float32Array(tokens * window * inputs);
      eachToken(lengths, (at, left) => {
        const end = (at + Math.min(window, left)) * inputs;
        windows.set(x.subarray(at * inputs, end), at * window * inputs);
      });
      const maps = applyProduct(kernels, products[number], windows, tokens);
      for (let at = 0; at < tokens; at++)
        for (let unit = 0; unit < hidden; unit++)
          found[at * width + number * hidden + unit] = Math.max(maps[at * hidden + unit], 0);
    });
    return found;
  };
  return { width, directions: 1, read };
}

/** Layers of a cell that reads one token after another. */
function buildSteps(kernels, tensors, { encoder, embedding_size: first, hidden_size: hidden, num_layers: count, bidirectional }) {
  const endings = bidirectional ? ["", "_reverse"] : [""], width = endings.length * hidden;
  const layers = Array.from({ length: count }, (_, number) =>
    endings.map((ending) => buildCell(kernels, (name) => restore(tensors, `encoder.${name}_l${number}${ending}`), encoder, number ? width : first)),
  );
  const read = (x, lengths) =>
    layers.reduce((below, cells) => {
      const tokens = lengths.reduce((sum, length) => sum + length, 0), states = new Float32Array(tokens * width);
      cells.forEach((cell, direction) => {
        const products = applyProduct(kernels, cell.inputs, below, tokens);
        let start = 0;
        for (const length of lengths) {
          let state = { out: new Float32Array(hidden), kept: new Float32Array(hidden) };
          for (let step = 0; step < length; step++) {
            const at = start + (direction ? length - 1 - step : step);
            state = cell.step(products.subarray(at * cell.inputs.width, (at + 1) * cell.inputs.width), state);
            states.set(state.out, at * width + direction * hidden);
          }
          start += length;
        }
      });
      return states;
    }, x);
  return { width, directions: endings.length, read };
}

function buildCell(kernels, part, encoder, depth) {
  const recurrent = part("weight_hh");
  if (encoder === "rnn") {
    const byState = part("bias_hh"), bias = part("bias_ih").map((own, unit) => own + byState[unit]);
    return {
      inputs: packProduct(kernels, part("weight_ih"), bias, depth),
      step: (products, { out }) => ({ out: bounded(products, 0, recurrent, out) }),
    };
  }
  const output = part("weight_ho"), hidden = part("bias_ih").length;
  return {
    inputs: packProduct(kernels, joined(part("weight_ih"), part("weight_io")), joined(part("bias_ih"), part("bias_io")), depth),
    step: (products, { kept }) => {
      const now = bounded(products, 0, recurrent, kept);
      return { out: bounded(products, hidden, output, now), kept: now };
    },
  };
}

/** tanh(products + weight @ state), of the products from `from` on. */
function bounded(products, from, weight, state) {
  return state.map((_, unit) => {
    let sum = products[from + unit];
    for (let i = 0; i < state.length; i++) sum += weight[unit * state.length + i] * state[i];
    return Math.tanh(sum);
  });
}

function joined(first, second) {
  const found = new Float32Array(first.length + second.length);
  found.set(first), found.set(second, first.length);
  return found;
}

/** Call `visit` with the place of each token, and how many of its text are left. */
function eachToken(lengths, visit) {
  let at = 0;
  for (const length of lengths) for (let left = length; left > 0; left--) visit(at++, left);
}

/** The highest, the mean and the last of the states of each text; the second direction ends at its first token. */
export function poolStates(states, lengths, { width, directions }) {
  const [highest, mean, last] = [0, 1, 2].map(() => new Float32Array(lengths.length * width));
  let start = 0;
  lengths.forEach((length, b) => {
    for (let i = 0; i < width && length; i++) {
      let top = -Infinity, sum = 0;
      for (let t = start; t < start + length; t++) (top = Math.max(top, states[t * width + i])), (sum += states[t * width + i]);
      const end = i < width / directions ? start + length - 1 : start;
      (highest[b * width + i] = top), (mean[b * width + i] = sum / length), (last[b * width + i] = states[end * width + i]);
    }
    start += length;
  });
  return [highest, mean, last];
}
