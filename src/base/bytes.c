/* Numbers out of bytes, lines and integers out of text in memory, foreign text made printable. */
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

uint64_t fa__load_little(const unsigned char *bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

uint64_t fa__load_big(const unsigned char *bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) value = value << 8 | bytes[i];
    return value;
}

/* Whether a terminal draws a character of UTF-8, and draws it where it stands: no control character,
 * no mark that ends lines or turns the direction of writing. */
static int is_drawn(const unsigned char *at, size_t length) {
    if (length == 1) return at[0] >= 0x20 && at[0] < 0x7f;
    if (length == 2) return at[0] != 0xc2 || at[1] >= 0xa0;
    if (at[0] == 0xe2 && at[1] == 0x80)
        return at[2] < 0x8b || (at[2] > 0x8f && at[2] < 0xa8) || at[2] > 0xae;
    return !(at[0] == 0xe2 && at[1] == 0x81 && at[2] >= 0xa0) &&
           !(at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf);
}

const char *fa__quote(char out[FA__QUOTE_SIZE], const void *text, size_t size) {
    enum { SHOWN = 40 };
    const unsigned char *bytes = text;
    size_t shown = 0;
    while (shown < size) {
        size_t length = fa__utf8_length(bytes + shown, size - shown);
        int drawn = length > 0 && is_drawn(bytes + shown, length);
        if (shown + (drawn ? length : 1) > SHOWN) break;
        if (drawn)
            memcpy(out + shown, bytes + shown, length);
        else
            out[shown] = '.';
        shown += drawn ? length : 1;
    }
    memcpy(out + shown, shown < size ? "..." : "", shown < size ? 4 : 1);
    return out;
}

size_t fa__utf8_length(const unsigned char *text, size_t size) {
    unsigned char first = text[0], low = 0x80, high = 0xbf;
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length > size) return 0;
    if (first == 0xe0) low = 0xa0;  /* else overlong */
    if (first == 0xed) high = 0x9f; /* else a surrogate */
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f; /* else beyond U+10FFFF */
    if (text[1] < low || text[1] > high) return 0;
    for (size_t i = 2; i < length; i++)
        if (text[i] < 0x80 || text[i] > 0xbf) return 0;
    return length;
}

size_t fa__utf8_check(const void *text, size_t size) {
    const unsigned char *bytes = text;
    size_t at = 0, length;
    while (at < size && (length = fa__utf8_length(bytes + at, size - at)) > 0) at += length;
    return at;
}

size_t fa__utf8_escape(char *out, const void *text, size_t size) {
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = text;
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        size_t length = fa__utf8_length(bytes + at, size - at);
        if (length > 0) {
            memcpy(out + used, bytes + at, length);
        } else {
            const char escape[4] = {'\\', 'x', digits[bytes[at] >> 4], digits[bytes[at] & 15]};
            memcpy(out + used, escape, sizeof escape);
        }
        used += length > 0 ? length : 4;
        at += length > 0 ? length : 1;
    }
    return used;
}

int fa__is_text(const void *bytes, size_t size) {
    enum { LOOKED_AT = 4096, MOST = 32 }; /* one in so many may be none of text */
    const unsigned char *text = bytes;
    size_t strange = 0;
    if (size > LOOKED_AT) size = LOOKED_AT;
    for (size_t i = 0; i < size; i++)
        strange += text[i] < ' ' && memchr("\t\n\v\f\r\x1b", text[i], 6) == NULL;
    return strange <= 1 || strange * MOST <= size;
}

fa__line fa__line_start(const void *text, size_t size) {
    const char *start = text;
    int old = size > 0 && memchr(text, '\n', size) == NULL && memchr(text, '\r', size) != NULL;
    return (fa__line){.text = start, .next = start, .end = start + size, .mark = old ? '\r' : '\n'};
}

int fa__line_next(fa__line *line) {
    if (line->next == line->end) return 0;
    size_t left = (size_t)(line->end - line->next);
    const char *stop = memchr(line->next, line->mark, left);
    line->text = line->next;
    line->size = stop != NULL ? (size_t)(stop - line->next) : left;
    line->next = stop != NULL ? stop + 1 : line->end;
    line->number++;
    if (line->size > 0 && line->text[line->size - 1] == '\r') line->size--;
    return 1;
}

void fa__skip_blanks(const char **text, const char *end) {
    while (*text < end && (**text == ' ' || **text == '\t')) ++*text;
}

int fa__scan_integer(int64_t *out, const char **text, const char *end) {
    fa__skip_blanks(text, end);
    const char *at = *text;
    int negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    const char *digits = at;
    int64_t value = 0; /* kept negative: its range is the larger */
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *at - '0', &value))
            return 0;
    if (at == digits || (!negative && value == INT64_MIN)) return 0;
    *out = negative ? value : -value;
    *text = at;
    return 1;
}

uint64_t fa__digest(const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    uint64_t digest = 14695981039346656037u;
    for (size_t i = 0; i < size; i++) digest = (digest ^ at[i]) * 1099511628211u;
    return digest != 0 ? digest : 1;
}

int fa__digest_read(uint64_t *digest, const char *text) {
    char *end;
    if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16) return 0;
    *digest = strtoull(text, &end, 16);
    return 1;
}
