/* The steps of an LSTM or a GRU over texts of different lengths, forward and backward: what is left once the input product
 * is taken for all steps. Texts stand in the order of their tokens, time first, padded on the right; a direction that reads
 * from the end walks each text from its own last token. Texts that have ended are left out of a step, so nothing is
 * computed at padding: states and changes are 0 there.
 *
 * T steps, B texts, H units, a multiple of LANES. The 4 * H numbers of a step stand as [H / LANES][gate][LANES], gates in
 * the order of cells.h: what a tile needs lies together. What is wrong is told as a number: NO_MEMORY and the others.
 */
#include "cells.h"
#include "order.h"
#include "pooling.h"
#include "product.h"

#define AHEAD 2 /* texts whose numbers are asked for before they are read */

INLINE void prefetch_bytes(const void *at, size_t bytes) {
    for (size_t byte = 0; byte < bytes; byte += 64) prefetch((const char *)at + byte);
}

INLINE int walk(const int cell, const number *inputs, const int64_t *rows, const int64_t *lengths, const float *bias,
                const number *weight, number *states, number *gates, float *kept, float *pooled, int64_t T, int64_t B,
                int64_t H, int reversed) {
    size_t h = (size_t)H, texts = (size_t)B, room = (texts + ROWS) * h;
    Order order = {0};
    Pool pool = {0};
    number *packed = take(4 * h * h * sizeof(number)), *state[2] = {take(room * sizeof(number)), take(room * sizeof(number))};
    float *keep = take(room * sizeof(float));
    int trouble = order_texts(lengths, T, B, &order);
    if (!packed || !state[0] || !state[1] || !keep) trouble = NO_MEMORY;
    if (pooled && !trouble) trouble = begin_pool(&pool, room);
    if (trouble) goto done;
    pack(weight, h, 1, 4 * h, h, packed);
    memset(state[0], 0, room * sizeof(number)), memset(state[1], 0, room * sizeof(number));
    memset(keep, 0, room * sizeof(float));
    for (int64_t step = 0; step < T && order.present[step]; step++) {
        int64_t present = order.present[step];
        const number *before = state[(step + 1) & 1];
        number *after = state[step & 1];
        for (size_t unit = 0; unit < h; unit += LANES) {
            vector biases[4];
            for (size_t gate = 0; gate < 4; gate++) biases[gate] = read32(bias + 4 * unit + gate * LANES);
            for (int64_t first = 0; first < present; first += ROWS) {
                int64_t count = MIN(ROWS, present - first), next = first + ROWS < present ? first + ROWS : 0;
                size_t where[ROWS], unit_next = next ? unit : unit + LANES;
                for (int64_t i = next; i < MIN(next + ROWS, present) && unit_next < h; i++) { /* what comes after this */
                    int64_t b = order.text[i], at = token_at(step, lengths[b], reversed) * B + b;
                    prefetch_bytes(inputs + 4 * (h * (size_t)(rows ? rows[at] : at) + unit_next), 4 * LANES * sizeof(number));
                }
                vector sums[ROWS][4];
                for (int64_t r = 0; r < ROWS; r++) {
                    if (r >= count) {
                        sums[r][0] = sums[r][1] = sums[r][2] = sums[r][3] = all(0.0f);
                        continue;
                    }
                    int64_t b = order.text[first + r];
                    where[r] = (size_t)(token_at(step, lengths[b], reversed) * B + b);
                    const number *input = inputs + 4 * (h * (rows ? (size_t)rows[where[r]] : where[r]) + unit);
                    for (size_t gate = 0; gate < 4; gate++)
                        sums[r][gate] = add(read_numbers(input + gate * LANES), biases[gate]);
                }
                if (step) multiply(before + h * (size_t)first, h, packed + 4 * h * unit, h, sums);
                for (int64_t r = 0; r < count; r++) {
                    size_t own = h * (size_t)(first + r) + unit;
                    vector k = read32(keep + own), s = rounded(cell_step(cell, sums[r], &k));
                    write32(keep + own, k);
                    write_numbers(after + own, s);
                    if (states) write_numbers(states + h * where[r] + unit, s);
                    if (gates) {
                        write_gates(gates + 4 * (h * where[r] + unit), sums[r][0], sums[r][1], sums[r][2], sums[r][3]);
                        write_past(kept + h * where[r] + unit, k);
                    }
                    if (pooled) pool_state(&pool, own, s);
                }
            }
        }
    }
    written_past();
    for (int64_t b = 0; b < B && states; b++)
        for (int64_t t = lengths[b]; t < T; t++) memset(states + h * (size_t)(t * B + b), 0, h * sizeof(number));
    if (pooled) end_pool(&pool, state, &order, lengths, pooled, B, h);
done:
    free_order(&order), free_pool(&pool);
    release(packed), release(state[0]), release(state[1]), release(keep);
    return trouble;
}

/* States (T, B, H) of `inputs` (N, 4H), of which `rows` (T, B) says whose is a token's, or NULL where N is T * B.
 *
 * `bias` (4H,) float32; `weight` (4H, H), its rows as the numbers of a step stand. Where `gates` (T, B, 4H) is given, they
 * and `kept` (T, B, H) are written for `backward`. Where `pooled` (4, B, H) is given, a text's highest state, its mean and
 * last one, and how many are the highest, are written there. `states` may be NULL. Gives 0, or what is wrong.
 */
EXPORT int forward(int cell, const number *inputs, const int64_t *rows, const int64_t *lengths, const float *bias,
                   const number *weight, number *states, number *gates, float *kept, float *pooled, int64_t T, int64_t B,
                   int64_t H, int reversed) {
    if (cell == GRU)
        return walk(GRU, inputs, rows, lengths, bias, weight, states, gates, kept, pooled, T, B, H, reversed);
    return walk(LSTM, inputs, rows, lengths, bias, weight, states, gates, kept, pooled, T, B, H, reversed);
}

INLINE int walk_back(const int cell, const number *d_states, const float *d_pooled, const float *pooled,
                     const number *states, const number *gates, const float *kept, const int64_t *lengths,
                     const number *weight, number *changes, float *d_bias, int64_t T, int64_t B, int64_t H, int reversed) {
    size_t h = (size_t)H, texts = (size_t)B, room = (texts + ROWS) * h, wide = (h + 4 * LANES - 1) / (4 * LANES) * 4 * LANES;
    int64_t back = reversed ? B : -B; /* from a token to the one read before it */
    const number *of_state = d_pooled ? states : d_states;
    Order order = {0};
    Spread spread = {0};
    number *packed = take(4 * h * wide * sizeof(number)), *change = take(4 * room * sizeof(number));
    float *d_kept = take(room * sizeof(float)), *d_state = take((texts + ROWS) * wide * sizeof(float));
    int trouble = order_texts(lengths, T, B, &order);
    if (!packed || !change || !d_kept || !d_state) trouble = NO_MEMORY;
    if (trouble) goto done;
    pack(weight, 1, h, h, 4 * h, packed);
    memset(change, 0, 4 * room * sizeof(number)), memset(d_kept, 0, room * sizeof(float));
    memset(d_state, 0, (texts + ROWS) * wide * sizeof(float)), memset(d_bias, 0, 4 * h * sizeof(float));
    if (d_pooled) trouble = begin_spread(&spread, pooled, d_pooled, &order, lengths, B, h, d_state, wide);
    if (trouble) goto done;
    for (int64_t step = T - 1; step >= 0; step--) {
        int64_t present = order.present[step];
        for (int64_t i = 0; i < present; i++) { /* text by text: what is read and written of each lies in a row */
            int64_t b = order.text[i], later = order.text[MIN(i + AHEAD, present - 1)];
            size_t at = (size_t)(token_at(step, lengths[b], reversed) * B + b);
            size_t asked = (size_t)(token_at(step, lengths[later], reversed) * B + later);
            for (size_t unit = 0; unit < h; unit += LANES) {
                size_t own = h * (size_t)i + unit;
                const float *k = kept + h * at + unit;
                float *sum = d_bias + 4 * unit;
                prefetch_bytes(gates + 4 * (h * asked + unit), 4 * LANES * sizeof(number));
                prefetch_bytes(of_state + h * asked + unit, 1);
                if (step) prefetch_bytes(kept + (int64_t)(h * asked + unit) + back * H, 1);
                vector there[4], change_of[4], dk = read32(d_kept + own), ds = read32(d_state + wide * (size_t)i + unit);
                for (size_t g = 0; g < 4; g++) there[g] = read_numbers(gates + 4 * (h * at + unit) + g * LANES);
                vector of = read_numbers(of_state + h * at + unit);
                ds = add(d_pooled ? spread_to(&spread, own, of) : of, ds);
                cell_back(cell, there, read32(k), step ? read32(k + back * H) : all(0.0f), ds, &dk, change_of);
                write32(d_kept + own, dk);
                for (size_t g = 0; g < 4; g++) {
                    write32(sum + g * LANES, add(read32(sum + g * LANES), change_of[g]));
                    write_numbers(change + 4 * own + g * LANES, change_of[g]);
                }
                write_gates(changes + 4 * (h * at + unit), change_of[0], change_of[1], change_of[2], change_of[3]);
            }
        }
        if (!step) break;
        for (size_t start = 0; start < h; start += 4 * LANES)
            for (int64_t first = 0; first < present; first += ROWS) {
                vector sums[ROWS][4];
                for (int64_t r = 0; r < ROWS; r++) sums[r][0] = sums[r][1] = sums[r][2] = sums[r][3] = all(0.0f);
                multiply(change + 4 * h * (size_t)first, 4 * h, packed + 4 * h * start, 4 * h, sums);
                for (int64_t r = 0; r < MIN(ROWS, present - first); r++)
                    for (size_t v = 0; v < 4; v++)
                        write32(d_state + wide * (size_t)(first + r) + start + v * LANES, sums[r][v]);
            }
    }
    written_past();
    for (int64_t b = 0; b < B; b++)
        for (int64_t t = lengths[b]; t < T; t++) memset(changes + 4 * h * (size_t)(t * B + b), 0, 4 * h * sizeof(number));
done:
    free_order(&order), free_spread(&spread);
    release(packed), release(change), release(d_kept), release(d_state);
    return trouble;
}

/* The gradient `changes` (T, B, 4H) of what enters the gates, and its sum `d_bias` (4H,) float32.
 *
 * Of `d_states` (T, B, H), or where `d_pooled` (3, B, H) is given of that, which is the gradient of the first three of
 * `pooled`. `states`, `gates`, `kept` and `pooled` are what `forward` wrote. Gives 0, or what is wrong.
 */
EXPORT int backward(int cell, const number *d_states, const float *d_pooled, const float *pooled, const number *states,
                    const number *gates, const float *kept, const int64_t *lengths, const number *weight, number *changes,
                    float *d_bias, int64_t T, int64_t B, int64_t H, int reversed) {
    if (cell == GRU)
        return walk_back(GRU, d_states, d_pooled, pooled, states, gates, kept, lengths, weight, changes, d_bias, T, B, H,
                         reversed);
    return walk_back(LSTM, d_states, d_pooled, pooled, states, gates, kept, lengths, weight, changes, d_bias, T, B, H,
                     reversed);
}

EXPORT int64_t lanes(void) { return LANES; }

EXPORT const char *source(void) { return TEXTRNN_SOURCE; }
