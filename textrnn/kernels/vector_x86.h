/* The vectors of simd.h on x86-64: 16 numbers with AVX-512, 8 with AVX2. */
#ifndef TEXTRNN_VECTOR_X86_H
#define TEXTRNN_VECTOR_X86_H

#include <immintrin.h>

#define HOLD(x) __asm__("" : "+v"(x)) /* keeps x in a register: else the compiler reads it from memory at each use */

#if defined(__AVX512F__)
#define LANES 16
#define REGISTERS 32
typedef __m512 vector;
typedef __mmask16 truth;
#define OP(name) _mm512_##name
#else
#define LANES 8
#define REGISTERS 16
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
INLINE vector read_line(const float *p) { return OP(load_ps)(p); }
INLINE void write_past(float *p, vector x) { OP(stream_ps)(p, x); }
INLINE void written_past(void) { _mm_sfence(); }

#if LANES == 16

INLINE truth same(vector a, vector b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
INLINE truth above_or_odd(vector a, vector b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ) | _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
}
INLINE vector choose(truth t, vector yes, vector no) { return _mm512_mask_blend_ps(t, no, yes); }
INLINE vector split(vector t, vector *whole) {
    *whole = t; /* which `scaled` rounds: later there is room for it */
    return _mm512_reduce_ps(t, 0); /* 0 where t is infinite */
}
INLINE vector scaled(vector p, vector whole) { return _mm512_scalef_ps(p, _mm512_roundscale_ps(whole, 8)); }

#else

INLINE truth same(vector a, vector b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
INLINE truth above_or_odd(vector a, vector b) {
    return _mm256_or_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ), _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}
INLINE vector choose(truth t, vector yes, vector no) { return _mm256_blendv_ps(no, yes, t); }
INLINE vector split(vector t, vector *whole) {
    t = _mm256_min_ps(all(126.0f), _mm256_max_ps(all(-126.0f), t)); /* in this order a NaN stays one */
    *whole = _mm256_round_ps(t, 8);
    return sub(t, *whole);
}
INLINE vector scaled(vector p, vector whole) {
    __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(whole), _mm256_set1_epi32(127));
    return mul(p, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
}

#endif

#endif
