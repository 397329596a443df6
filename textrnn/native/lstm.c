/* The steps of an LSTM over texts of different lengths, forward and backward: what is left once the input product is
 * taken for all steps. Texts stand in the order of their tokens, time first, padded on the right; a direction that reads
 * from the end walks each text from its own last token. Texts that have ended are left out of a step, so nothing is
 * computed at padding: states and changes are 0 there.
 *
 * T steps, B texts, H units, a multiple of LANES. The 4 * H numbers of a step stand as [H / LANES][i f g o][LANES]: what
 * a tile needs lies together. What is wrong is told as a number: NO_MEMORY and the others. Equations: Hochreiter & Schmidhuber 1997, with forget gates, as torch.nn.LSTM has them.
 */
#include <stdlib.h>
#include <string.h>

#include "product.h"

#define EXPORT __attribute__((visibility("default")))
#define NO_MEMORY 1
#define NO_LENGTH 2 /* one below 0 or above T */
#define NO_TOKEN 3 /* one below 0 or not below the vocabulary's size */
#define MIN(a, b) ((a) < (b) ? (a) : (b))

typedef struct {
    int64_t *text;    /* (B,) which text is at a place: the longest first */
    int64_t *present; /* (T,) how many texts have a token at each step */
} Order;

static void *take(size_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }

/* Texts by length, the longest first and equal ones as they come, by counting. Gives 0, NO_MEMORY or NO_LENGTH. */
static int order_texts(const int64_t *lengths, int64_t T, int64_t B, Order *order) {
    for (int64_t b = 0; b < B; b++)
        if (lengths[b] < 0 || lengths[b] > T) return NO_LENGTH;
    order->text = malloc(sizeof(int64_t) * (size_t)(B + 1));
    order->present = calloc((size_t)T + 2, sizeof(int64_t));
    int64_t *next = calloc((size_t)T + 2, sizeof(int64_t));
    if (order->text && order->present && next) {
        for (int64_t b = 0; b < B; b++) next[lengths[b]]++;
        for (int64_t length = T, longer = 0; length >= 0; length--) {
            int64_t equal = next[length];
            next[length] = longer;
            longer += equal;
            if (length) order->present[length - 1] = longer;
        }
        for (int64_t b = 0; b < B; b++) order->text[next[lengths[b]]++] = b;
        free(next);
        return 0;
    }
    free(next);
    return NO_MEMORY;
}

/* Columns of `matrix` in blocks for `multiply`: of column c and depth d it is matrix[c * across + d * down]. */
static void pack(const number *matrix, size_t across, size_t down, size_t columns, size_t depth, number *packed) {
    for (size_t start = 0; start < columns; start += 4 * LANES)
        for (size_t d = 0; d < depth; d += PAIR)
            for (size_t c = start; c < start + 4 * LANES; c++)
                for (size_t p = 0; p < PAIR; p++)
                    *packed++ = c < columns ? matrix[c * across + (d + p) * down] : 0;
}

INLINE int64_t token_at(int64_t step, int64_t length, int reversed) { return reversed ? length - 1 - step : step; }

/* States (T, B, H) of `inputs` (N, 4H), of which `rows` (T, B) says whose is a token's, or NULL where N is T * B.
 *
 * `bias` (4H,) float32; `weight` (4H, H), its rows as the numbers of a step stand. Where `gates` (T, B, 4H) is given, they
 * and `cells` (T, B, H) are written for `backward`. Where `pooled` (3, B, H) is given, the highest, the sum and the last
 * of a text's states are written there and `states` may be NULL. Gives 0, or what is wrong.
 */
EXPORT int forward(const number *inputs, const int64_t *rows, const int64_t *lengths, const float *bias,
                   const number *weight, number *states, number *gates, float *cells, float *pooled, int64_t T, int64_t B,
                   int64_t H, int reversed) {
    size_t h = (size_t)H, texts = (size_t)B, room = (texts + ROWS) * h;
    Order order = {0};
    number *packed = take(4 * h * h * sizeof(number)), *state[2] = {take(room * sizeof(number)), take(room * sizeof(number))};
    float *cell = take(room * sizeof(float)), *highest = NULL, *total = NULL;
    if (pooled) highest = take(room * sizeof(float)), total = take(room * sizeof(float));
    int trouble = order_texts(lengths, T, B, &order);
    if (!packed || !state[0] || !state[1] || !cell || (pooled && !(highest && total))) trouble = NO_MEMORY;
    if (trouble) goto done;
    pack(weight, h, 1, 4 * h, h, packed);
    memset(state[0], 0, room * sizeof(number)), memset(state[1], 0, room * sizeof(number));
    memset(cell, 0, room * sizeof(float));
    if (pooled) {
        memset(total, 0, room * sizeof(float));
        for (size_t i = 0; i < room; i++) highest[i] = -3.0e38f;
    }
    for (int64_t step = 0; step < T && order.present[step]; step++) {
        int64_t present = order.present[step], next = step + 1 < T ? order.present[step + 1] : 0;
        const number *before = state[(step + 1) & 1];
        number *after = state[step & 1];
        for (size_t unit = 0; unit < h; unit += LANES) {
            for (int64_t i = 0; i < next; i++) { /* what the next step reads, before it asks */
                int64_t b = order.text[i], at = token_at(step + 1, lengths[b], reversed) * B + b;
                const char *line = (const char *)(inputs + 4 * (h * (size_t)(rows ? rows[at] : at) + unit));
                for (size_t byte = 0; byte < 4 * LANES * sizeof(number); byte += 64) _mm_prefetch(line + byte, _MM_HINT_T1);
            }
            vector bias_i = read32(bias + 4 * unit), bias_f = read32(bias + 4 * unit + LANES);
            vector bias_g = read32(bias + 4 * unit + 2 * LANES), bias_o = read32(bias + 4 * unit + 3 * LANES);
            for (int64_t first = 0; first < present; first += ROWS) {
                int64_t count = MIN(ROWS, present - first);
                size_t where[ROWS];
                vector sums[ROWS][4];
                for (int64_t r = 0; r < ROWS; r++) {
                    if (r >= count) {
                        sums[r][0] = sums[r][1] = sums[r][2] = sums[r][3] = all(0.0f);
                        continue;
                    }
                    int64_t b = order.text[first + r];
                    where[r] = (size_t)(token_at(step, lengths[b], reversed) * B + b);
                    const number *input = inputs + 4 * (h * (rows ? (size_t)rows[where[r]] : where[r]) + unit);
                    sums[r][0] = add(read_numbers(input), bias_i), sums[r][1] = add(read_numbers(input + LANES), bias_f);
                    sums[r][2] = add(read_numbers(input + 2 * LANES), bias_g);
                    sums[r][3] = add(read_numbers(input + 3 * LANES), bias_o);
                }
                if (step) multiply(before + h * (size_t)first, h, packed + 4 * h * unit, h, sums);
                for (int64_t r = 0; r < count; r++) {
                    size_t own = h * (size_t)(first + r) + unit;
                    vector in = sigmoid(sums[r][0]), keep = sigmoid_to_keep(sums[r][1]), candidate = hyperbolic(sums[r][2]);
                    vector out = sigmoid(sums[r][3]), c = muladd(keep, read32(cell + own), mul(in, candidate));
                    vector s = mul(out, hyperbolic(c));
                    write32(cell + own, c);
                    write_numbers(after + own, s);
                    if (states) write_numbers(states + h * where[r] + unit, s);
                    if (gates) {
                        write_gates(gates + 4 * (h * where[r] + unit), in, keep, candidate, out);
                        OP(stream_ps)(cells + h * where[r] + unit, c);
                    }
                    if (pooled) {
                        write32(highest + own, larger(read32(highest + own), s));
                        write32(total + own, add(read32(total + own), s));
                    }
                }
            }
        }
    }
    _mm_sfence();
    for (int64_t b = 0; b < B && states; b++)
        for (int64_t t = lengths[b]; t < T; t++) memset(states + h * (size_t)(t * B + b), 0, h * sizeof(number));
    for (int64_t i = 0; i < B && pooled; i++) {
        int64_t b = order.text[i];
        const number *last = state[(lengths[b] + 1) & 1];
        for (size_t unit = 0; unit < h; unit += LANES) {
            size_t from = h * (size_t)i + unit, to = h * (size_t)b + unit;
            write32(pooled + to, lengths[b] ? read32(highest + from) : all(0.0f));
            write32(pooled + texts * h + to, read32(total + from));
            write32(pooled + 2 * texts * h + to, lengths[b] ? read_numbers(last + from) : all(0.0f));
        }
    }
done:
    free(order.text), free(order.present), free(packed), free(state[0]), free(state[1]), free(cell);
    free(highest), free(total);
    return trouble;
}

/* The gradient `changes` (T, B, 4H) of what enters the gates, and its sum `d_bias` (4H,) float32, of `d_states` (T, B, H).
 *
 * `gates` and `cells` are what `forward` wrote. Gives 0, or what is wrong.
 */
EXPORT int backward(const number *d_states, const number *gates, const float *cells, const int64_t *lengths,
                    const number *weight, number *changes, float *d_bias, int64_t T, int64_t B, int64_t H, int reversed) {
    size_t h = (size_t)H, texts = (size_t)B, room = (texts + ROWS) * h, wide = (h + 4 * LANES - 1) / (4 * LANES) * 4 * LANES;
    int64_t back = reversed ? B : -B; /* from a token to the one read before it */
    Order order = {0};
    number *packed = take(4 * h * wide * sizeof(number)), *change = take(4 * room * sizeof(number));
    float *d_cell = take(room * sizeof(float)), *d_state = take((texts + ROWS) * wide * sizeof(float));
    int trouble = order_texts(lengths, T, B, &order);
    if (!packed || !change || !d_cell || !d_state) trouble = NO_MEMORY;
    if (trouble) goto done;
    pack(weight, 1, h, h, 4 * h, packed);
    memset(change, 0, 4 * room * sizeof(number)), memset(d_cell, 0, room * sizeof(float));
    memset(d_state, 0, (texts + ROWS) * wide * sizeof(float)), memset(d_bias, 0, 4 * h * sizeof(float));
    for (int64_t step = T - 1; step >= 0; step--) {
        int64_t present = order.present[step];
        for (size_t unit = 0; unit < h; unit += LANES) {
            float *bias = d_bias + 4 * unit;
            vector sum_i = read32(bias), sum_f = read32(bias + LANES);
            vector sum_g = read32(bias + 2 * LANES), sum_o = read32(bias + 3 * LANES);
            for (int64_t i = 0; i < present; i++) {
                int64_t b = order.text[i];
                size_t at = (size_t)(token_at(step, lengths[b], reversed) * B + b), own = h * (size_t)i + unit;
                const number *gate = gates + 4 * (h * at + unit);
                const float *c = cells + h * at + unit;
                if (step) { /* what the step before has written, which is read next */
                    const char *line = (const char *)(gate + 4 * back * H);
                    for (size_t byte = 0; byte < 4 * LANES * sizeof(number); byte += 64) _mm_prefetch(line + byte, _MM_HINT_T1);
                    _mm_prefetch((const char *)(d_states + (int64_t)(h * at + unit) + back * H), _MM_HINT_T1);
                }
                vector in = read_numbers(gate), keep = read_numbers(gate + LANES);
                vector candidate = read_numbers(gate + 2 * LANES), out = read_numbers(gate + 3 * LANES);
                vector bounded = hyperbolic(read32(c)), one = all(1.0f);
                vector before = step ? read32(c + back * H) : all(0.0f);
                vector ds = add(read_numbers(d_states + h * at + unit), read32(d_state + wide * (size_t)i + unit));
                vector through = mul(ds, out);
                vector dc = add(read32(d_cell + own), sub(through, mul(through, mul(bounded, bounded))));
                vector d_out = mul(mul(ds, bounded), sub(out, mul(out, out)));
                vector d_in = mul(mul(dc, candidate), sub(in, mul(in, in)));
                vector d_keep = mul(mul(dc, before), sub(keep, mul(keep, keep)));
                vector d_candidate = mul(mul(dc, in), sub(one, mul(candidate, candidate)));
                write32(d_cell + own, mul(dc, keep));
                sum_i = add(sum_i, d_in), sum_f = add(sum_f, d_keep);
                sum_g = add(sum_g, d_candidate), sum_o = add(sum_o, d_out);
                number *near = change + 4 * own;
                write_numbers(near, d_in), write_numbers(near + LANES, d_keep);
                write_numbers(near + 2 * LANES, d_candidate), write_numbers(near + 3 * LANES, d_out);
                write_gates(changes + 4 * (h * at + unit), d_in, d_keep, d_candidate, d_out);
            }
            write32(bias, sum_i), write32(bias + LANES, sum_f);
            write32(bias + 2 * LANES, sum_g), write32(bias + 3 * LANES, sum_o);
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
    _mm_sfence();
    for (int64_t b = 0; b < B; b++)
        for (int64_t t = lengths[b]; t < T; t++) memset(changes + 4 * h * (size_t)(t * B + b), 0, 4 * h * sizeof(number));
done:
    free(order.text), free(order.present), free(packed), free(change), free(d_cell), free(d_state);
    return trouble;
}

/* `sums` (N, width): of each row the sum of `changes` (T, B, width) at the tokens that `rows` (T, B) says are its.
 *
 * `width` is a multiple of 4 * LANES. Added in float32, in the order of the tokens. Gives 0, or what is wrong.
 */
EXPORT int sum_rows(const number *changes, const int64_t *rows, const int64_t *lengths, number *sums, int64_t T, int64_t B,
                    int64_t N, int64_t width) {
    size_t w = (size_t)width;
    int64_t *start = calloc((size_t)N + 2, sizeof(int64_t)), *token = malloc(sizeof(int64_t) * (size_t)(T * B + 1));
    int trouble = start && token ? 0 : NO_MEMORY;
    if (trouble) goto done;
    for (int64_t t = 0; t < T; t++)
        for (int64_t b = 0; b < B; b++)
            if (t < lengths[b]) start[rows[t * B + b] + 2]++;
    for (int64_t n = 0; n < N; n++) start[n + 2] += start[n + 1];
    for (int64_t t = 0; t < T; t++)
        for (int64_t b = 0; b < B; b++)
            if (t < lengths[b]) token[start[rows[t * B + b] + 1]++] = t * B + b;
    for (int64_t n = 0; n < N; n++)
        for (size_t column = 0; column < w; column += 4 * LANES) {
            vector a = all(0.0f), b = a, c = a, d = a;
            for (int64_t i = start[n]; i < start[n + 1]; i++) {
                const number *one = changes + w * (size_t)token[i] + column;
                a = add(a, read_numbers(one)), b = add(b, read_numbers(one + LANES));
                c = add(c, read_numbers(one + 2 * LANES)), d = add(d, read_numbers(one + 3 * LANES));
            }
            number *sum = sums + w * (size_t)n + column;
            write_numbers(sum, a), write_numbers(sum + LANES, b);
            write_numbers(sum + 2 * LANES, c), write_numbers(sum + 3 * LANES, d);
        }
done:
    free(start), free(token);
    return trouble;
}

/* Number the different tokens of a batch: `rows` (T, B) says which of them a token is, 0 at padding.
 *
 * With `apart` those of one text are others than those of the next. `tokens` and `texts` (T * B) have, of each, its id
 * and the text that it was first met in. `ids` (T, B), below `vocabulary`. Gives their number, or less than 0: what is wrong.
 */
EXPORT int64_t number_tokens(const int64_t *ids, const int64_t *lengths, int64_t *rows, int64_t *tokens, int64_t *texts,
                             int64_t T, int64_t B, int64_t vocabulary, int apart) {
    int64_t *met = malloc(sizeof(int64_t) * (size_t)vocabulary), *row = malloc(sizeof(int64_t) * (size_t)vocabulary), n = 0;
    if (met && row) {
        memset(met, 0xff, sizeof(int64_t) * (size_t)vocabulary);
        for (int64_t b = 0; b < B; b++)
            for (int64_t t = 0; t < T; t++) {
                int64_t at = t * B + b, id = ids[at], mark = apart ? b : 0;
                rows[at] = 0;
                if (t >= lengths[b]) continue;
                if (id < 0 || id >= vocabulary) {
                    n = -NO_TOKEN;
                    goto done;
                }
                if (met[id] != mark) met[id] = mark, row[id] = n, tokens[n] = id, texts[n] = b, n++;
                rows[at] = row[id];
            }
    } else {
        n = -NO_MEMORY;
    }
done:
    free(met), free(row);
    return n;
}

EXPORT int64_t lanes(void) { return LANES; }

EXPORT const char *source(void) { return TEXTRNN_SOURCE; }
