/* What the kernels take of C's stdlib.h; memory.c has it. */
#ifndef TEXTRNN_WASM_STDLIB_H
#define TEXTRNN_WASM_STDLIB_H

#include <stddef.h>

void *malloc(size_t bytes);
void *calloc(size_t count, size_t size);
void *aligned_alloc(size_t line, size_t bytes);
void free(void *memory);

#endif
