/* The different tokens of a batch: which they are, and the sums over equal ones. */
#include "order.h"

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
