/* The n-grams of texts that a linear model knows, and the sums of their weights. */
#include <stddef.h>

#include "order.h"

enum { NONE = -1, FEW = 48, DIGIT = 11, DIGITS = 1 << DIGIT };

/* One n-gram in a hash table: its code (below 0 in an empty slot), its place in its level, its column. */
typedef struct {
    int64_t code;
    int32_t place, column;
} Slot;

/* `_Level` in textrnn/linear/ngram_sums.py: the n-grams of one length, `count` of them. */
typedef struct {
    const int64_t *codes;   /* (count,) rising */
    const int64_t *columns; /* (count,) of the weights; below 0: too rare to have one */
    const int32_t *places;  /* (words,) of single words alone: the place of each, below 0 without one */
    Slot *slots;            /* (size,) of longer n-grams; or NULL: the codes are searched */
    int64_t count, words, size;
    uint64_t factor; /* odd, of the hash */
} Level;

/* What is known of the tokens of a text. */
typedef struct {
    int32_t *words, *starts; /* the place of the word, and of the n-gram that begins there; below 0 without one */
    int64_t *codes;          /* of the n-gram with one more word, below 0 where there is none */
    int32_t *columns, *spare;
} Tokens;

/* The slot where a code would stand, were it alone. */
INLINE Slot *slot_of(const Level *level, int64_t code) {
    uint64_t hash = ((uint64_t)code * level->factor) >> 32; /* Dietzfelbinger et al. 1997: universal, by a random factor */
    return level->slots + (hash * (uint64_t)level->size >> 32);
}

INLINE Slot *slot_after(const Level *level, const Slot *slot) {
    ptrdiff_t next = slot - level->slots + 1;
    return level->slots + (next == level->size ? 0 : next);
}

/* Write the n-grams into the `slots`, all empty and more than they are; only those with a column, if there `are_last`.
 * Gives 0.
 */
EXPORT int index_ngrams(const Level *level, int are_last) {
    for (int64_t i = 0; i < level->count; i++) {
        if (are_last && level->columns[i] < 0) continue;
        Slot *slot = slot_of(level, level->codes[i]);
        while (slot->code >= 0) slot = slot_after(level, slot);
        slot->code = level->codes[i], slot->place = (int32_t)i, slot->column = (int32_t)level->columns[i];
    }
    return 0;
}

/* Go on to the n-grams of a `level`, whose codes are in `at->codes` (N): their places into `at->starts`, and their columns
 * behind those `found` before. Gives the number of both.
 */
static int64_t find_in_slots(const Level *level, const Tokens *at, int64_t N, int64_t found) {
    for (int64_t t = 0; t < N; t++) {
        at->starts[t] = NONE;
        if (at->codes[t] < 0) continue;
        const Slot *slot = slot_of(level, at->codes[t]);
        while (slot->code >= 0 && slot->code != at->codes[t]) slot = slot_after(level, slot);
        if (slot->code < 0) continue;
        at->starts[t] = slot->place;
        at->columns[found] = slot->column;
        found += slot->column >= 0;
    }
    return found;
}

/* The same by a search of all codes. */
static int64_t find_by_search(const Level *level, const Tokens *at, int64_t N, int64_t found) {
    for (int64_t t = 0; t < N; t++) {
        int64_t low = 0;
        at->starts[t] = NONE;
        if (at->codes[t] < 0 || !level->count) continue;
        for (int64_t left = level->count; left > 1;) {
            int64_t half = left / 2;
            low += level->codes[low + half - 1] < at->codes[t] ? half : 0; /* no branch to guess */
            left -= half;
        }
        if (level->codes[low] != at->codes[t]) continue;
        at->starts[t] = (int32_t)low;
        at->columns[found] = (int32_t)level->columns[low];
        found += level->columns[low] >= 0;
    }
    return found;
}

/* Sort `values` (N), none below 0, by their digits; `spare` has as much room. */
static void sort(int32_t *values, int32_t *spare, int64_t N) {
    if (N <= FEW) {
        for (int64_t i = 1; i < N; i++) {
            int32_t value = values[i];
            int64_t at = i;
            for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1];
            values[at] = value;
        }
        return;
    }
    int32_t every = 0, *from = values, *to = spare;
    for (int64_t i = 0; i < N; i++) every |= values[i];
    for (int shift = 0; shift < 31 && every >> shift; shift += DIGIT) {
        uint32_t starts[DIGITS] = {0}, sum = 0;
        for (int64_t i = 0; i < N; i++) starts[from[i] >> shift & (DIGITS - 1)]++;
        for (int d = 0; d < DIGITS; d++) {
            uint32_t count = starts[d];
            starts[d] = sum;
            sum += count;
        }
        for (int64_t i = 0; i < N; i++) to[starts[from[i] >> shift & (DIGITS - 1)]++] = from[i];
        int32_t *other = from;
        from = to, to = other;
    }
    if (from != values) memcpy(values, from, sizeof(int32_t) * (size_t)N);
}

/* The columns of all n-grams of a text, in no order. Gives their number. */
static int64_t find_columns(const Level *levels, int64_t longest, const int32_t *row, int64_t N, const Tokens *at) {
    int64_t found = 0;
    for (int64_t t = 0; t < N; t++) {
        int32_t place = row[t] >= 0 && row[t] < levels[0].words ? levels[0].places[row[t]] : NONE;
        at->words[t] = at->starts[t] = place;
        at->columns[found] = place < 0 ? NONE : (int32_t)levels[0].columns[place];
        found += at->columns[found] >= 0;
    }
    for (int64_t n = 1; n < longest; n++) {
        const Level *level = levels + n;
        for (int64_t t = 0; t < N; t++) {
            int known = t + n < N && at->starts[t] >= 0 && at->words[t + n] >= 0;
            at->codes[t] = known ? at->starts[t] * levels[0].count + at->words[t + n] : NONE;
            if (level->slots) prefetch(slot_of(level, at->codes[t]));
        }
        found = level->slots ? find_in_slots(level, at, N, found) : find_by_search(level, at, N, found);
    }
    return found;
}

/* The n-grams of 1 to `longest` words that stand in each of N rows of token ids: the sum of their `weights` (F, C), each
 * n-gram once, into `sums` (N, C), how many they are into `counts` (N).
 *
 * Added in float64 from the lowest column to the highest. Row i is `flat[offsets[i]:offsets[i + 1]]`; no level nor F has
 * 2^31. Gives 0 or NO_MEMORY.
 */
EXPORT int sum_ngrams(const Level *levels, int64_t longest, const float *weights, int64_t C, const int32_t *flat,
                      const int64_t *offsets, int64_t N, double *sums, int64_t *counts) {
    size_t most = 1;
    for (int64_t i = 0; i < N; i++) {
        size_t length = (size_t)(offsets[i + 1] - offsets[i]);
        most = length > most ? length : most;
    }
    int64_t *memory = malloc(most * (sizeof(int64_t) + sizeof(int32_t) * (2 + 2 * (size_t)longest)));
    if (!memory) return NO_MEMORY;
    Tokens at = {.codes = memory, .words = (int32_t *)(memory + most)};
    at.starts = at.words + most, at.columns = at.starts + most, at.spare = at.columns + most * (size_t)longest;
    for (int64_t i = 0; i < N; i++, sums += C) {
        int64_t found = find_columns(levels, longest, flat + offsets[i], offsets[i + 1] - offsets[i], &at);
        sort(at.columns, at.spare, found);
        counts[i] = 0;
        for (int64_t c = 0; c < C; c++) sums[c] = 0;
        for (int64_t k = 0; k < found; k++) {
            if (k && at.columns[k] == at.columns[k - 1]) continue;
            counts[i]++;
            for (int64_t c = 0; c < C; c++) sums[c] += (double)weights[at.columns[k] * C + c];
        }
    }
    free(memory);
    return 0;
}
