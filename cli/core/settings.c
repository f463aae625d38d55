/* Keys of a recipe set by the program or by --set. */
#include "settings.h"

#include "output.h"
#include "places.h"

#include <stdlib.h>
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
        char before[256];
        snprintf(before, sizeof before, "--set %s: ", text);
        fa_status status = fa_recipe_set(recipe, key, equals + 1);
        if (status != FA_OK) return refused(of, status, before);
    }
    return EXIT_OK;
}

static bool is_among(const text_list *changes, const char *key) {
    size_t length = strlen(key), i = 0;
    while (i < changes->count &&
           (strncmp(changes->items[i], key, length) != 0 || changes->items[i][length] != '='))
        i++;
    return i < changes->count;
}

void settings_note_idle(const fa_recipe *recipe, const text_list *changes) {
    size_t count;
    const fa_recipe_key *keys = fa_recipe_keys(&count);
    for (size_t i = 0; i < count; i++) {
        char *why = NULL;
        const char *value = fa_recipe_get(recipe, keys[i].name);
        if (!is_among(changes, keys[i].name) || strcmp(value, keys[i].default_value) == 0) continue;
        if (fa_recipe_idle(&why, recipe, keys[i].name) != FA_OK || why == NULL) continue;
        note("--set %s=%s has no effect: %s", keys[i].name, value, why);
        fa_free(why);
    }
}

static const char *or_key(const char *given, const fa_recipe *recipe, const char *key) {
    if (given != NULL) return given;
    const char *value = fa_recipe_get(recipe, key);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

fa_read_options settings_read_options(const fa_recipe *recipe, const fa_read_options *given) {
    const char *missing = or_key(given->missing, recipe, "data.missing");
    if (missing != NULL && strcmp(missing, "refuse") == 0) missing = NULL;
    const char *header = or_key(given->header, recipe, "data.header");
    if (header != NULL && strcmp(header, "auto") == 0) header = NULL;
    const char *side = fa_recipe_get(recipe, "data.resize");
    size_t resize = side != NULL ? (size_t)strtoul(side, NULL, 10) : 0;
    return (fa_read_options){
        .size = sizeof(fa_read_options),
        .label_file = given->label_file,
        .hidden_file = given->hidden_file,
        .split = given->split,
        .label_column = given->label_file != NULL
                            ? given->label_column
                            : or_key(given->label_column, recipe, "data.label_column"),
        .hidden_column = given->hidden_file != NULL
                             ? given->hidden_column
                             : or_key(given->hidden_column, recipe, "data.hidden_column"),
        .text_column = or_key(given->text_column, recipe, "data.text_column"),
        .ignore_columns = or_key(given->ignore_columns, recipe, "data.ignore_columns"),
        .feature_columns = or_key(given->feature_columns, recipe, "data.feature_columns"),
        .id_column = or_key(given->id_column, recipe, "data.id_column"),
        .time_column = or_key(given->time_column, recipe, "data.time_column"),
        .header = header,
        .missing = missing,
        .resize = given->resize > 0 ? given->resize : resize};
}

int settings_read_new(fa_dataset **out, const char *path, fa_run *run, const fa_model *model,
                      const fa_read_options *given) {
    fa_read_options how = settings_read_options(fa_run_recipe(run), given);
    how.columns_optional = 1;
    how.schema = fa_model_schema(model);
    fa_status status = read_data(out, path, &how);
    if (status != FA_OK) return fail_library();
    const char *absent = fa_dataset_absent_columns(*out);
    if (absent[0] != '\0') note("%s: read without columns that are not there: %s", path, absent);
    const char *why, *noticed = fa_dataset_note(*out);
    size_t skipped = fa_dataset_skipped(*out, &why);
    if (noticed[0] != '\0') note("%s: %s", path, noticed);
    if (skipped > 0) note("%s: %zu left out: %s", path, skipped, why);
    if (given->label_column != NULL && fa_dataset_coarse(*out) == NULL)
        return fail("%s: there is no column '%s'", path, given->label_column);
    if (given->hidden_column != NULL && fa_dataset_classes(*out) == NULL)
        return fail("%s: there is no column '%s'", path, given->hidden_column);
    if (fa_model_column_name(model, 0) != NULL && fa_dataset_column_name(*out, 0) == NULL)
        note("%s names no columns: they are taken in the order of the run's", path);
    return EXIT_OK;
}
