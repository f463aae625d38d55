/* What the readers share: numbers out of bytes, and bytes made fit for a one-line message. */
#ifndef FA_BASE_BYTES_H
#define FA_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Files of ours hold little-endian numbers as they lie in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a little-endian machine is needed");

/* The unsigned number in `size` (1 to 8) bytes. */
uint64_t fa__load_little(const unsigned char *bytes, size_t size);
uint64_t fa__load_big(const unsigned char *bytes, size_t size);

/* FNV-1a, 64 bits: tells contents apart, and guards against no forger. Never 0. */
uint64_t fa__digest(const void *bytes, size_t size);
/* From 16 hexadecimal digits; 0 where the text is anything else. */
int fa__digest_read(uint64_t *digest, const char *text);

/* Foreign text for a message: at most 40 bytes of it, what is no UTF-8 or no printable character as
 * '.', a byte each, "..." after a cut. Returns out. */
enum { FA__QUOTE_SIZE = 44 };
const char *fa__quote(char out[FA__QUOTE_SIZE], const void *text, size_t size);

/* Bytes of the well-formed UTF-8 character at the start of text (Unicode 15, table 3-7: nothing
 * overlong, no surrogates, nothing above U+10FFFF), size at least 1; 0: none is there. */
size_t fa__utf8_length(const unsigned char *text, size_t size);

/* Offset of the first byte that is not part of such a character; size if all of it is. */
size_t fa__utf8_check(const void *text, size_t size);

/* Text with "\\xe9" for each byte that is not part of such a character; out [4 size]. Returns the
 * bytes written. */
size_t fa__utf8_escape(char *out, const void *text, size_t size);

/* True for bytes that are text, in any encoding of one byte or UTF-8, a stray control character or
 * zero byte aside: of the first 4 KiB. */
int fa__is_text(const void *bytes, size_t size);

/* One line of a text that lies in memory, without its end ("\n" or "\r\n"). */
typedef struct fa__line {
    const char *text;
    size_t size;
    size_t number; /* from 1; 0 before the first */
    const char *next, *end;
    char mark; /* what ends lines: '\n', in a text without any '\r' */
} fa__line;

/* A position before the first line of a text. */
fa__line fa__line_start(const void *text, size_t size);

/* Moves on to the next line; 0 at the end. An empty piece after the last "\n" is no line. */
int fa__line_next(fa__line *line);

/* Reads a decimal integer with optional sign at *text (not past end), after blanks, and moves *text
 * behind it. 0 if there is none, or it does not fit int64_t. */
int fa__scan_integer(int64_t *out, const char **text, const char *end);

/* Moves *text past blanks and tabs. */
void fa__skip_blanks(const char **text, const char *end);

#endif
