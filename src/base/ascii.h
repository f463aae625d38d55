/* Kinds of characters as ASCII has them, whatever the locale of the program: in Turkish tolower('I')
 * is no 'i', in Latin-1 0xe9 is a letter. c: an unsigned char. */
#ifndef FA_BASE_ASCII_H
#define FA_BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline int fa__lower(int c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static inline bool fa__is_space(int c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool fa__is_digit(int c) {
    return c >= '0' && c <= '9';
}

static inline bool fa__is_letter(int c) {
    return fa__lower(c) >= 'a' && fa__lower(c) <= 'z';
}

static inline bool fa__is_letter_or_digit(int c) {
    return fa__is_letter(c) || fa__is_digit(c);
}

static inline bool fa__is_hex(int c) {
    return fa__is_digit(c) || (fa__lower(c) >= 'a' && fa__lower(c) <= 'f');
}

/* The first `size` characters are the same, upper case or lower. */
static inline bool fa__begins_alike(const char *a, const char *b, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (fa__lower((unsigned char)a[i]) != fa__lower((unsigned char)b[i])) return false;
        if (a[i] == '\0') return true;
    }
    return true;
}

static inline bool fa__is_alike(const char *a, const char *b) {
    return fa__begins_alike(a, b, (size_t)-1);
}

#endif
