/* Texts read for prediction, without gradients: in float32, ragged, by the products of their tokens.
 *
 * B texts, the longest first: text b has `lengths[b]` tokens, which stand from `starts[b]` on in `rows`, where each names
 * its row of `products`, and from `places[b]` on in `states`. What is computed of a text does not depend on its neighbours,
 * to the bit: every sum is taken in one order, whatever the tile. Numbers of a step stand as in recurrence.c and scan.c.
 */
#include "order.h"

#if !defined(TEXTRNN_BFLOAT16) /* prediction is exact */
#include "cells.h"
#include "product.h"

#define AHEAD 12 /* tokens of a text whose rows are asked for before they are read, where texts are read one by one */
#define BLOCK_ROWS (8 * ROWS) /* rows that stay near the core while all columns are multiplied */

typedef struct {
    const float *products; /* (n, `width`), of which a direction has its own columns */
    size_t width;
    const int32_t *rows; /* or NULL: a token's row is its place */
    const int64_t *starts, *places, *lengths;
    float *states; /* (tokens, `stride`), or NULL */
    size_t stride;
    float *pooled; /* (3, B, H): highest, mean, last; or NULL */
} Texts;

INLINE const float *products_of(const Texts *x, int64_t b, int64_t token) {
    return x->products + x->width * (size_t)(x->rows ? x->rows[x->starts[b] + token] : x->places[b] + token);
}

INLINE int falls(const int64_t *lengths, int64_t B) { /* as it must */
    for (int64_t b = 0; b < B; b++)
        if (lengths[b] < 0 || (b && lengths[b] > lengths[b - 1])) return 0;
    return 1;
}

INLINE void prefetch_row(const float *at, size_t count) {
    for (size_t i = 0; i < count; i += 16) prefetch(at + i);
}

INLINE void pool(float *pooled, size_t at, size_t each, vector state, int first) {
    vector highest = first ? all(-INFINITY) : read32(pooled + at), total = first ? all(0.0f) : read32(pooled + each + at);
    write32(pooled + at, choose(above_or_odd(state, highest), state, highest));
    write32(pooled + each + at, add(total, state));
    write32(pooled + 2 * each + at, state);
}

static void end_pooled(const Texts *x, int64_t B, size_t h) { /* sums become means; a text without tokens is zeros */
    size_t each = (size_t)B * h;
    for (int64_t b = 0; b < B; b++) {
        float *own = x->pooled + h * (size_t)b, *mean = own + each;
        if (!x->lengths[b])
            for (int i = 0; i < 3; i++) memset(own + (size_t)i * each, 0, h * sizeof(float));
        for (size_t unit = 0; unit < h && x->lengths[b]; unit += LANES)
            write32(mean + unit, mul(read32(mean + unit), all(1.0f / (float)x->lengths[b])));
    }
}

/* The product of one row alone: the sums of `multiply`, in its order. */
INLINE void multiply_one(const float *left, const float *block, size_t depth, vector sums[4]) {
    vector a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    for (size_t i = 0; i < depth; i++, block += BLOCK) {
        vector x = all(left[i]);
        a = accumulate(a, column(block), x), b = accumulate(b, column(block + LANES), x);
        c = accumulate(c, column(block + 2 * LANES), x), d = accumulate(d, column(block + 3 * LANES), x);
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

INLINE int read_gated(const int cell, const Texts *x, const float *packed, int64_t B, int64_t H, int reversed) {
    size_t h = (size_t)H, room = ((size_t)B + ROWS) * h * sizeof(float), each = (size_t)B * h;
    float *state[2] = {take(room), take(room)}, *keep = take(room);
    int trouble = !state[0] || !state[1] || !keep ? NO_MEMORY : falls(x->lengths, B) ? 0 : NO_LENGTH;
    if (trouble) goto done;
    memset(state[0], 0, room), memset(state[1], 0, room), memset(keep, 0, room);
    int64_t present = B;
    for (int64_t step = 0;; step++) {
        while (present && x->lengths[present - 1] <= step) present--;
        if (!present) break;
        const float *before = state[(step + 1) & 1];
        float *after = state[step & 1];
        for (size_t unit = 0; unit < h; unit += LANES)
            for (int64_t first = 0; first < present; first += ROWS) {
                int64_t count = MIN(ROWS, present - first), next = first + ROWS < present ? first + ROWS : 0;
                size_t unit_next = next ? unit : unit + LANES;
                for (int64_t b = next; b < MIN(next + ROWS, present) && unit_next < h; b++)
                    prefetch_row(products_of(x, b, token_at(step, x->lengths[b], reversed)) + 4 * unit_next, 4 * LANES);
                vector sums[ROWS][4];
                for (int64_t r = 0; r < ROWS; r++) {
                    if (r >= count) {
                        sums[r][0] = sums[r][1] = sums[r][2] = sums[r][3] = all(0.0f);
                        continue;
                    }
                    const float *input = products_of(x, first + r, token_at(step, x->lengths[first + r], reversed));
                    for (size_t gate = 0; gate < 4; gate++) sums[r][gate] = read32(input + 4 * unit + gate * LANES);
                }
                if (step && count > 1) multiply(before + h * (size_t)first, h, packed + 4 * h * unit, h, sums);
                if (step && count == 1) multiply_one(before + h * (size_t)first, packed + 4 * h * unit, h, sums[0]);
                for (int64_t r = 0; r < count; r++) {
                    int64_t b = first + r;
                    size_t own = h * (size_t)b + unit;
                    vector k = read32(keep + own), s = cell_step(cell, sums[r], &k);
                    write32(keep + own, k), write32(after + own, s);
                    if (x->pooled) pool(x->pooled, own, each, s, !step);
                    if (!x->states) continue;
                    int64_t at = x->places[b] + token_at(step, x->lengths[b], reversed);
                    write32(x->states + x->stride * (size_t)at + unit, s);
                }
            }
    }
    if (x->pooled) end_pooled(x, B, h);
done:
    release(state[0]), release(state[1]), release(keep);
    return trouble;
}

/* A minGRU: each text by itself, LANES units at a time, all in registers. */
INLINE int read_scanned(const Texts *x, int64_t B, int64_t H, int reversed) {
    size_t h = (size_t)H, each = (size_t)B * h;
    if (!falls(x->lengths, B)) return NO_LENGTH;
    for (int64_t b = 0; b < B; b++)
        for (size_t unit = 0; unit < h; unit += LANES) {
            int64_t length = x->lengths[b];
            vector state = all(0.0f), before = state, highest = all(-INFINITY), total = state;
            for (int64_t step = 0; step < length; step++) {
                int64_t token = token_at(step, length, reversed);
                const float *input = products_of(x, b, token) + 3 * unit;
                if (step + AHEAD < length)
                    prefetch_row(products_of(x, b, token_at(step + AHEAD, length, reversed)) + 3 * unit, 3 * LANES + 16);
                vector z = sigmoid(add(read32(input), before));
                state = muladd(z, sub(read32(input + LANES), state), state);
                before = read32(input + 2 * LANES);
                highest = choose(above_or_odd(state, highest), state, highest), total = add(total, state);
                if (x->states) write32(x->states + x->stride * (size_t)(x->places[b] + token) + unit, state);
            }
            if (!x->pooled) continue;
            float *to = x->pooled + h * (size_t)b + unit;
            write32(to, highest), write32(to + each, total), write32(to + 2 * each, state);
        }
    if (x->pooled) end_pooled(x, B, h);
    return 0;
}

/* The states of one direction of a layer: cell 0 LSTM, 1 GRU, as cells.h numbers them, 2 minGRU.
 *
 * `products` hold the biases; `packed` are the recurrent weights (4H, H) by `pack_rows`, NULL for a minGRU. Gives 0, or
 * what is wrong. */
EXPORT int read_texts(int cell, const float *products, int64_t width, const int32_t *rows, const int64_t *starts,
                      const int64_t *places, const int64_t *lengths, const float *packed, float *states, int64_t stride,
                      float *pooled, int64_t B, int64_t H, int reversed) {
    Texts x = {products, (size_t)width, rows, starts, places, lengths, states, (size_t)stride, pooled};
    uint64_t mode = flush_subnormals();
    int trouble = cell == LSTM  ? read_gated(LSTM, &x, packed, B, H, reversed)
                  : cell == GRU ? read_gated(GRU, &x, packed, B, H, reversed)
                                : read_scanned(&x, B, H, reversed);
    keep_subnormals(mode);
    return trouble;
}

/* How many numbers `pack_rows` writes. */
EXPORT int64_t packed_size(int64_t rows, int64_t depth) { return (rows + 4 * LANES - 1) / (4 * LANES) * 4 * LANES * depth; }

/* `weight` (rows, depth) as `multiply_rows` and `read_texts` want it; `packed` lies on a line of the cache. */
EXPORT void pack_rows(const float *weight, float *packed, int64_t rows, int64_t depth) {
    pack(weight, (size_t)depth, 1, (size_t)rows, (size_t)depth, packed);
}

/* `out` (N, F): of the rows `which` of `x` (n, E), or its first N, the products with a weight (F, E), packed, and `bias`. */
EXPORT int multiply_rows(const float *x, const int64_t *which, const float *packed, const float *bias, float *out, int64_t N,
                         int64_t E, int64_t F) {
    size_t depth = (size_t)E, columns = (size_t)F, bytes = BLOCK_ROWS * depth * sizeof(float);
    float *near = take(bytes), last[4 * LANES];
    if (!near) return NO_MEMORY;
    for (int64_t start = 0; start < N; start += BLOCK_ROWS) {
        int64_t some = MIN(BLOCK_ROWS, N - start);
        for (int64_t r = 0; r < some; r++)
            memcpy(near + depth * (size_t)r, x + depth * (size_t)(which ? which[start + r] : start + r), depth * sizeof(float));
        memset(near + depth * (size_t)some, 0, bytes - depth * (size_t)some * sizeof(float));
        for (size_t column = 0; column < columns; column += 4 * LANES) {
            size_t own = MIN(4 * LANES, columns - column);
            memset(last, 0, sizeof last), memcpy(last, bias + column, own * sizeof(float));
            for (int64_t first = 0; first < some; first += ROWS) {
                vector sums[ROWS][4];
                for (size_t r = 0; r < ROWS; r++)
                    for (size_t part = 0; part < 4; part++) sums[r][part] = read32(last + part * LANES);
                multiply(near + depth * (size_t)first, depth, packed + depth * column, depth, sums);
                for (int64_t r = 0; r < MIN(ROWS, some - first); r++) {
                    float *to = out + columns * (size_t)(start + first + r) + column, whole[4 * LANES];
                    float *where = own == 4 * LANES ? to : whole;
                    for (size_t part = 0; part < 4; part++) write32(where + part * LANES, sums[r][part]);
                    if (where == whole) memcpy(to, whole, own * sizeof(float));
                }
            }
        }
    }
    release(near);
    return 0;
}
#endif
