/** The kernels: WebAssembly, and what is copied into its memory. */

/** The first of some programs (bytes) that this browser can run. */
export async function startKernels(programs) {
  const program = programs.find((bytes) => WebAssembly.validate(bytes));
  if (!program) throw new Error("this browser runs no WebAssembly; open the page in another one");
  const { instance } = await WebAssembly.instantiate(program);
  return new Kernels(instance.exports);
}

class Kernels {
  constructor(functions) {
    this.functions = functions;
    this.lanes = functions.lanes();
  }

  /** The place of so many bytes, on a line of the cache. */
  reserve(bytes) {
    const place = this.functions.malloc(bytes) >>> 0;
    if (!place) throw new Error("the text is too long for this browser's memory; try a shorter one");
    return place;
  }

  release(...places) {
    for (const place of places) this.functions.free(place);
  }

  /** The place of a copy of a typed array. */
  put(array) {
    const place = this.reserve(array.byteLength);
    new Uint8Array(this.functions.memory.buffer, place, array.byteLength).set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
    return place;
  }

  /** What stands at a place; good until more memory is reserved. */
  view(Type, place, length) {
    return new Type(this.functions.memory.buffer, place, length);
  }

  /** Call a function that returns 0 or what is wrong; numbers of 64 bits are given as BigInt. */
  call(name, ...values) {
    const trouble = this.functions[name](...values);
    if (trouble) throw new Error(`${name}: expected 0, found ${trouble}`);
  }

  /** A weight (rows, depth), Float32Array, in the order in which the kernels read it: its place. */
  pack(weight, rows, depth) {
    const size = this.functions.packed_size(BigInt(rows), BigInt(depth));
    const from = this.put(weight), packed = this.reserve(4 * Number(size));
    this.functions.pack_rows(from, packed, BigInt(rows), BigInt(depth));
    this.release(from);
    return packed;
  }
}

/** Numbers as C's int64. */
export const int64s = (numbers) => BigInt64Array.from(numbers, BigInt);
