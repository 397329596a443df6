/** Files of tensors (safetensors), and rows of small integers as numbers. */

const TYPES = { F32: Float32Array, I64: BigInt64Array, I8: Int8Array, U8: Uint8Array };
const SCALE = ".scale"; // behind the name of a weight: the name of its scales

/** The tensors of a file (bytes) by name, each {shape, data}. */
export function readTensors(bytes) {
  const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + header)));
  const found = {};
  for (const [name, { dtype, shape, data_offsets: [start, end] }] of Object.entries(about)) {
    if (name === "__metadata__") continue;
    const data = bytes.slice(8 + header + start, 8 + header + end); // aligned, as typed arrays must be
    found[name] = { shape, data: new TYPES[dtype](data.buffer) };
  }
  return found;
}

/** A weight of which rows are restored as they are needed. */
export class Rows {
  constructor(tensors, name) {
    const { shape, data } = tensors[name];
    this.data = data;
    this.scales = tensors[name + SCALE]?.data;
    this.count = shape[0];
    this.pairs = data instanceof Uint8Array; // two numbers of 4 bits a byte
    this.width = (data.length / Math.max(shape[0], 1)) * (this.pairs ? 2 : 1);
  }

  /** Write row `row` into `out` (Float32Array) from `at` on. */
  copy(row, out, at) {
    const { data, scales, width, pairs } = this, scale = scales ? scales[row] : 1;
    for (let i = 0; i < width; i++) {
      const where = row * width + i;
      const byte = pairs ? data[where >> 1] : data[where];
      out[at + i] = (pairs ? ((where & 1 ? byte >> 4 : byte & 15) - 8) : byte) * scale;
    }
  }
}

/** The whole weight as Float32Array. */
export function restore(tensors, name) {
  const rows = new Rows(tensors, name);
  if (!rows.scales) return rows.data;
  const found = new Float32Array(rows.count * rows.width);
  for (let row = 0; row < rows.count; row++) rows.copy(row, found, row * rows.width);
  return found;
}
