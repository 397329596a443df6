/* The vectors of simd.h on 64-bit ARM, every one of which has NEON: 4 numbers, in 32 registers. */
#ifndef TEXTRNN_VECTOR_NEON_H
#define TEXTRNN_VECTOR_NEON_H

#include <arm_neon.h>

#define LANES 4
#define REGISTERS 32
typedef float32x4_t vector;
typedef uint32x4_t truth;
#define HOLD(x) __asm__("" : "+w"(x)) /* keeps x in a register: else the compiler reads it from memory at each use */

INLINE vector all(float x) { return vdupq_n_f32(x); }
INLINE vector add(vector a, vector b) { return vaddq_f32(a, b); }
INLINE vector sub(vector a, vector b) { return vsubq_f32(a, b); }
INLINE vector mul(vector a, vector b) { return vmulq_f32(a, b); }
INLINE vector muladd(vector a, vector b, vector c) { return vfmaq_f32(c, a, b); }
INLINE vector mulsub(vector a, vector b, vector c) { return vfmaq_f32(vnegq_f32(c), a, b); }
INLINE vector larger(vector a, vector b) { return vmaxq_f32(a, b); }
INLINE vector over(vector a, vector b) { return vdivq_f32(a, b); }
INLINE vector root(vector a) { return vsqrtq_f32(a); }
INLINE vector read32(const float *p) { return vld1q_f32(p); }
INLINE void write32(float *p, vector x) { vst1q_f32(p, x); }
INLINE vector read_line(const float *p) { return vld1q_f32(p); }
INLINE void write_past(float *p, vector x) { vst1q_f32(p, x); }
INLINE void written_past(void) {}

INLINE truth same(vector a, vector b) { return vceqq_f32(a, b); }
INLINE truth above_or_odd(vector a, vector b) { return vornq_u32(vcgtq_f32(a, b), vceqq_f32(a, a)); }
INLINE vector choose(truth t, vector yes, vector no) { return vbslq_f32(t, yes, no); }
INLINE vector split(vector t, vector *whole) {
    t = vminq_f32(all(126.0f), vmaxq_f32(all(-126.0f), t)); /* a NaN stays one */
    *whole = vrndnq_f32(t);
    return sub(t, *whole);
}
INLINE vector scaled(vector p, vector whole) {
    int32x4_t exponent = vaddq_s32(vcvtq_s32_f32(whole), vdupq_n_s32(127));
    return mul(p, vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23)));
}

#endif
