/* Keys that have no effect as the others are set, by the column `needs` of the table. */
#include "base/bytes.h"
#include "base/memory.h"
#include "recipe/keys.h"

#include <stdio.h>
#include <string.h>

static bool is_word(const char *value, const char *word, size_t length) {
    if (length == strlen("empty") && memcmp(word, "empty", length) == 0) return value[0] == '\0';
    if (word[length - 1] == '*') return strncmp(value, word, length - 1) == 0;
    return strlen(value) == length && memcmp(value, word, length) == 0;
}

static int find_key(const char *name, size_t length) {
    int key = 0;
    while (key < FA__KEY_COUNT && (strlen(fa__recipe_table[key].name) != length ||
                                   memcmp(fa__recipe_table[key].name, name, length) != 0))
        key++;
    return key;
}

/* Whether one alternative holds, "loss.kind=single|multi", and the key that it asks. */
static bool holds(int *asked, const fa_recipe *recipe, const char *alternative) {
    size_t name = strcspn(alternative, "!=");
    bool without = alternative[name] == '!', found = false;
    const char *word = alternative + name + (without ? 2 : 1);
    *asked = find_key(alternative, name);
    const char *value = fa__recipe_text(recipe, (fa__key)*asked);
    for (;;) {
        size_t length = strcspn(word, "| ");
        found = found || is_word(value, word, length);
        if (word[length] != '|') return found != without;
        word += length + 1;
    }
}

/* The key whose value keeps `key` from having an effect, and which of the two needs another: `key`, or
 * one that it needs; FA__KEY_COUNT: nothing does. */
static int kept_by(int *waits, const fa_recipe *recipe, int key) {
    int first = FA__KEY_COUNT;
    for (const char *at = fa__recipe_table[key].needs; at != NULL;) {
        int asked, waiting = key, by = FA__KEY_COUNT;
        if (holds(&asked, recipe, at))
            by = kept_by(&waiting, recipe, asked);
        else
            by = asked;
        if (by == FA__KEY_COUNT) return by;
        if (first == FA__KEY_COUNT) *waits = waiting, first = by;
        at = strstr(at, " or ");
        if (at != NULL) at += strlen(" or ");
    }
    return first;
}

fa_status fa_recipe_idle(char **out, const fa_recipe *recipe, const char *key) {
    char why[512], quoted[FA__QUOTE_SIZE], *copy = NULL;
    int waits;
    if (out == NULL || recipe == NULL || key == NULL)
        return fa__fail(FA_E_ARGUMENT, "%s is NULL",
                        out == NULL      ? "out"
                        : recipe == NULL ? "recipe"
                                         : "key");
    int number = find_key(key, strlen(key));
    if (number == FA__KEY_COUNT) return fa__fail(FA_E_RECIPE, "no key is named '%s'", key);
    int by = kept_by(&waits, recipe, number);
    if (by < FA__KEY_COUNT) {
        const char *value = fa__recipe_text(recipe, (fa__key)by);
        snprintf(why, sizeof why, "%s is %s; it needs %s", fa__recipe_table[by].name,
                 value[0] != '\0' ? fa__quote(quoted, value, strlen(value)) : "empty",
                 fa__recipe_table[waits].needs);
        copy = fa__strdup(why);
        if (copy == NULL) return fa__nomem(strlen(why) + 1, 1);
    }
    *out = copy;
    return FA_OK;
}
