/* A minGRU over texts of different lengths (Feng et al. 2024), whose gate reads the token before as well (as a convolution
 * of width 2 does: Bradbury et al. 2017, "Quasi-Recurrent Neural Networks"):
 *
 *     z = sigmoid(P_z[t] + P_s[t - 1] + b_z);  c = P_c[t] + b_c;  h' = h + z (c - h)
 *
 * All products P are taken before, so each text is walked by itself, LANES units at a time, all in registers. Texts, their
 * order, `rows` and directions are as in recurrence.c; the 3 * H numbers of a row stand as [H / LANES][z, c, s][LANES].
 */
#include "order.h"

#define AHEAD 12 /* tokens whose rows are asked for before they are read: they lie anywhere; 12 to 16 are alike */

INLINE void prefetch_parts(const void *at, size_t bytes) { /* of three parts, which may begin within a line */
    for (size_t byte = 0; byte < bytes; byte += 64) prefetch((const char *)at + byte);
    prefetch((const char *)at + bytes - 1);
}

/* Of each text the rows that its tokens read, (B, T) in reading order; NULL where something is wrong, which is told. */
static size_t *rows_read(const int64_t *rows, const int64_t *lengths, int64_t T, int64_t B, int reversed, int *trouble) {
    size_t *row = malloc(sizeof(size_t) * (size_t)(T * B + 1));
    if (!row) *trouble = NO_MEMORY;
    for (int64_t b = 0; b < B && row; b++) {
        if (lengths[b] < 0 || lengths[b] > T) {
            free(row), *trouble = NO_LENGTH;
            return NULL;
        }
        for (int64_t t = 0; t < lengths[b]; t++) {
            int64_t at = token_at(t, lengths[b], reversed) * B + b;
            row[b * T + t] = (size_t)(rows ? rows[at] : at);
        }
    }
    return row;
}

/* From `inputs` (N, 3H), of which `rows` (T, B) says whose is a token's, or NULL where N is T * B, and `bias` (2H,).
 *
 * Each of these may be NULL: `states` (T, B, H), 0 at padding; `kept` (T, B, H) float32, for `scan_back`, at tokens alone;
 * `pooled` (4, B, H) as in recurrence.c. Gives 0, or what is wrong. */
EXPORT int scan(const number *inputs, const int64_t *rows, const int64_t *lengths, const float *bias, number *states,
                float *kept, float *pooled, int64_t T, int64_t B, int64_t H, int reversed) {
    int trouble = 0;
    size_t h = (size_t)H, *read = rows_read(rows, lengths, T, B, reversed, &trouble), each = (size_t)B * h;
    for (int64_t b = 0; b < B && read; b++) {
        int64_t length = lengths[b];
        const size_t *row = read + b * T;
        for (size_t unit = 0; unit < h; unit += LANES) {
            vector bias_z = read32(bias + unit), bias_c = read32(bias + h + unit), one = all(1.0f);
            vector state = all(0.0f), before = state, highest = all(-INFINITY), times = state, total = state;
            for (int64_t t = 0; t < length; t++) {
                const number *input = inputs + 3 * (h * row[t] + unit);
                size_t at = h * (size_t)(token_at(t, length, reversed) * B + b) + unit;
                if (t + AHEAD < length) prefetch_parts(inputs + 3 * (h * row[t + AHEAD] + unit), 3 * LANES * sizeof(number));
                vector z = sigmoid(add(add(read_numbers(input), before), bias_z));
                state = muladd(z, sub(add(read_numbers(input + LANES), bias_c), state), state);
                before = read_numbers(input + 2 * LANES);
                if (kept) write32(kept + at, state);
                if (states) write_numbers(states + at, state);
                truth more = above_or_odd(state, highest), equal = same(state, highest);
                highest = choose(more, state, highest);
                times = choose(more, one, choose(equal, add(times, one), times));
                total = add(total, state);
            }
            if (pooled) {
                float *to = pooled + h * (size_t)b + unit;
                write32(to, length ? highest : all(0.0f));
                write32(to + each, mul(total, all(length ? 1.0f / (float)length : 0.0f)));
                write32(to + 2 * each, state), write32(to + 3 * each, times);
            }
        }
        for (int64_t t = length; t < T && states; t++) memset(states + h * (size_t)(t * B + b), 0, h * sizeof(number));
    }
    free(read);
    return trouble;
}

/* The gradient `d_inputs` (N, 3H) of `inputs`, and `d_bias` (2H,) of `bias`.
 *
 * Of `d_states` (T, B, H), or where `d_pooled` (3, B, H) is given of that, which is the gradient of the first three of
 * `pooled`. `kept` and `pooled` are what `scan` wrote. Equal rows are added up in float32. Gives 0, or what is wrong. */
EXPORT int scan_back(const number *inputs, const int64_t *rows, const int64_t *lengths, const float *bias,
                     const number *d_states, const float *d_pooled, const float *pooled, const float *kept,
                     number *d_inputs, float *d_bias, int64_t N, int64_t T, int64_t B, int64_t H, int reversed) {
    int trouble = 0;
    size_t h = (size_t)H, *read = rows_read(rows, lengths, T, B, reversed, &trouble), each = (size_t)B * h;
    size_t bytes = (size_t)N * 3 * LANES * sizeof(float);
    float *sums = take(bytes + 64); /* of all rows, for LANES units at a time: near the core, where they are few */
    if (!sums) trouble = NO_MEMORY;
    for (size_t unit = 0; unit < h && !trouble; unit += LANES) {
        vector bias_z = read32(bias + unit), bias_c = read32(bias + h + unit), none = all(0.0f);
        vector sum_z = none, sum_c = none;
        memset(sums, 0, bytes);
        for (int64_t b = 0; b < B; b++) {
            int64_t length = lengths[b], back = reversed ? B : -B;
            size_t own = h * (size_t)b + unit;
            const size_t *row = read + b * T;
            vector carried = none, d_after = none, highest = none, to_highest = none, to_all = none;
            if (!length) continue;
            if (d_pooled) {
                highest = read32(pooled + own);
                to_highest = over(read32(d_pooled + own), larger(all(1.0f), read32(pooled + 3 * each + own)));
                to_all = mul(read32(d_pooled + each + own), all(1.0f / (float)length));
                carried = read32(d_pooled + 2 * each + own);
            }
            size_t last = h * (size_t)(token_at(length - 1, length, reversed) * B + b) + unit;
            vector state = read32(kept + last);
            for (int64_t t = length - 1; t >= 0; t--) {
                size_t at = h * (size_t)(token_at(t, length, reversed) * B + b) + unit;
                const number *input = inputs + 3 * (h * row[t] + unit);
                float *sum = sums + 3 * LANES * row[t];
                if (t >= AHEAD) {
                    prefetch_parts(inputs + 3 * (h * row[t - AHEAD] + unit), 3 * LANES * sizeof(number));
                    prefetch_parts(sums + 3 * LANES * row[t - AHEAD], 3 * LANES * sizeof(float));
                }
                vector before = t ? read_numbers(inputs + 3 * (h * row[t - 1] + unit) + 2 * LANES) : none;
                vector state_before = t ? read32(kept + (int64_t)at + back * H) : none;
                vector z = sigmoid(add(add(read_numbers(input), before), bias_z));
                vector added = sub(add(read_numbers(input + LANES), bias_c), state_before), d = carried;
                if (d_pooled) d = add(d, add(to_all, choose(same(state, highest), to_highest, none)));
                else d = add(d, read_numbers(d_states + at));
                vector d_c = mul(d, z), d_z = mul(mul(d, added), sub(z, mul(z, z)));
                carried = sub(d, d_c), state = state_before;
                sum_z = add(sum_z, d_z), sum_c = add(sum_c, d_c);
                write32(sum, add(read32(sum), d_z)), write32(sum + LANES, add(read32(sum + LANES), d_c));
                write32(sum + 2 * LANES, add(read32(sum + 2 * LANES), d_after));
                d_after = d_z; /* what the token before has given to this gate */
            }
        }
        write32(d_bias + unit, sum_z), write32(d_bias + h + unit, sum_c);
        for (int64_t n = 0; n < N; n++)
            for (size_t part = 0; part < 3; part++)
                write_numbers(d_inputs + 3 * (h * (size_t)n + unit) + part * LANES,
                              read32(sums + LANES * (3 * (size_t)n + part)));
    }
    free(read), release(sums);
    return trouble;
}
