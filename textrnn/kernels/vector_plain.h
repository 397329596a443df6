/* The vectors of simd.h in C alone: 4 numbers, which gcc and clang make of whatever a processor has (SSE2, WebAssembly's
 * SIMD128, one number after another).
 *
 * No product is fused with a sum, so that the results are the same bits everywhere.
 */
#ifndef TEXTRNN_VECTOR_PLAIN_H
#define TEXTRNN_VECTOR_PLAIN_H

#include <float.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "float32 is computed in more than float32 here, so nothing could be said of the results"
#endif

#define LANES 4
#define REGISTERS 16
typedef float vector __attribute__((vector_size(16)));
typedef int32_t truth __attribute__((vector_size(16)));
typedef uint32_t vector_bits __attribute__((vector_size(16)));
#define HOLD(x) ((void)0)

INLINE vector all(float x) { return (vector){x, x, x, x}; }
INLINE vector add(vector a, vector b) { return a + b; }
INLINE vector sub(vector a, vector b) { return a - b; }
INLINE vector mul(vector a, vector b) { return a * b; }
INLINE vector muladd(vector a, vector b, vector c) { return a * b + c; }
INLINE vector mulsub(vector a, vector b, vector c) { return a * b - c; }
INLINE vector over(vector a, vector b) { return a / b; }
INLINE vector root(vector a) {
    return (vector){__builtin_sqrtf(a[0]), __builtin_sqrtf(a[1]), __builtin_sqrtf(a[2]), __builtin_sqrtf(a[3])};
}
INLINE vector read32(const float *p) {
    vector x;
    memcpy(&x, p, sizeof x);
    return x;
}
INLINE void write32(float *p, vector x) { memcpy(p, &x, sizeof x); }
INLINE vector read_line(const float *p) { return *(const vector *)(const void *)p; }
INLINE void write_past(float *p, vector x) { write32(p, x); }
INLINE void written_past(void) {}

INLINE truth same(vector a, vector b) { return a == b; }
INLINE truth above_or_odd(vector a, vector b) { return (a > b) | (a != a); }
INLINE vector choose(truth t, vector yes, vector no) { return (vector)((t & (truth)yes) | (~t & (truth)no)); }
INLINE vector larger(vector a, vector b) { return choose(a > b, a, b); }

/* To a number that large, a sum keeps no part of a whole: what is added to it is rounded, and stands in its last bits. */
#define NO_PARTS 12582912.0f /* 1.5 * 2^23 */

INLINE vector split(vector t, vector *whole) {
    t = larger(all(-126.0f), t); /* in this order a NaN stays one */
    t = choose(t > all(126.0f), all(126.0f), t);
    *whole = t + all(NO_PARTS);
    return t - (*whole - all(NO_PARTS));
}
INLINE vector scaled(vector p, vector whole) {
    vector_bits exponent = ((vector_bits)whole << 23) + ((vector_bits){127, 127, 127, 127} << 23);
    return p * (vector)exponent;
}

#endif
