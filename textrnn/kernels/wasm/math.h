/* What the kernels take of C's math.h. */
#ifndef TEXTRNN_WASM_MATH_H
#define TEXTRNN_WASM_MATH_H

#define INFINITY __builtin_inff()

#endif
