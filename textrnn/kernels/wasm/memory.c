/* What C asks of a system, for WebAssembly, where there is none: memory, and moving it. */
#include "order.h"

/* Each block is 64 * 2^n bytes, on a line of the cache; before it stands n. Those given back wait, a list for each n. */
#define LINE 64u
#define LARGEST 25u /* 2 GB */
#define PAGE 65536u

typedef struct Block {
    struct Block *next;
} Block;

extern uint8_t __heap_base;
static Block *waiting[LARGEST + 1];
static size_t free_from, free_end;

static void *take_new(size_t bytes) {
    if (!free_from) free_from = ((size_t)&__heap_base + LINE - 1) / LINE * LINE, free_end = __builtin_wasm_memory_size(0) * PAGE;
    size_t needed = bytes + LINE, room = free_end - free_from;
    if (room < needed) {
        size_t pages = (needed - room + PAGE - 1) / PAGE;
        if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return NULL;
        free_end += pages * PAGE;
    }
    free_from += needed;
    return (void *)(free_from - bytes);
}

EXPORT void *malloc(size_t bytes) {
    uint32_t n = 0;
    while (n <= LARGEST && LINE << n < bytes) n++;
    if (n > LARGEST) return NULL;
    void *found = waiting[n] ? (void *)waiting[n] : take_new(LINE << n);
    if (!found) return NULL;
    if (waiting[n]) waiting[n] = waiting[n]->next;
    ((uint32_t *)found)[-1] = n;
    return found;
}

EXPORT void free(void *memory) {
    if (!memory) return;
    uint32_t n = ((uint32_t *)memory)[-1];
    ((Block *)memory)->next = waiting[n];
    waiting[n] = memory;
}

void *aligned_alloc(size_t line, size_t bytes) { return line <= LINE ? malloc(bytes) : NULL; }

void *calloc(size_t count, size_t size) {
    void *memory = malloc(count * size);
    return memory ? memset(memory, 0, count * size) : NULL;
}

/* Loops that the compiler must not make calls of themselves. */
#define AS_WRITTEN __attribute__((no_builtin))

AS_WRITTEN void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
    uint8_t *t = to;
    const uint8_t *f = from;
    while (bytes--) *t++ = *f++;
    return to;
}

AS_WRITTEN void *memset(void *to, int byte, size_t bytes) {
    uint8_t *t = to;
    while (bytes--) *t++ = (uint8_t)byte;
    return to;
}

AS_WRITTEN int memcmp(const void *one, const void *other, size_t bytes) {
    const uint8_t *a = one, *b = other;
    for (size_t i = 0; i < bytes; i++)
        if (a[i] != b[i]) return a[i] - b[i];
    return 0;
}

EXPORT const char *source(void) { return TEXTRNN_SOURCE; }
EXPORT int lanes(void) { return LANES; }
