/* Runs the kernels that it is linked with over the cases of a file (tests/kernel_cases.py), and compares what they write.
 *
 *     check FILE
 *
 * Says which cases fail, at which number; else how many there were, and a digest of all bits that were written. What is
 * written lies between guards that must stay as they are; with a sanitizer of addresses, at the end of its memory.
 */
#define _POSIX_C_SOURCE 200112L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(TEXTRNN_BFLOAT16)
typedef uint16_t number;
#else
typedef float number;
#endif

int forward(int, const number *, const int64_t *, const int64_t *, const float *, const number *, number *, number *,
            float *, float *, int64_t, int64_t, int64_t, int);
int backward(int, const number *, const float *, const float *, const number *, const number *, const float *,
             const int64_t *, const number *, number *, float *, int64_t, int64_t, int64_t, int);
int scan(const number *, const int64_t *, const int64_t *, const float *, number *, float *, float *, int64_t, int64_t,
         int64_t, int);
int scan_back(const number *, const int64_t *, const int64_t *, const float *, const number *, const float *, const float *,
              const float *, number *, float *, int64_t, int64_t, int64_t, int64_t, int);
int sum_rows(const number *, const int64_t *, const int64_t *, number *, int64_t, int64_t, int64_t, int64_t);
int64_t number_tokens(const int64_t *, const int64_t *, int64_t *, int64_t *, int64_t *, int64_t, int64_t, int64_t, int);
int adamw(const float *, float *, float *, float *, float *, int64_t, const void *);
int adamw_rows(const float *, const int32_t *, float *, float *, float *, float *, int64_t, int64_t, int64_t, const void *);
int merge_rows(const int64_t *, float *, int32_t *, int64_t, int64_t, int64_t, int64_t);
double sum_of_squares(const float *, int64_t);
int read_texts(int, const float *, int64_t, const int32_t *, const int64_t *, const int64_t *, const int64_t *, const float *,
               float *, int64_t, float *, int64_t, int64_t, int);
int64_t packed_size(int64_t, int64_t);
void pack_rows(const float *, float *, int64_t, int64_t);
int multiply_rows(const float *, const int64_t *, const float *, const float *, float *, int64_t, int64_t, int64_t);
int index_ngrams(const void *, int);
int sum_ngrams(const void *, int64_t, const float *, int64_t, const int32_t *, const int64_t *, int64_t, double *, int64_t *);
int index_tokens(const void *, int64_t);
int encode_words(const void *, const uint8_t *, int64_t, const int64_t *, int64_t, int32_t *, int64_t *, uint8_t *,
                 int64_t *);
int64_t lanes(void);

/* As textrnn/kernels/ngrams.c and words.c have them. */
typedef struct {
    const int64_t *codes, *columns;
    const int32_t *places;
    void *slots;
    int64_t count, words, size;
    uint64_t factor;
} Level;

typedef struct {
    const uint32_t *code_points, *several;
    const uint8_t *bytes;
    const int64_t *ends;
    uint32_t *slots;
    int64_t size;
    uint64_t seed;
    int64_t longest, unknown, by_character;
} WordTable;

#define MAGIC 0x74657874726e6e31
#define MOST 24 /* arguments of a call */
#define GUARD 64
#define MARK 0x5a
#define ANYTHING 3e38 /* what is wanted above it, but for infinity: any number */

enum { NUMBER, FLOAT, LONG, INT, DOUBLE, BYTE };

typedef struct {
    void *at; /* an array, or NULL */
    int64_t whole, kind, count, written;
    double off;
    void *memory, *wanted;
} Argument;

static FILE *file;
static uint64_t digest = 14695981039346656037u;

static void stop(const char *why) {
    fprintf(stderr, "check: %s\n", why);
    exit(2);
}

static void read_bytes(void *to, size_t bytes) {
    if (bytes && fread(to, bytes, 1, file) != 1) stop("the file of cases ends too early");
}

static int64_t read_whole(void) {
    int64_t whole;
    read_bytes(&whole, sizeof whole);
    return whole;
}

static size_t size_of(int64_t kind) {
    if (kind == LONG || kind == DOUBLE) return 8;
    return kind == BYTE ? 1 : kind == NUMBER ? sizeof(number) : 4;
}

static int64_t kind_wanted(int64_t kind) { return kind == NUMBER ? FLOAT : kind; }

static Argument read_argument(void) {
    Argument a = {0};
    int64_t is = read_whole();
    if (is < 2) {
        a.whole = read_whole();
        return a;
    }
    a.kind = read_whole(), a.count = read_whole(), a.written = read_whole();
    (void)read_whole();
    read_bytes(&a.off, sizeof a.off);
    size_t bytes = (size_t)a.count * size_of(a.kind), guard = GUARD;
#if defined(SANITIZED)
    guard = 0;
#endif
    if (posix_memalign(&a.memory, 64, bytes + 2 * guard + (bytes + guard ? 0 : 1))) stop("out of memory");
    memset(a.memory, MARK, guard), memset((char *)a.memory + guard + bytes, MARK, guard);
    a.at = (char *)a.memory + guard;
    read_bytes(a.at, bytes);
    if (a.written) {
        size_t each = size_of(kind_wanted(a.kind));
        a.wanted = malloc((size_t)a.count * each + 1);
        if (!a.wanted) stop("out of memory");
        read_bytes(a.wanted, (size_t)a.count * each);
    }
    return a;
}

#define P(i) a[i].at
#define N(i) a[i].whole
#define I(i) (int)a[i].whole

static void *take(size_t bytes) {
    void *memory;
    if (posix_memalign(&memory, 64, bytes + 64)) stop("out of memory");
    return memory;
}

#if !defined(TEXTRNN_BFLOAT16)
/* The weight (rows, depth), or NULL, as the kernels read it. */
static float *packed(const float *weight, int64_t rows, int64_t depth) {
    if (!weight) return NULL;
    float *numbers = take(sizeof(float) * (size_t)packed_size(rows, depth));
    pack_rows(weight, numbers, rows, depth);
    return numbers;
}

static int call_read_texts(const Argument *a) {
    float *weight = packed(P(7), 4 * N(12), N(12));
    int found = read_texts(I(0), P(1), N(2), P(3), P(4), P(5), P(6), weight, P(8), N(9), P(10), N(11), N(12), I(13));
    free(weight);
    return found;
}

static int call_multiply_rows(const Argument *a) {
    float *weight = packed(P(2), N(7), N(6));
    int found = multiply_rows(P(0), P(1), weight, P(3), P(4), N(5), N(6), N(7));
    free(weight);
    return found;
}
#endif

/* Arguments: whether there are hash tables, how many levels; weights, C, tokens, offsets, N, sums, counts; places, words;
 * of each level codes and columns. */
static int call_sum_ngrams(const Argument *a) {
    Level levels[8] = {{0}};
    for (int64_t n = 0; n < N(1); n++) {
        Level *level = levels + n;
        const Argument *own = a + 11 + 2 * n;
        level->codes = own[0].at, level->columns = own[1].at, level->count = own[0].count;
        if (n == 0) level->places = P(9), level->words = N(10);
        if (n == 0 || !N(0)) continue;
        level->size = 1 + level->count * 3 / 2, level->factor = 0x9e3779b97f4a7c15u;
        level->slots = take((size_t)level->size * 16);
        memset(level->slots, 0xff, (size_t)level->size * 16);
        if (index_ngrams(level, n + 1 == N(1))) stop("no n-grams");
    }
    int found = sum_ngrams(levels, N(1), P(2), N(3), P(4), P(5), N(6), P(7), P(8));
    for (int n = 0; n < 8; n++) free(levels[n].slots);
    return found;
}

/* Arguments: code points, several, bytes, ends; longest, unknown, by_character; texts, characters, N, ids, ends, left out,
 * place. */
static int call_encode_words(const Argument *a) {
    int64_t tokens = a[3].count - 1;
    WordTable table = {.code_points = P(0), .several = P(1), .bytes = P(2), .ends = P(3), .size = 1, .seed = 0x5bd1e995u};
    table.longest = N(4), table.unknown = N(5), table.by_character = N(6);
    while (table.size <= tokens) table.size *= 2;
    table.slots = take((size_t)table.size * 8);
    memset(table.slots, 0, (size_t)table.size * 8);
    if (index_tokens(&table, tokens)) stop("no tokens");
    int found = encode_words(&table, P(7), a[7].count, P(8), N(9), P(10), P(11), P(12), P(13));
    free(table.slots);
    return found;
}

static double call(int64_t function, const Argument *a) {
    switch (function) {
    case 0:
        return forward(I(0), P(1), P(2), P(3), P(4), P(5), P(6), P(7), P(8), P(9), N(10), N(11), N(12), I(13));
    case 1:
        return backward(I(0), P(1), P(2), P(3), P(4), P(5), P(6), P(7), P(8), P(9), P(10), N(11), N(12), N(13), I(14));
    case 2: return scan(P(0), P(1), P(2), P(3), P(4), P(5), P(6), N(7), N(8), N(9), I(10));
    case 3:
        return scan_back(P(0), P(1), P(2), P(3), P(4), P(5), P(6), P(7), P(8), P(9), N(10), N(11), N(12), N(13), I(14));
    case 4: return sum_rows(P(0), P(1), P(2), P(3), N(4), N(5), N(6), N(7));
    case 5: return (double)number_tokens(P(0), P(1), P(2), P(3), P(4), N(5), N(6), N(7), I(8));
    case 6: return adamw(P(0), P(1), P(2), P(3), P(4), N(5), P(6));
    case 7: return adamw_rows(P(0), P(1), P(2), P(3), P(4), P(5), N(6), N(7), N(8), P(9));
    case 8: return merge_rows(P(0), P(1), P(2), N(3), N(4), N(5), N(6));
    case 9: return sum_of_squares(P(0), N(1));
#if !defined(TEXTRNN_BFLOAT16)
    case 10: return call_read_texts(a);
    case 11: return call_multiply_rows(a);
#endif
    case 12: return call_sum_ngrams(a);
    case 13: return call_encode_words(a);
    default: stop("a function that is not known");
    }
    return 0;
}

static double at(const void *values, int64_t kind, int64_t i) {
    if (kind == LONG) return (double)((const int64_t *)values)[i];
    if (kind == INT) return ((const int32_t *)values)[i];
    if (kind == DOUBLE) return ((const double *)values)[i];
    if (kind == BYTE) return ((const uint8_t *)values)[i];
    if (kind == FLOAT || sizeof(number) == 4) return ((const float *)values)[i];
    uint32_t bits = (uint32_t)((const uint16_t *)values)[i] << 16;
    float wide;
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

static int close_to(double found, double wanted, double off) {
    if (found == wanted || (isnan(found) && isnan(wanted)) || (wanted > ANYTHING && !isnan(found) && wanted < INFINITY)) return 1;
    return fabs(found - wanted) <= off * fmax(1.0, fabs(wanted));
}

static void add_to_digest(double x) {
    uint64_t bits = 1; /* of any NaN: processors differ in which they make */
    if (!isnan(x)) memcpy(&bits, &x, sizeof bits);
    digest = (digest ^ bits) * 1099511628211u;
    digest ^= digest >> 29;
}

/* Whether nothing was written beside an array. */
static int is_guarded(const Argument *a) {
#if !defined(SANITIZED)
    const unsigned char *all = a->memory, *end = (const unsigned char *)a->at + (size_t)a->count * size_of(a->kind);
    for (size_t i = 0; i < GUARD; i++)
        if (all[i] != MARK || end[i] != MARK) return 0;
#else
    (void)a; /* the sanitizer sees it */
#endif
    return 1;
}

/* Whether what was written is what was wanted, and nothing else. */
static int is_right(const Argument *a, const char *name, int place) {
    if (!is_guarded(a)) return printf("%s: argument %d: written outside it\n", name, place), 0;
    for (int64_t i = 0; a->written && i < a->count; i++) {
        double found = at(a->at, a->kind, i), wanted = at(a->wanted, kind_wanted(a->kind), i);
        add_to_digest(found);
        if (close_to(found, wanted, a->off)) continue;
        printf("%s: argument %d, number %lld: %.9g, expected %.9g\n", name, place, (long long)i, found, wanted);
        return 0;
    }
    return 1;
}

int main(int count, char **words) {
    if (count != 2 || !(file = fopen(words[1], "rb"))) stop("expected a file of cases");
    if (read_whole() != MAGIC || read_whole() != lanes() || read_whole() != (int64_t)sizeof(number))
        stop("the cases are for another kind of library");
    int64_t cases = read_whole(), failed = 0;
    for (int64_t c = 0; c < cases; c++) {
        int64_t function = read_whole(), arguments = read_whole();
        double wanted;
        char name[65] = {0};
        Argument a[MOST];
        read_bytes(&wanted, sizeof wanted), read_bytes(name, 64);
        if (arguments > MOST) stop("too many arguments");
        for (int64_t i = 0; i < arguments; i++) a[i] = read_argument();
        double found = call(function, a);
        int right = close_to(found, wanted, 1e-6);
        if (!right) printf("%s: returned %.9g, expected %.9g\n", name, found, wanted);
        for (int64_t i = 0; i < arguments; i++) {
            if (a[i].memory && right && !is_right(a + i, name, (int)i)) right = 0;
            free(a[i].memory), free(a[i].wanted);
        }
        failed += !right;
    }
    fclose(file);
    if (failed) return printf("%lld of %lld cases failed\n", (long long)failed, (long long)cases), 1;
    return printf("%lld cases %016llx\n", (long long)cases, (unsigned long long)digest), 0;
}
