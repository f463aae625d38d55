/* Words by utf8proc's Unicode tables. */
#include "text/words.h"

#include "base/memory.h"
#include "base/bytes.h"

#include <stdbool.h>

void fa__word_room_free(fa__word_room *room) {
    fa__free(room->codes);
    fa__free(room->word);
    *room = (fa__word_room){0};
}

#ifdef FA_HAVE_UTF8PROC
#include <utf8proc.h>

/* Letters, marks and numbers are the categories from LU to NO in utf8proc's table. */
static bool in_word(int32_t code) {
    utf8proc_category_t category = utf8proc_category(code);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

/* The text's code points in NFKC_Casefold form, in room->codes. */
static fa_status fold(size_t *count, const char *text, size_t size, fa__word_room *room) {
    static const utf8proc_option_t form =
        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
    size_t needed = size + 1; /* a character may become several; utf8proc then tells how many */
    do {
        int32_t *codes = fa__grow(room->codes, &room->codes_capacity, needed, sizeof *codes);
        if (codes == NULL) return fa__nomem(needed, sizeof *codes);
        room->codes = codes;
        utf8proc_ssize_t got = utf8proc_decompose(bytes, (utf8proc_ssize_t)size, codes,
                                                  (utf8proc_ssize_t)room->codes_capacity, form);
        if (got < 0) return fa__fail(FA_E_FORMAT, "%s", utf8proc_errmsg(got));
        needed = (size_t)got;
    } while (needed > room->codes_capacity);
    utf8proc_ssize_t got = utf8proc_normalize_utf32(room->codes, (utf8proc_ssize_t)needed, form);
    if (got < 0) return fa__fail(FA_E_FORMAT, "%s", utf8proc_errmsg(got));
    *count = (size_t)got;
    return FA_OK;
}

fa_status fa__words(const char *text, size_t size, size_t most, fa__word_room *room, fa__word_fn fn,
                    void *user) {
    enum { LONGEST = 4 }; /* bytes of a code point */
    size_t count = 0, bad = fa__utf8_check(text, size);
    if (bad < size)
        return fa__fail(FA_E_FORMAT, "byte %zu (0x%02x) is not UTF-8; convert the text to UTF-8",
                        bad + 1, (unsigned)(unsigned char)text[bad]);
    FA_TRY(fold(&count, text, size, room));
    for (size_t i = 0, words = 0; i < count && words < most;) {
        size_t used = 0;
        for (; i < count && in_word(room->codes[i]); i++) {
            char *word = fa__grow(room->word, &room->word_capacity, used + LONGEST, 1);
            if (word == NULL) return fa__nomem(used + LONGEST, 1);
            room->word = word;
            used += (size_t)utf8proc_encode_char(room->codes[i], (utf8proc_uint8_t *)word + used);
        }
        if (used > 0) {
            FA_TRY(fn(user, room->word, used));
            words++;
        } else
            i++;
    }
    return FA_OK;
}

const char *fa__words_version(void) {
    return utf8proc_version();
}

#else

const char *fa__words_version(void) {
    return NULL;
}

fa_status fa__words(const char *text, size_t size, size_t most, fa__word_room *room, fa__word_fn fn,
                    void *user) {
    (void)text, (void)size, (void)most, (void)room, (void)fn, (void)user;
    return fa__fail(FA_E_UNAVAILABLE,
                    "words of a text are not built in: install libutf8proc-dev and build again");
}

#endif
