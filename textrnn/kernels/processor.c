/* What an x86-64 processor has, by its own account: for systems that do not list it, as Linux does. */
#include "order.h"

#if defined(__x86_64__)
#include <cpuid.h>

enum { A, B, C, D }; /* the registers of an answer */

static const struct {
    const char *name;
    unsigned leaf, part, where, bit; /* of the answer to a question: a register, and a bit of that */
    unsigned kept;                   /* what the system must keep of a process that it sets aside */
} FLAGS[] = {
    {"fma", 1, 0, C, 12, 0x6},         {"avx2", 7, 0, B, 5, 0x6},        {"avx512f", 7, 0, B, 16, 0xe6},
    {"avx512dq", 7, 0, B, 17, 0xe6},   {"avx512bw", 7, 0, B, 30, 0xe6},  {"avx512vl", 7, 0, B, 31, 0xe6},
    {"avx512_bf16", 7, 1, A, 5, 0xe6}, {"amx_bf16", 7, 0, D, 22, 0x60000},
};

static unsigned answer(unsigned leaf, unsigned part, unsigned where) {
    unsigned all_of_it[4] = {0};
    if (!__get_cpuid_count(leaf, part, all_of_it, all_of_it + 1, all_of_it + 2, all_of_it + 3)) return 0;
    return all_of_it[where];
}

/* The flags that a library may need, those that this processor has, as Linux calls them, between spaces. */
EXPORT const char *processor_flags(void) {
    static char found[256];
    unsigned kept = 0, rest = 0;
    if (answer(1, 0, C) >> 27 & 1) __asm__ volatile("xgetbv" : "=a"(kept), "=d"(rest) : "c"(0));
    found[0] = 0;
    for (size_t i = 0; i < sizeof FLAGS / sizeof FLAGS[0]; i++)
        if (answer(FLAGS[i].leaf, FLAGS[i].part, FLAGS[i].where) >> FLAGS[i].bit & 1 &&
            (kept & FLAGS[i].kept) == FLAGS[i].kept)
            strcat(strcat(found, " "), FLAGS[i].name);
    return found;
}

#else

EXPORT const char *processor_flags(void) { return ""; }

#endif
