/* A step of AdamW (Loshchilov & Hutter 2019) and the moving average of weights, in one walk through memory. */
#include "order.h"

typedef struct {
    float scale;             /* what the gradient is multiplied by: its clipping */
    float decay;             /* what a weight is multiplied by: 1 - rate * weight decay */
    float beta1, rest1;      /* and 1 - beta1 */
    float beta2, rest2;      /* and 1 - beta2 */
    float rate, correction;  /* rate / (1 - beta1^t); 1 / sqrt(1 - beta2^t) */
    float epsilon, towards;  /* and how far the average moves */
} Settings;

/* LANES weights; `odd` is NaN from the first one on that is not finite. */
INLINE void move(const float *gradient, float *weight, float *first, float *second, float *average, const Settings *s,
                 vector *odd) {
    vector g = mul(read32(gradient), all(s->scale));
    vector m = muladd(all(s->beta1), read32(first), mul(all(s->rest1), g));
    vector v = muladd(all(s->beta2), read32(second), mul(all(s->rest2), mul(g, g)));
    vector by = over(mul(all(s->rate), m), muladd(root(v), all(s->correction), all(s->epsilon)));
    vector w = sub(mul(read32(weight), all(s->decay)), by), a = read32(average);
    write32(first, m), write32(second, v), write32(weight, w), write32(average, muladd(all(s->towards), sub(w, a), a));
    *odd = add(*odd, sub(w, w));
}

static int is_odd(vector x) {
    float each[LANES], sum = 0.0f;
    write32(each, x);
    for (size_t i = 0; i < LANES; i++) sum += each[i];
    return sum != sum;
}

/* `count` weights, their gradients, the averages of those and of their squares, and of themselves: all float32.
 *
 * Gives 1 where a weight is not finite afterwards, else 0. */
EXPORT int adamw(const float *gradient, float *weight, float *first, float *second, float *average, int64_t count,
                 const Settings *settings) {
    const Settings s = *settings;
    vector odd = all(0.0f);
    int64_t i = 0, left = count % LANES;
    for (; i < count - left; i += LANES) move(gradient + i, weight + i, first + i, second + i, average + i, &s, &odd);
    if (left) { /* by the same instructions, so that it does not matter where weights are parted */
        float rest[5][LANES] = {{0}};
        float *from[5] = {(float *)gradient + i, weight + i, first + i, second + i, average + i};
        size_t bytes = (size_t)left * sizeof(float);
        for (size_t p = 0; p < 5; p++) memcpy(rest[p], from[p], bytes);
        move(rest[0], rest[1], rest[2], rest[3], rest[4], &s, &odd);
        for (size_t p = 1; p < 5; p++) memcpy(from[p], rest[p], bytes);
    }
    return is_odd(odd);
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
