/* Keys of a recipe set by the program or by --set. */
#include "settings.h"

#include "output.h"

#include <string.h>

fa_status settings_set(fa_recipe *recipe, const setting *settings, size_t count) {
    fa_status status = FA_OK;
    for (size_t i = 0; i < count && settings[i].key != NULL && status == FA_OK; i++)
        status = fa_recipe_set(recipe, settings[i].key, settings[i].value);
    return status;
}

int settings_apply(fa_recipe *recipe, const text_list *changes, const cli_command *of) {
    for (size_t i = 0; i < changes->count; i++) {
        char key[128];
        const char *text = changes->items[i], *equals = strchr(text, '=');
        if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof key)
            return misuse(of, "--set takes KEY=VALUE, got '%s'; train --keys lists them", text);
        snprintf(key, sizeof key, "%.*s", (int)(equals - text), text);
        if (fa_recipe_set(recipe, key, equals + 1) != FA_OK)
            return misuse(of, "--set %s: %s", text, fa_error_detail());
    }
    return EXIT_OK;
}
