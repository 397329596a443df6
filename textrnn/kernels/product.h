/* The innermost product: ROWS rows of `depth` numbers by a packed block of 4 * LANES columns, added to what is there. */
#ifndef TEXTRNN_PRODUCT_H
#define TEXTRNN_PRODUCT_H

#include "simd.h"

#define ROWS 6 /* as many as leave registers for a row of the block: 24 sums, 4 columns, 1 factor of 32 */

#define BLOCK (4 * LANES * PAIR) /* numbers of a packed block for PAIR rows of depth */

/* What both widths below do with each row, as they define ROW and BACK. */
#define EVERY_ROW                                                                                                      \
    ROW(a, left) ROW(b, left + stride) ROW(c, left + 2 * stride) ROW(d, lower) ROW(e, lower + stride) ROW(f, lower + 2 * stride)
#define EVERY_BACK BACK(a, 0), BACK(b, 1), BACK(c, 2), BACK(d, 3), BACK(e, 4), BACK(f, 5);

/* `left` (ROWS, depth), rows `stride` apart; `block` (depth / PAIR, 4, LANES, PAIR); `sums` [ROWS][4]. */
#if REGISTERS == 32
static __attribute__((noinline)) void multiply(const number *left, size_t stride, const number *block, size_t depth,
                                               vector (*sums)[4]) {
    vector a0 = sums[0][0], a1 = sums[0][1], a2 = sums[0][2], a3 = sums[0][3];
    vector b0 = sums[1][0], b1 = sums[1][1], b2 = sums[1][2], b3 = sums[1][3];
    vector c0 = sums[2][0], c1 = sums[2][1], c2 = sums[2][2], c3 = sums[2][3];
    vector d0 = sums[3][0], d1 = sums[3][1], d2 = sums[3][2], d3 = sums[3][3];
    vector e0 = sums[4][0], e1 = sums[4][1], e2 = sums[4][2], e3 = sums[4][3];
    vector f0 = sums[5][0], f1 = sums[5][1], f2 = sums[5][2], f3 = sums[5][3];
    const number *lower = left + 3 * stride, *end = left + depth;
#define ROW(r, p)                                                                                                      \
    x = everywhere(p);                                                                                                 \
    HOLD(x);                                                                                                           \
    r##0 = accumulate(r##0, w0, x);                                                                                    \
    r##1 = accumulate(r##1, w1, x);                                                                                    \
    r##2 = accumulate(r##2, w2, x);                                                                                    \
    r##3 = accumulate(r##3, w3, x);
    for (; left < end; left += PAIR, lower += PAIR, block += BLOCK) {
        factor w0 = column(block), w1 = column(block + LANES * PAIR), w2 = column(block + 2 * LANES * PAIR),
               w3 = column(block + 3 * LANES * PAIR), x;
        HOLD(w0);
        HOLD(w1);
        HOLD(w2);
        HOLD(w3);
        EVERY_ROW
    }
#undef ROW
#define BACK(r, i) sums[i][0] = r##0, sums[i][1] = r##1, sums[i][2] = r##2, sums[i][3] = r##3
    EVERY_BACK
#undef BACK
}
#else /* 16 registers: two columns at a time */
INLINE void multiply_half(const number *left, size_t stride, const number *block, size_t depth, vector (*sums)[4]) {
    vector a0 = sums[0][0], a1 = sums[0][1], b0 = sums[1][0], b1 = sums[1][1], c0 = sums[2][0], c1 = sums[2][1];
    vector d0 = sums[3][0], d1 = sums[3][1], e0 = sums[4][0], e1 = sums[4][1], f0 = sums[5][0], f1 = sums[5][1];
    const number *lower = left + 3 * stride, *end = left + depth;
#define ROW(r, p)                                                                                                      \
    x = everywhere(p);                                                                                                 \
    HOLD(x);                                                                                                           \
    r##0 = accumulate(r##0, w0, x);                                                                                    \
    r##1 = accumulate(r##1, w1, x);
    for (; left < end; left += PAIR, lower += PAIR, block += BLOCK) {
        factor w0 = column(block), w1 = column(block + LANES * PAIR), x;
        HOLD(w0);
        HOLD(w1);
        EVERY_ROW
    }
#undef ROW
#define BACK(r, i) sums[i][0] = r##0, sums[i][1] = r##1
    EVERY_BACK
#undef BACK
}
static __attribute__((noinline)) void multiply(const number *left, size_t stride, const number *block, size_t depth,
                                               vector (*sums)[4]) {
    multiply_half(left, stride, block, depth, sums);
    multiply_half(left, stride, block + 2 * LANES, depth, (vector(*)[4])(&sums[0][2]));
}
#endif

/* Columns of `matrix` in blocks for `multiply`: of column c and depth d it is matrix[c * across + d * down]. */
SHARED void pack(const number *matrix, size_t across, size_t down, size_t columns, size_t depth, number *packed) {
    for (size_t start = 0; start < columns; start += 4 * LANES)
        for (size_t d = 0; d < depth; d += PAIR)
            for (size_t c = start; c < start + 4 * LANES; c++)
                for (size_t p = 0; p < PAIR; p++)
                    *packed++ = c < columns ? matrix[c * across + (d + p) * down] : 0;
}

#endif
