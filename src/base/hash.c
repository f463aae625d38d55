/* Open addressing. A slot keeps half the hash, so that a stranger is rarely compared as text, and
 * the table grows without asking for any. */
#include "base/hash.h"

#include "base/memory.h"

#include <string.h>

/* FNV-1a, its high bits folded down because the slots take the low ones. */
static uint32_t hash_of(const char *text, size_t size) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    return (uint32_t)(hash ^ hash >> 29);
}

size_t fa__hash_find(const fa__hash *hash, const char *text, size_t size, fa__hash_text text_of,
                     const void *owner) {
    if (hash->n_slots == 0) return SIZE_MAX;
    uint32_t own = hash_of(text, size);
    uint64_t slot;
    for (size_t at = own & (hash->n_slots - 1); (slot = hash->slots[at]) != 0;
         at = (at + 1) & (hash->n_slots - 1)) {
        if (slot >> 32 != own) continue;
        size_t number = (slot & UINT32_MAX) - 1, length;
        const char *known = text_of(owner, number, &length);
        if (length == size && memcmp(known, text, size) == 0) return number;
    }
    return SIZE_MAX;
}

static void put(uint64_t *slots, size_t n_slots, uint64_t slot) {
    size_t at = (slot >> 32) & (n_slots - 1);
    while (slots[at] != 0) at = (at + 1) & (n_slots - 1);
    slots[at] = slot;
}

/* Twice the slots once half are taken. */
static fa_status make_room(fa__hash *hash) {
    if (2 * (hash->count + 1) <= hash->n_slots) return FA_OK;
    size_t larger = hash->n_slots > 0 ? 2 * hash->n_slots : 64;
    uint64_t *slots;
    FA_TRY(FA_NEW_ZERO(slots, larger));
    for (size_t i = 0; i < hash->n_slots; i++)
        if (hash->slots[i] != 0) put(slots, larger, hash->slots[i]);
    fa__free(hash->slots);
    hash->slots = slots;
    hash->n_slots = larger;
    return FA_OK;
}

fa_status fa__hash_add(fa__hash *hash, const char *text, size_t size, size_t number) {
    if (number >= UINT32_MAX)
        return fa__fail(FA_E_SHAPE, "more than 2^32 - 1 different texts; fewer fit a table");
    FA_TRY(make_room(hash));
    put(hash->slots, hash->n_slots, (uint64_t)hash_of(text, size) << 32 | (number + 1));
    hash->count++;
    return FA_OK;
}

void fa__hash_free(fa__hash *hash) {
    fa__free(hash->slots);
    *hash = (fa__hash){0};
}
