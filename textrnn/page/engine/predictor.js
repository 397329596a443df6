/** A model in one file: texts to answers, without a server. It has the interface of ../server.js. */

import { combine, decide } from "./decision.js";
import { contrast, explain } from "./explain.js";
import { startKernels } from "./kernels.js";
import { Network } from "./network.js";
import { NgramBranch } from "./ngrams.js";
import { readTensors } from "./tensors.js";
import { Tokenizer } from "./tokenizer.js";
import { Unicode } from "./unicode.js";

const UNKNOWN_ID = 1;
const SLICE = 8; // milliseconds of work before the page may draw

/** `files` are the bytes that textrnn/export/html_model.py names, `about` its description. */
export async function loadPredictor(about, files) {
  const kernels = await startKernels([files.simd, files.plain]);
  return new Predictor(kernels, about, files);
}

export class Predictor {
  constructor(kernels, about, files) {
    this.about = about;
    this.tokenizer = new Tokenizer(kernels, new Unicode(files.tables), about.tokens, { byCharacter: about.by_character });
    this.network = new Network(kernels, readTensors(files.weights), about.network, about.outputs);
    this.ngrams = new NgramBranch(readTensors(files.ngrams), about.outputs);
  }

  async describe() {
    return this.about.model;
  }

  /** The answers to some texts, in order; with `explain` each has `words`. Throws AbortError if `signal` says so. */
  async predict(texts, { explain: wanted = false, signal } = {}) {
    const found = [], pause = pauser(signal);
    for (const text of texts) {
      const answer = this.answer(text);
      if (wanted) {
        const [label, against] = contrast(this.about.model, answer);
        answer.contrast = { label, against };
        answer.words = await explain(this, this.bound(text).text, label, against, pause);
      }
      found.push(answer);
      await pause();
    }
    return found;
  }

  answer(text) {
    const bounded = this.bound(text), ids = this.tokenizer.encode(bounded.text), places = this.places(ids.length);
    const [ofNetwork] = this.network.logits([Int32Array.from(places, (t) => ids[t])]);
    const logits = combine(this.about.decision, ofNetwork, this.ngrams.logits(ids));
    return {
      ...decide(this.about.decision, logits),
      tokens: places.length,
      cut: bounded.cut || places.length < ids.length,
      unknown: ids.filter((id) => id === UNKNOWN_ID).length / Math.max(ids.length, 1),
    };
  }

  /** The text as any tokenizer may take it: not too long, lone surrogates replaced. */
  bound(text) {
    const most = this.about.max_characters, clean = text.replace(/[\ud800-\udfff]/gu, "\ufffd");
    if (clean.length <= most) return { text: clean, cut: false };
    const kept = Array.from(clean).slice(0, most).join("");
    return { text: kept, cut: kept.length < clean.length };
  }

  /** The places of the tokens that the network reads, of so many. */
  places(count) {
    const { max_tokens: most, truncation } = this.about, all = Array.from({ length: count }, (_, t) => t);
    if (count <= most) return all;
    if (truncation === "head") return all.slice(0, most);
    if (truncation === "tail") return all.slice(count - most);
    const head = Math.floor((most + 1) / 2);
    return [...all.slice(0, head), ...all.slice(count - (most - head))];
  }
}

/** A function that lets the page draw where enough was done, and stops where `signal` says so. */
function pauser(signal) {
  let begun = performance.now();
  return async () => {
    if (performance.now() - begun > SLICE) {
      await new Promise((resume) => setTimeout(resume));
      begun = performance.now();
    }
    signal?.throwIfAborted();
  };
}
