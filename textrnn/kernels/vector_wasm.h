/* The vectors of simd.h in WebAssembly with SIMD128: 4 numbers, as vector_plain.h computes them, to the bit. */
#ifndef TEXTRNN_VECTOR_WASM_H
#define TEXTRNN_VECTOR_WASM_H

#include <wasm_simd128.h>

#define LANES 4
#define REGISTERS 16 /* of the processors below, most have as many */
typedef v128_t vector;
typedef v128_t truth;
#define HOLD(x) ((void)0)

INLINE vector all(float x) { return wasm_f32x4_splat(x); }
INLINE vector add(vector a, vector b) { return wasm_f32x4_add(a, b); }
INLINE vector sub(vector a, vector b) { return wasm_f32x4_sub(a, b); }
INLINE vector mul(vector a, vector b) { return wasm_f32x4_mul(a, b); }
INLINE vector muladd(vector a, vector b, vector c) { return add(mul(a, b), c); }
INLINE vector mulsub(vector a, vector b, vector c) { return sub(mul(a, b), c); }
INLINE vector larger(vector a, vector b) { return wasm_f32x4_pmax(b, a); } /* b < a ? a : b */
INLINE vector over(vector a, vector b) { return wasm_f32x4_div(a, b); }
INLINE vector root(vector a) { return wasm_f32x4_sqrt(a); }
INLINE vector read32(const float *p) { return wasm_v128_load(p); }
INLINE void write32(float *p, vector x) { wasm_v128_store(p, x); }
INLINE vector read_line(const float *p) { return wasm_v128_load(p); }
INLINE void write_past(float *p, vector x) { wasm_v128_store(p, x); }
INLINE void written_past(void) {}

INLINE truth same(vector a, vector b) { return wasm_f32x4_eq(a, b); }
INLINE truth above_or_odd(vector a, vector b) { return wasm_v128_or(wasm_f32x4_gt(a, b), wasm_f32x4_ne(a, a)); }
INLINE vector choose(truth t, vector yes, vector no) { return wasm_v128_bitselect(yes, no, t); }
INLINE vector split(vector t, vector *whole) {
    t = wasm_f32x4_pmin(larger(all(-126.0f), t), all(126.0f)); /* a NaN stays one */
    *whole = wasm_f32x4_nearest(t);
    return sub(t, *whole);
}
INLINE vector scaled(vector p, vector whole) {
    v128_t exponent = wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(whole), wasm_i32x4_splat(127));
    return mul(p, wasm_i32x4_shl(exponent, 23));
}

#endif
