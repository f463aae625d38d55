/* Allocation with overflow check, alignment for SIMD, and a counter that tests can make fail. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const size_t alignment = 64; /* one AVX-512 register, one cache line */

static atomic_size_t live;
static atomic_long fail_after = -1;

/* True when this allocation is the one that a test asked to fail. */
static int injected_failure(void) {
    long left = atomic_load_explicit(&fail_after, memory_order_relaxed);
    if (left < 0) return 0;
    return atomic_fetch_sub(&fail_after, 1) == 0;
}

void *fa__alloc(size_t count, size_t size) {
    size_t bytes;
    if (injected_failure() || __builtin_mul_overflow(count, size, &bytes)) return NULL;
    if (bytes > SIZE_MAX - alignment) return NULL;
    bytes = (bytes + alignment) / alignment * alignment;
    void *memory = aligned_alloc(alignment, bytes);
    if (memory != NULL) atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    return memory;
}

void *fa__calloc(size_t count, size_t size) {
    void *memory = fa__alloc(count, size);
    if (memory != NULL) memset(memory, 0, count * size);
    return memory;
}

void fa__free(void *memory) {
    if (memory == NULL) return;
    atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    free(memory);
}

void fa_free(void *memory) {
    fa__free(memory);
}

fa_status fa__nomem(size_t count, size_t size) {
    return fa__fail(FA_E_NOMEM, "no memory for %zu elements of %zu bytes", count, size);
}

void *fa__grow(void *memory, size_t *capacity, size_t needed, size_t size) {
    if (needed <= *capacity && memory != NULL) return memory;
    size_t larger = *capacity > SIZE_MAX / 2 ? needed : 2 * *capacity;
    if (larger < needed) larger = needed;
    if (larger < 16) larger = 16;
    void *moved = fa__alloc(larger, size);
    if (moved == NULL) return NULL;
    if (memory != NULL) memcpy(moved, memory, *capacity * size);
    fa__free(memory);
    *capacity = larger;
    return moved;
}

char *fa__strdup(const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = fa__alloc(bytes, 1);
    if (copy != NULL) memcpy(copy, text, bytes);
    return copy;
}

size_t fa__memory_live(void) {
    return atomic_load(&live);
}

void fa__memory_fail_after(long after) {
    atomic_store(&fail_after, after);
}
