/* One vector of LANES float32 numbers, and what the kernels ask of it: the same names on every processor.
 *
 * A processor's own file gives: LANES, REGISTERS (how many vectors it holds), `vector`, `truth` (of each lane), HOLD and
 *
 *     all(x)  read32(p)  write32(p, x)         one number in all lanes; LANES numbers in memory
 *     read_line(p)  write_past(p, x)           the same at a multiple of their size; what is not read again soon
 *     written_past()                           after the last of those
 *     add  sub  mul  over  root                of each lane
 *     muladd(a, b, c)  mulsub(a, b, c)         a * b + c, a * b - c
 *     larger(a, b)                             the larger of two; NaN where b is
 *     same(a, b)  above_or_odd(a, b)           comparisons, of which the second holds too where a is NaN
 *     choose(t, yes, no)                       one of two by a comparison
 *     split(t, whole)                          t less the nearest whole number, which goes to `whole`
 *     scaled(p, whole)                         p * 2^whole, of what `split` gave
 *
 * `number` is what products are taken of: float32 but in one library, which vector_bfloat16.h says the rest of.
 */
#ifndef TEXTRNN_SIMD_H
#define TEXTRNN_SIMD_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define SHARED static __attribute__((unused)) /* a function that not every file calls */

#if defined(TEXTRNN_BFLOAT16)
typedef uint16_t number;
#else
typedef float number;
#endif

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#if defined(TEXTRNN_PLAIN)
#include "vector_plain.h"
#elif defined(__AVX512F__) || defined(__AVX2__)
#include "vector_x86.h"
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include "vector_neon.h"
#elif defined(__wasm_simd128__)
#include "vector_wasm.h"
#else
#include "vector_plain.h"
#endif

INLINE void prefetch(const void *at) { __builtin_prefetch(at); } /* the line of the cache */

/* Numbers that are nearly 0 count as 0, as they are many times slower; until `keep_subnormals` of what this returns. */
#if defined(__SSE__)
INLINE uint64_t flush_subnormals(void) {
    unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040);
    return mode;
}
INLINE void keep_subnormals(uint64_t mode) { _mm_setcsr((unsigned)mode); }
#elif defined(__aarch64__)
INLINE uint64_t flush_subnormals(void) {
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"(mode | (uint64_t)1 << 24));
    return mode;
}
INLINE void keep_subnormals(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#else /* nothing can be set here */
INLINE uint64_t flush_subnormals(void) { return 0; }
INLINE void keep_subnormals(uint64_t mode) { (void)mode; }
#endif

#if defined(TEXTRNN_BFLOAT16)
#include "vector_bfloat16.h"
#else

INLINE vector read_numbers(const number *p) { return read32(p); }
INLINE vector rounded(vector x) { return x; }
INLINE void write_numbers(number *p, vector x) { write32(p, x); }

/* The four gates of LANES units, side by side and on a line of the cache; they are not read again soon. */
INLINE void write_gates(number *p, vector a, vector b, vector c, vector d) {
    write_past(p, a), write_past(p + LANES, b), write_past(p + 2 * LANES, c), write_past(p + 3 * LANES, d);
}

/* 1 / (1 + exp(-x)) within 2e-7. */
INLINE vector sigmoid(vector x) {
    vector whole, f = split(mul(x, all(-1.44269504f)), &whole);
    vector p = muladd(f, all(0.000153375775f), all(0.001339986f));
    p = muladd(p, f, all(0.00961852f));
    p = muladd(p, f, all(0.05550329f));
    p = muladd(p, f, all(0.24022646f));
    p = muladd(p, f, all(0.69314718f));
    p = muladd(p, f, all(1.0f));
    return over(all(1.0f), add(scaled(p, whole), all(1.0f)));
}

INLINE vector sigmoid_to_keep(vector x) { return sigmoid(x); }

#define PAIR 1 /* numbers that one instruction multiplies and adds */
typedef vector factor;
INLINE factor column(const number *p) { return read_line(p); }
INLINE factor everywhere(const number *p) { return all(*p); }
INLINE vector accumulate(vector sum, factor a, factor b) { return muladd(a, b, sum); }

#endif

INLINE vector hyperbolic(vector x) { return mulsub(sigmoid(add(x, x)), all(2.0f), all(1.0f)); }

#endif
