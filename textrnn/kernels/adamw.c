/* A step of AdamW (Loshchilov & Hutter 2019) and the moving average of weights, in one walk through memory. */
#include "order.h"

typedef struct {
    float scale;             /* what the gradient is multiplied by: its clipping */
    float decay;             /* what a weight is multiplied by: 1 - rate * weight decay */
    float beta1, rest1;      /* and 1 - beta1 */
    float beta2, rest2;      /* and 1 - beta2 */
    float rate, correction;  /* rate / (1 - beta1^t); 1 / sqrt(1 - beta2^t) */
    float epsilon;
    float towards, stays;    /* how far the average moves, and 1 less that */
} Settings;

/* LANES weights; `odd` is NaN from the first one on that is not finite. */
INLINE void move(const float *gradient, float *weight, float *first, float *second, float *average, const Settings *s,
                 vector *odd) {
    vector g = mul(read32(gradient), all(s->scale));
    vector m = muladd(all(s->beta1), read32(first), mul(all(s->rest1), g));
    vector v = muladd(all(s->beta2), read32(second), mul(all(s->rest2), mul(g, g)));
    vector by = over(mul(all(s->rate), m), muladd(root(v), all(s->correction), all(s->epsilon)));
    vector w = sub(mul(read32(weight), all(s->decay)), by), a = read32(average);
    /* from the nearer end, as torch does: all the way it is the weight itself */
    a = s->stays < 0.5f ? sub(w, mul(all(s->stays), sub(w, a))) : muladd(all(s->towards), sub(w, a), a);
    write32(first, m), write32(second, v), write32(weight, w), write32(average, a);
    *odd = add(*odd, sub(w, w));
}

static int is_odd(vector x) {
    float each[LANES], sum = 0.0f;
    write32(each, x);
    for (size_t i = 0; i < LANES; i++) sum += each[i];
    return sum != sum;
}

INLINE void move_all(const float *gradient, float *weight, float *first, float *second, float *average, int64_t count,
                     const Settings *s, vector *odd) {
    int64_t i = 0, left = count % LANES;
    for (; i < count - left; i += LANES) move(gradient + i, weight + i, first + i, second + i, average + i, s, odd);
    if (left) { /* by the same instructions, so that it does not matter where weights are parted */
        float rest[5][LANES] = {{0}};
        float *from[5] = {(float *)gradient + i, weight + i, first + i, second + i, average + i};
        size_t bytes = (size_t)left * sizeof(float);
        for (size_t p = 0; p < 5; p++) memcpy(rest[p], from[p], bytes);
        move(rest[0], rest[1], rest[2], rest[3], rest[4], s, odd);
        for (size_t p = 1; p < 5; p++) memcpy(from[p], rest[p], bytes);
    }
}

/* `count` weights, their gradients, the averages of those and of their squares, and of themselves: all float32.
 *
 * Gives 1 where a weight is not finite afterwards, else 0. */
EXPORT int adamw(const float *gradient, float *weight, float *first, float *second, float *average, int64_t count,
                 const Settings *settings) {
    const Settings s = *settings;
    vector odd = all(0.0f);
    move_all(gradient, weight, first, second, average, count, &s, &odd);
    return is_odd(odd);
}

/* The same for the rows `start` to `stop` (each of `width`) of a table of which few have a gradient: `place` (V,) says
 * which row of `values` that is, or is below 0. Gives 1 or 0 as above, or -NO_MEMORY. */
EXPORT int adamw_rows(const float *values, const int32_t *place, float *weight, float *first, float *second, float *average,
                      int64_t start, int64_t stop, int64_t width, const Settings *settings) {
    const Settings s = *settings;
    float *none = calloc((size_t)width, sizeof(float));
    vector odd = all(0.0f);
    if (!none) return -NO_MEMORY;
    for (int64_t row = start; row < stop; row++) {
        int64_t at = row * width;
        const float *gradient = place[row] < 0 ? none : values + place[row] * width;
        move_all(gradient, weight + at, first + at, second + at, average + at, width, &s, &odd);
    }
    free(none);
    return is_odd(odd);
}

/* Of `values` (N, width), gradients of the rows `tokens` (N,) of a table of V: those of a row met before are added to the
 * first one's and become 0, as do those of the row `without`; `place` (V,) says which that is, or -1. Done twice it changes
 * nothing. */
EXPORT int merge_rows(const int64_t *tokens, float *values, int32_t *place, int64_t N, int64_t V, int64_t width,
                      int64_t without) {
    memset(place, 0xff, (size_t)V * sizeof(int32_t));
    for (int64_t n = 0; n < N; n++) {
        if (tokens[n] < 0 || tokens[n] >= V) return NO_TOKEN;
        if (tokens[n] == without) memset(values + n * width, 0, (size_t)width * sizeof(float));
        int32_t *at = place + tokens[n];
        if (*at < 0) {
            *at = (int32_t)n;
            continue;
        }
        float *own = values + n * width, *sum = values + *at * width;
        for (int64_t i = 0; i < width; i++) sum[i] += own[i], own[i] = 0.0f;
    }
    return 0;
}

/* The sum of the squares of `count` numbers. */
EXPORT double sum_of_squares(const float *numbers, int64_t count) {
    vector sums[4] = {all(0.0f), all(0.0f), all(0.0f), all(0.0f)};
    float each[LANES];
    double sum = 0.0;
    int64_t i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES)
        for (int64_t k = 0; k < 4; k++) {
            vector x = read32(numbers + i + k * LANES);
            sums[k] = muladd(x, x, sums[k]);
        }
    for (; i < count; i++) sum += (double)numbers[i] * numbers[i];
    for (size_t k = 0; k < 4; k++) {
        write32(each, sums[k]);
        for (size_t lane = 0; lane < LANES; lane++) sum += each[lane];
    }
    return sum;
}
