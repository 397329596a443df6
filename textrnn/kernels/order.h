/* The texts of a batch by length, memory for a call, and what may be wrong. */
#ifndef TEXTRNN_ORDER_H
#define TEXTRNN_ORDER_H

#include <stdlib.h>
#include <string.h>

#include "simd.h"

#if defined(_WIN32)
#include <malloc.h>
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define NO_MEMORY 1
#define NO_LENGTH 2 /* one below 0 or above T */
#define NO_TOKEN 3 /* one below 0 or not below the vocabulary's size */
#define MIN(a, b) ((a) < (b) ? (a) : (b))

typedef struct {
    int64_t *text;    /* (B,) which text is at a place: the longest first */
    int64_t *present; /* (T,) how many texts have a token at each step */
} Order;

/* Memory that begins on a line of the cache; `release` gives it back. */
#if defined(_WIN32)
SHARED void *take(size_t bytes) { return _aligned_malloc(bytes, 64); }
SHARED void release(void *memory) { _aligned_free(memory); }
#else
SHARED void *take(size_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }
SHARED void release(void *memory) { free(memory); }
#endif

/* Texts by length, the longest first and equal ones as they come, by counting. Gives 0, NO_MEMORY or NO_LENGTH. */
SHARED int order_texts(const int64_t *lengths, int64_t T, int64_t B, Order *order) {
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

SHARED void free_order(Order *order) { free(order->text), free(order->present); }

INLINE int64_t token_at(int64_t step, int64_t length, int reversed) { return reversed ? length - 1 - step : step; }

#endif
