/* libFuzzer entry: recipes; what is read is written and read again, to the same text. How to run:
 * fuzz/README.md. */
#include "base/memory.h"
#include "recipe/recipe.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *text = fa__alloc(size + 1, 1), *once, *again;
    fa_recipe *recipe;
    if (text == NULL) return -1;
    if (size > 0) memcpy(text, bytes, size);
    text[size] = '\0';
    if (fa__recipe_parse(&recipe, text, "fuzz") == FA_OK) {
        fa_recipe *copy;
        if (fa_recipe_to_text(&once, recipe) != FA_OK ||
            fa__recipe_parse(&copy, once, "again") != FA_OK ||
            fa_recipe_to_text(&again, copy) != FA_OK || strcmp(once, again) != 0)
            __builtin_trap();
        fa_free(once);
        fa_free(again);
        fa_recipe_free(recipe);
        fa_recipe_free(copy);
    }
    fa__free(text);
    if (fa__memory_live() != 0) __builtin_trap();
    return 0;
}
