/* Pooling as the states come: the highest, the mean and the last of a text's states, and what they give back.
 *
 * Texts stand by their places in the order of lengths while they are read, and in their own order outside.
 */
#ifndef TEXTRNN_POOLING_H
#define TEXTRNN_POOLING_H

#include "order.h"

typedef struct {
    float *highest, *times, *total; /* (B, H), by place: times is how many states are the highest */
} Pool;

static int begin_pool(Pool *pool, size_t room) {
    pool->highest = take(room * sizeof(float)), pool->times = take(room * sizeof(float));
    pool->total = take(room * sizeof(float));
    if (!pool->highest || !pool->times || !pool->total) return NO_MEMORY;
    for (size_t i = 0; i < room; i++) pool->highest[i] = -INFINITY;
    memset(pool->times, 0, room * sizeof(float)), memset(pool->total, 0, room * sizeof(float));
    return 0;
}

static void free_pool(Pool *pool) { release(pool->highest), release(pool->times), release(pool->total); }

INLINE void pool_state(Pool *pool, size_t own, vector s) {
    vector highest = read32(pool->highest + own), times = read32(pool->times + own), one = all(1.0f);
    truth more = above_or_odd(s, highest), equal = same(s, highest);
    write32(pool->highest + own, choose(more, s, highest));
    write32(pool->times + own, choose(more, one, choose(equal, add(times, one), times)));
    write32(pool->total + own, add(read32(pool->total + own), s));
}

/* Into `pooled` (4, B, H): highest, mean, last, times; zeros for a text without tokens. `state` are the last two steps. */
static void end_pool(const Pool *pool, number *const state[2], const Order *order, const int64_t *lengths, float *pooled,
                     int64_t B, size_t h) {
    size_t each = (size_t)B * h;
    for (int64_t i = 0; i < B; i++) {
        int64_t b = order->text[i], length = lengths[b];
        const number *last = state[(length + 1) & 1];
        for (size_t unit = 0; unit < h; unit += LANES) {
            size_t from = h * (size_t)i + unit, to = h * (size_t)b + unit;
            vector none = all(0.0f), by = all(length ? 1.0f / (float)length : 0.0f);
            write32(pooled + to, length ? read32(pool->highest + from) : none);
            write32(pooled + each + to, mul(read32(pool->total + from), by));
            write32(pooled + 2 * each + to, length ? read_numbers(last + from) : none);
            write32(pooled + 3 * each + to, read32(pool->times + from));
        }
    }
}

typedef struct {
    float *highest, *to_highest, *to_all; /* (B, H), by place: where a state is the highest, it gets to_highest too */
} Spread;

/* From `pooled` (4, B, H) and its gradient (3, B, H): what each state gets; the last one's goes to `d_state`. */
static int begin_spread(Spread *spread, const float *pooled, const float *d_pooled, const Order *order,
                        const int64_t *lengths, int64_t B, size_t h, float *d_state, size_t wide) {
    size_t each = (size_t)B * h, bytes = (each + LANES) * sizeof(float);
    spread->highest = take(bytes), spread->to_highest = take(bytes), spread->to_all = take(bytes);
    if (!spread->highest || !spread->to_highest || !spread->to_all) return NO_MEMORY;
    for (int64_t i = 0; i < B; i++) {
        int64_t b = order->text[i], length = lengths[b];
        for (size_t unit = 0; unit < h && length; unit += LANES) {
            size_t to = h * (size_t)i + unit, from = h * (size_t)b + unit;
            vector times = larger(all(1.0f), read32(pooled + 3 * each + from));
            write32(spread->highest + to, read32(pooled + from));
            write32(spread->to_highest + to, over(read32(d_pooled + from), times));
            write32(spread->to_all + to, mul(read32(d_pooled + each + from), all(1.0f / (float)length)));
            write32(d_state + wide * (size_t)i + unit, read32(d_pooled + 2 * each + from));
        }
    }
    return 0;
}

static void free_spread(Spread *spread) {
    release(spread->highest), release(spread->to_highest), release(spread->to_all);
}

INLINE vector spread_to(const Spread *spread, size_t own, vector s) {
    vector to_all = read32(spread->to_all + own);
    truth highest = same(s, read32(spread->highest + own));
    return choose(highest, add(to_all, read32(spread->to_highest + own)), to_all);
}

#endif
