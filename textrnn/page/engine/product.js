/** Products of rows with a weight, by the kernels. */

import { restore } from "./tensors.js";

/** The weight (F, E) and bias (F) of a name, as the kernels read them. */
export function buildProduct(kernels, tensors, name, depth) {
  return packProduct(kernels, restore(tensors, `${name}.weight`), tensors[`${name}.bias`].data, depth);
}

/** The same of two Float32Arrays. */
export function packProduct(kernels, weight, bias, depth) {
  return { packed: kernels.pack(weight, bias.length, depth), bias: kernels.put(bias), inputs: depth, width: bias.length };
}

/** Write the products (N, F) of `count` rows at the place `from` to the place `to`. */
export function multiplyInto(kernels, { packed, bias, inputs, width }, from, to, count) {
  kernels.call("multiply_rows", from, 0, packed, bias, to, BigInt(count), BigInt(inputs), BigInt(width));
}

/** The place of the products. */
export function multiply(kernels, product, from, count) {
  const to = kernels.reserve(4 * product.width * Math.max(count, 1));
  multiplyInto(kernels, product, from, to, count);
  return to;
}

/** The products (N, F) of an array (N, E). */
export function applyProduct(kernels, product, array, count) {
  const from = kernels.put(array), to = multiply(kernels, product, from, count);
  const found = kernels.view(Float32Array, to, count * product.width).slice();
  kernels.release(from, to);
  return found;
}
