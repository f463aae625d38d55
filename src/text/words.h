/* Words of a text.
 *
 * A text is brought to NFKC_Casefold form (Unicode Standard Annex 44: compatibility characters
 * resolved, case folded, default-ignorable characters such as soft hyphens gone); its words are the
 * longest runs of letters, marks and numbers (general categories L, M, N). All else parts words and
 * is dropped. Scripts that write no blanks between words give one word a run. */
#ifndef FA_TEXT_WORDS_H
#define FA_TEXT_WORDS_H

#include "base/status.h"

/* Room that reading words needs, reused from text to text. {0} at first. */
typedef struct fa__word_room {
    int32_t *codes;
    char *word;
    size_t codes_capacity, word_capacity;
} fa__word_room;

void fa__word_room_free(fa__word_room *room);

/* Gets each word, UTF-8, not followed by 0; it lives for the call. */
typedef fa_status (*fa__word_fn)(void *user, const char *word, size_t size);

/* Calls fn for the first `most` words of a text. FA_E_FORMAT for invalid UTF-8, with the byte;
 * FA_E_UNAVAILABLE without utf8proc; else what fn returns. */
fa_status fa__words(const char *text, size_t size, size_t most, fa__word_room *room, fa__word_fn fn,
                    void *user);

/* The version of utf8proc; NULL: not built in. */
const char *fa__words_version(void);

#endif
