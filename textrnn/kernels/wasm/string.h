/* What the kernels take of C's string.h; memory.c has it. */
#ifndef TEXTRNN_WASM_STRING_H
#define TEXTRNN_WASM_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *one, const void *other, size_t bytes);

#endif
