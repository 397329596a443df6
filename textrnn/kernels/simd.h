/* One vector of LANES float32 numbers, and what the recurrence asks of it: AVX-512, with bfloat16 or without, or AVX2. */
#ifndef TEXTRNN_SIMD_H
#define TEXTRNN_SIMD_H

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define HOLD(x) __asm__("" : "+v"(x)) /* keeps x in a register: else the compiler reads it from memory at each use */

#if defined(TEXTRNN_BFLOAT16)
typedef uint16_t number;
#else
typedef float number;
#endif

#if defined(__AVX512F__)
#define LANES 16
typedef __m512 vector;
typedef __mmask16 truth; /* of each lane */
#define OP(name) _mm512_##name
#else
#define LANES 8
typedef __m256 vector;
typedef __m256 truth;
#define OP(name) _mm256_##name
#endif

INLINE vector all(float x) { return OP(set1_ps)(x); }
INLINE vector add(vector a, vector b) { return OP(add_ps)(a, b); }
INLINE vector sub(vector a, vector b) { return OP(sub_ps)(a, b); }
INLINE vector mul(vector a, vector b) { return OP(mul_ps)(a, b); }
INLINE vector muladd(vector a, vector b, vector c) { return OP(fmadd_ps)(a, b, c); }
INLINE vector mulsub(vector a, vector b, vector c) { return OP(fmsub_ps)(a, b, c); }
INLINE vector larger(vector a, vector b) { return OP(max_ps)(a, b); }
INLINE vector over(vector a, vector b) { return OP(div_ps)(a, b); }
INLINE vector root(vector a) { return OP(sqrt_ps)(a); }
INLINE vector read32(const float *p) { return OP(loadu_ps)(p); }
INLINE void write32(float *p, vector x) { OP(storeu_ps)(p, x); }

/* A comparison, and one of two by it. A NaN is `above_or_odd` to anything, and nothing that is no NaN to it. */
#if LANES == 16
INLINE truth same(vector a, vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
INLINE truth above_or_odd(vector a, vector b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ) | _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
}
INLINE vector choose(truth t, vector yes, vector no) { return _mm512_mask_blend_ps(t, no, yes); }
#else
INLINE truth same(vector a, vector b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
INLINE truth above_or_odd(vector a, vector b) {
    return _mm256_or_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ), _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}
INLINE vector choose(truth t, vector yes, vector no) { return _mm256_blendv_ps(no, yes, t); }
#endif

#if defined(TEXTRNN_BFLOAT16)

INLINE vector widened(__m256i x) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16)); }
INLINE vector read_numbers(const number *p) { return widened(_mm256_loadu_si256((const __m256i *)p)); }
INLINE vector rounded(vector x) { return widened((__m256i)_mm512_cvtneps_pbh(x)); }
INLINE void write_numbers(number *p, vector x) { _mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh(x)); }

/* The four gates of LANES units, side by side and on a line of the cache; they are not read again soon. */
INLINE void write_gates(number *p, vector a, vector b, vector c, vector d) {
    _mm512_stream_si512((void *)p, (__m512i)_mm512_cvtne2ps_pbh(b, a));
    _mm512_stream_si512((void *)(p + 2 * LANES), (__m512i)_mm512_cvtne2ps_pbh(d, c));
}

/* 1 + exp(-x) within 8e-5 of itself. */
INLINE vector one_and_power(vector x) {
    vector t = mul(x, all(-1.44269504f));
    vector f = _mm512_reduce_ps(t, 1); /* t less its floor; 0 where t is infinite */
    vector p = muladd(f, all(0.07790717f), all(0.2262332f));
    p = muladd(p, f, all(0.6957771f));
    p = muladd(p, f, all(0.9999278f));
    return add(_mm512_scalef_ps(p, t), all(1.0f));
}

/* 1 / (1 + exp(-x)) within 2e-4 of itself: a tenth of what bfloat16 rounds away. */
INLINE vector sigmoid(vector x) { return _mm512_rcp14_ps(one_and_power(x)); }

/* The same, near 1 within 2e-7: what a cell keeps of itself is multiplied by it hundreds of times. */
INLINE vector sigmoid_to_keep(vector x) {
    vector y = _mm512_min_ps(all(1e30f), one_and_power(x)); /* no infinity; in this order a NaN stays one */
    vector r = _mm512_rcp14_ps(y);
    return mul(r, _mm512_fnmadd_ps(y, r, all(2.0f))); /* a step of Newton's */
}

#else

INLINE vector read_numbers(const number *p) { return read32(p); }
INLINE vector rounded(vector x) { return x; }
INLINE void write_numbers(number *p, vector x) { write32(p, x); }
INLINE void write_gates(number *p, vector a, vector b, vector c, vector d) {
    OP(stream_ps)(p, a);
    OP(stream_ps)(p + LANES, b);
    OP(stream_ps)(p + 2 * LANES, c);
    OP(stream_ps)(p + 3 * LANES, d);
}

/* 1 / (1 + exp(-x)) within 2e-7. */
INLINE vector sigmoid(vector x) {
    vector t = mul(x, all(-1.44269504f));
#if LANES == 16
    vector f = _mm512_reduce_ps(t, 0); /* t less the nearest whole number; 0 where t is infinite */
#else
    t = _mm256_min_ps(all(126.0f), _mm256_max_ps(all(-126.0f), t)); /* in this order a NaN stays one */
    vector n = _mm256_round_ps(t, 8), f = sub(t, n);
#endif
    vector p = muladd(f, all(0.000153375775f), all(0.001339986f));
    p = muladd(p, f, all(0.00961852f));
    p = muladd(p, f, all(0.05550329f));
    p = muladd(p, f, all(0.24022646f));
    p = muladd(p, f, all(0.69314718f));
    p = muladd(p, f, all(1.0f));
#if LANES == 16
    p = _mm512_scalef_ps(p, _mm512_roundscale_ps(t, 8));
#else
    p = mul(p, _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23)));
#endif
    return OP(div_ps)(all(1.0f), add(p, all(1.0f)));
}

INLINE vector sigmoid_to_keep(vector x) { return sigmoid(x); }

#endif

INLINE vector hyperbolic(vector x) { return mulsub(sigmoid(add(x, x)), all(2.0f), all(1.0f)); }

#endif
