/* Numbers in bfloat16 beside the float32 vectors of AVX-512: half the memory, and products of pairs. */
#ifndef TEXTRNN_VECTOR_BFLOAT16_H
#define TEXTRNN_VECTOR_BFLOAT16_H

INLINE vector widened(__m256i x) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16)); }
INLINE vector read_numbers(const number *p) { return widened(_mm256_loadu_si256((const __m256i *)p)); }
INLINE vector rounded(vector x) { return widened((__m256i)_mm512_cvtneps_pbh(x)); }
INLINE void write_numbers(number *p, vector x) { _mm256_storeu_si256((__m256i *)p, (__m256i)_mm512_cvtneps_pbh(x)); }

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

#define PAIR 2 /* numbers that one instruction multiplies and adds */
typedef __m512bh factor;
INLINE factor column(const number *p) { return (factor)_mm512_load_si512(p); }
INLINE factor everywhere(const number *p) {
    int both;
    __builtin_memcpy(&both, p, sizeof both);
    return (factor)_mm512_set1_epi32(both);
}
INLINE vector accumulate(vector sum, factor a, factor b) { return _mm512_dpbf16_ps(sum, a, b); }

#endif
