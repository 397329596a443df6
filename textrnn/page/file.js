/** The page in one file: model and engine stand in it, as base64. */

import { loadPredictor } from "./engine/predictor.js";
import { startPage } from "./page.js";

const content = (id) => document.getElementById(id).textContent;

function bytesOf64(text) {
  const binary = atob(text), found = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) found[i] = binary.charCodeAt(i);
  return found;
}

const about = JSON.parse(content("about-model"));
const files = Object.fromEntries(about.files.map((name) => [name, bytesOf64(content(`file-${name}`))]));
let loaded = null;
const load = () => (loaded ??= loadPredictor(about, files));

startPage({ describe: async () => (await load()).describe(), predict: async (...values) => (await load()).predict(...values) }, "offline");
