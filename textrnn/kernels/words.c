/* Texts -> token ids, by whole words or by characters, in one pass over UTF-8.
 *
 * What becomes of a code point stands in a table that `textrnn/text/code_points.py` fills: this file knows no Unicode.
 */
#include "order.h"

/* An entry of that table: a code point (or a place in `several`), its kind, whether it is such a place, its combining
 * class. 0: not filled in. */
enum { FOREIGN, WORD, ALONE, SPACE };
#define CODE_POINT(entry) ((entry) & 0x1fffffu)
#define KIND(entry) ((entry) >> 21 & 3)
#define IS_SEVERAL(entry) ((entry) >> 23 & 1)
#define COMBINING_CLASS(entry) ((entry) >> 24)

/* How much of an HTML break was read: "<", "b", "r" with up to 9 spaces, "/". */
enum { NO_BREAK, AFTER_LESS, AFTER_B, AFTER_R, AFTER_SLASH = AFTER_R + 10 };

enum { ENCODED, FOR_THE_LIBRARY, NOT_FILLED_IN };
#define PADDING 12 /* bytes after a word that may be written: a character in UTF-8, then zeros */

/* `_Table` in textrnn/text/word_encoder.py. */
typedef struct {
    const uint32_t *code_points; /* (0x110000,) entries */
    const uint32_t *several;     /* how many entries, then these; and so on */
    const uint8_t *bytes;        /* the tokens in UTF-8, one after another */
    const int64_t *ends;         /* (tokens + 1,) where each ends, from 0 */
    uint32_t *slots;             /* (size, 2) the upper half of a hash, an id + 1; 0 where there is none */
    int64_t size;                /* a power of 2, more than there are tokens */
    uint64_t seed;               /* of the hashes */
    int64_t longest;             /* bytes of the longest token */
    int64_t unknown;             /* the id of anything that is not a token */
    int64_t by_character;        /* whether each character is a word */
} WordTable;

/* What is known in the middle of a text. */
typedef struct {
    uint8_t *word;  /* so far, in UTF-8, as far as a token may go */
    int64_t length; /* of it, in bytes, kept or not */
    int32_t *ids;
    int64_t count;      /* of the ids */
    int64_t before;     /* how many there were before a break that may have begun */
    uint32_t opened;    /* how much of that was read */
    uint32_t combining; /* the class of the last code point */
} State;

/* The hash of a word that 8 zeros follow. */
INLINE uint64_t hash_of(const uint8_t *word, int64_t length, uint64_t seed) {
    uint64_t hash = seed ^ (uint64_t)length, part;
    for (int64_t at = 0; at < length; at += 8) {
        memcpy(&part, word + at, 8);
        hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    hash *= 0xff51afd7ed558ccdu; /* as the finalizer of MurmurHash3 does (Appleby 2011, public domain) */
    return hash ^ hash >> 29;
}

/* The slot of a word that 8 zeros follow: its own, or the empty one where it would stand. */
INLINE uint32_t *slot_of(const WordTable *table, const uint8_t *word, int64_t length, uint32_t *upper) {
    uint64_t place = hash_of(word, length, table->seed);
    *upper = (uint32_t)(place >> 32);
    for (;; place++) {
        uint32_t *slot = table->slots + 2 * (place & (uint64_t)(table->size - 1));
        if (!slot[1]) return slot;
        if (slot[0] != *upper) continue;
        int64_t start = table->ends[slot[1] - 1];
        if (table->ends[slot[1]] - start == length && !memcmp(table->bytes + start, word, (size_t)length)) return slot;
    }
}

/* Write the N tokens, no two alike, into the `slots`, all 0. Gives 0 or NO_MEMORY. */
EXPORT int index_tokens(const WordTable *table, int64_t N) {
    uint8_t *word = malloc((size_t)table->longest + PADDING);
    if (!word) return NO_MEMORY;
    for (int64_t id = 0; id < N; id++) {
        int64_t start = table->ends[id], length = table->ends[id + 1] - start;
        uint32_t upper, *slot;
        memcpy(word, table->bytes + start, (size_t)length), memset(word + length, 0, 8);
        slot = slot_of(table, word, length, &upper);
        slot[0] = upper, slot[1] = (uint32_t)id + 1;
    }
    free(word);
    return 0;
}

/* The id of the word that ends here, if there is one. */
INLINE void end_word(const WordTable *table, State *state) {
    if (!state->length) return;
    int64_t id = table->unknown;
    if (state->length <= table->longest) {
        uint32_t upper, *slot;
        memset(state->word + state->length, 0, 8);
        slot = slot_of(table, state->word, state->length, &upper);
        if (slot[1]) id = (int64_t)slot[1] - 1;
    }
    state->ids[state->count++] = (int32_t)id;
    state->length = 0;
}

/* Write a code point in UTF-8 at the end of the word. */
INLINE void extend_ngrams(const WordTable *table, State *state, uint32_t point) {
    uint8_t *at = state->word + state->length;
    int fits = state->length <= table->longest; /* what is longer is no token, whatever its end */
    if (point < 0x80) {
        if (fits) at[0] = (uint8_t)point;
        state->length += 1;
    } else if (point < 0x800) {
        if (fits) at[0] = (uint8_t)(0xc0 | point >> 6), at[1] = (uint8_t)(0x80 | (point & 0x3f));
        state->length += 2;
    } else if (point < 0x10000) {
        if (fits) at[0] = (uint8_t)(0xe0 | point >> 12), at[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        if (fits) at[2] = (uint8_t)(0x80 | (point & 0x3f));
        state->length += 3;
    } else {
        if (fits) at[0] = (uint8_t)(0xf0 | point >> 18), at[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
        if (fits) at[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f)), at[3] = (uint8_t)(0x80 | (point & 0x3f));
        state->length += 4;
    }
}

/* How much of a break was read after one more code point, AFTER_SLASH + 1 where it ends here. */
INLINE uint32_t go_on(uint32_t opened, uint32_t point, uint32_t kind) {
    if (opened == AFTER_LESS) return (point | 0x20) == 'b' ? AFTER_B : NO_BREAK;
    if (opened == AFTER_B) return (point | 0x20) == 'r' ? AFTER_R : NO_BREAK;
    if (point == '>') return AFTER_SLASH + 1;
    if (opened == AFTER_SLASH) return NO_BREAK;
    if (point == '/') return AFTER_SLASH;
    return kind == SPACE && opened + 1 < AFTER_SLASH ? opened + 1 : NO_BREAK;
}

/* Take one entry of the table. Gives ENCODED, or FOR_THE_LIBRARY where marks do not stand in their order. */
INLINE int take_entry(const WordTable *table, State *state, uint32_t entry) {
    uint32_t point = CODE_POINT(entry), kind = KIND(entry), combining = COMBINING_CLASS(entry);
    if (combining && combining < state->combining) return FOR_THE_LIBRARY;
    state->combining = combining;
    if (state->opened) {
        state->opened = go_on(state->opened, point, kind);
        if (state->opened > AFTER_SLASH) { /* a space stands for all of it */
            state->count = state->before, state->length = 0, state->opened = NO_BREAK;
            return ENCODED;
        }
    }
    if (kind == WORD && !table->by_character) {
        extend_ngrams(table, state, point);
        return ENCODED;
    }
    end_word(table, state);
    if (kind == SPACE) return ENCODED;
    if (point == '<') state->before = state->count, state->opened = AFTER_LESS;
    extend_ngrams(table, state, point);
    end_word(table, state);
    return ENCODED;
}

INLINE int64_t bytes_of(uint8_t first) { return 1 + (first >= 0xc0) + (first >= 0xe0) + (first >= 0xf0); }

/* The code point at `at`, which has so many bytes. */
INLINE uint32_t decode(const uint8_t *at, int64_t bytes) {
    if (bytes == 1) return at[0];
    if (bytes == 2) return (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
    if (bytes == 3) return (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
    return (at[0] & 7u) << 18 | (at[1] & 0x3fu) << 12 | (at[2] & 0x3fu) << 6 | (at[3] & 0x3fu);
}

/* One text of so many `characters`, whose bytes begin at `*text` and end before `end`. Gives what became of it. */
INLINE int encode_text(const WordTable *table, State *outside, const uint8_t **text, const uint8_t *end,
                       int64_t characters, uint32_t *point) {
    State state = *outside;
    const uint8_t *at = *text;
    int found = ENCODED;
    for (; characters > 0 && found == ENCODED; characters--) {
        int64_t bytes = at < end ? bytes_of(*at) : 1;
        if (bytes > end - at || (*point = decode(at, bytes)) > 0x10ffff) {
            found = FOR_THE_LIBRARY; /* no UTF-8 of so many characters */
            break;
        }
        at += bytes;
        uint32_t entry = table->code_points[*point];
        if (KIND(entry) == FOREIGN) {
            found = entry ? FOR_THE_LIBRARY : NOT_FILLED_IN;
        } else if (IS_SEVERAL(entry)) {
            const uint32_t *several = table->several + CODE_POINT(entry);
            for (uint32_t i = 1; i <= several[0] && found == ENCODED; i++) found = take_entry(table, &state, several[i]);
        } else {
            found = take_entry(table, &state, entry);
        }
    }
    for (; characters > 0 && at < end; characters--) at += MIN(bytes_of(*at), end - at);
    if (found == ENCODED) end_word(table, &state), outside->count = state.count;
    *text = at;
    return found;
}

/* The ids of N texts in UTF-8, `size` bytes with no gaps, text i of `characters[i]`: row i ends at `ends[i + 1]` of `ids`
 * (2 * size), the first at `ends[0]`. A text that the tokenizers' library has to encode gives none and 1 in `left_out`.
 *
 * `place` (3,): the text and the byte to begin with. It is where the work stopped: with text N, or at a text with a code
 * point, place[2], whose entry is to be filled in. Gives 0 or NO_MEMORY.
 */
EXPORT int encode_words(const WordTable *table, const uint8_t *texts, int64_t size, const int64_t *characters, int64_t N,
                        int32_t *ids, int64_t *ends, uint8_t *left_out, int64_t *place) {
    State state = {.word = malloc((size_t)table->longest + PADDING), .ids = ids, .count = ends[place[0]]};
    if (!state.word) return NO_MEMORY;
    for (; place[0] < N; place[0]++) {
        const uint8_t *at = texts + place[1];
        uint32_t point = 0;
        int found = encode_text(table, &state, &at, texts + size, characters[place[0]], &point);
        if (found == NOT_FILLED_IN) {
            place[2] = point;
            break;
        }
        left_out[place[0]] = found == FOR_THE_LIBRARY;
        ends[place[0] + 1] = state.count;
        place[1] = at - texts;
    }
    free(state.word);
    return 0;
}
