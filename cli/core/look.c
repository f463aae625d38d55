/* What is said of data before anything is done with them, in a few lines. */
#include "look.h"

#include "describe.h"
#include "output.h"

#include <string.h>

enum { SHOWN_MAX = 8, LINE_TEXT = 400 };

/* A folder of both parts is read only when told which one, and says so by FA_E_ARGUMENT. */
static fa_status read_either(data_look *out, fa_recipe *recipe) {
    fa_status status = fa_recipe_read_data(&out->data, recipe, NULL, NULL);
    if (status != FA_E_ARGUMENT) return status;
    status = fa_recipe_read_data(&out->data, recipe, NULL, "train");
    out->two_parts = status == FA_OK;
    if (status != FA_OK || fa_recipe_get(recipe, "data.test")[0] != '\0') return status;
    return fa_recipe_set(recipe, "data.test", out->path);
}

fa_status look_at(data_look *out, fa_recipe *recipe, bool label_free) {
    *out = (data_look){.path = fa_recipe_get(recipe, "data.train")};
    fa_status status = read_either(out, recipe);
    if (status != FA_OK) return status;
    out->labels = fa_discover_labels(&out->hidden, out->data, recipe, label_free);
    const char *test = fa_recipe_get(recipe, "data.test");
    return test[0] != '\0' ? fa_recipe_read_data(&out->test, recipe, test, "test") : FA_OK;
}

void look_close(data_look *look) {
    fa_dataset_free(look->data);
    fa_dataset_free(look->test);
    look->data = look->test = NULL;
}

/* ==== Said ==== */

static const char *kind_of(const fa_dataset *data) {
    static const char *const names[] = {[FA_KIND_SERIES] = "series",
                                        [FA_KIND_IMAGES] = "images",
                                        [FA_KIND_TEXT] = "texts",
                                        [FA_KIND_VECTORS] = "vectors"};
    return names[fa_dataset_kind(data)];
}

static void shape_of(char out[LINE_TEXT], const fa_dataset *data) {
    size_t height, width, channels, features = fa_dataset_features(data);
    lengths length = {0};
    switch (fa_dataset_kind(data)) {
    case FA_KIND_IMAGES:
        fa_dataset_image(data, 0, &height, &width, &channels);
        snprintf(out, LINE_TEXT, "%zu x %zu x %zu", height, width, channels);
        return;
    case FA_KIND_VECTORS:
        snprintf(out, LINE_TEXT, "%zu features", features);
        return;
    case FA_KIND_SERIES:
        measure_lengths(&length, data);
        snprintf(out, LINE_TEXT, "%zu features a step, %zu to %zu steps, median %zu", features,
                 length.least, length.most, length.median);
        return;
    case FA_KIND_TEXT:
        measure_lengths(&length, data);
        snprintf(out, LINE_TEXT, "%zu to %zu bytes, median %zu", length.least, length.most,
                 length.median);
        return;
    }
}

/* "3: red 33, blue 30, ..." of a list that class_counts or coarse_counts made. */
static void counts_of(char out[LINE_TEXT], const json_t *list, const fa_dataset *data) {
    size_t count = json_array_size(list), without = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *label = json_object_get(json_array_get(list, i), "label");
        if (label != NULL && json_integer_value(label) < 0) without++;
    }
    used = (size_t)snprintf(out, LINE_TEXT, "%zu", count - without);
    for (size_t i = 0; i < count && used < LINE_TEXT; i++) {
        const json_t *item = json_array_get(list, i);
        const json_t *class_ = json_object_get(item, "class");
        const char *name = json_string_value(json_object_get(item, "name"));
        char number[32];
        json_int_t value =
            json_integer_value(class_ != NULL ? class_ : json_object_get(item, "label"));
        if (i == SHOWN_MAX && count > SHOWN_MAX + 1) {
            used += (size_t)snprintf(out + used, LINE_TEXT - used, ", ...");
            i = count - 1; /* the last, which may be those without a label */
            continue;
        }
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, value);
        if (class_ != NULL) name = fa_dataset_class_name(data, (int32_t)value);
        if (class_ == NULL && value < 0) name = "(no label)";
        used += (size_t)snprintf(out + used, LINE_TEXT - used, "%s %.40s %" JSON_INTEGER_FORMAT,
                                 i == 0 ? ":" : ",", name != NULL ? name : number,
                                 json_integer_value(json_object_get(item, "count")));
    }
}

static void print_counts(const char *label, json_t *list, const fa_dataset *data) {
    char line[LINE_TEXT];
    counts_of(line, list, data);
    print_row(label, "", "%s", line);
    json_decref(list);
}

void look_print(const data_look *look) {
    char line[LINE_TEXT];
    const char *why, *noticed = fa_dataset_note(look->data);
    size_t skipped = fa_dataset_skipped(look->data, &why);
    print_row("data", "", "%s%s", look->path, look->two_parts ? " (its training part)" : "");
    shape_of(line, look->data);
    print_row("kind", "", "%zu %s, %s", fa_dataset_count(look->data), kind_of(look->data), line);
    switch (look->labels) {
    case FA_LABELS_NONE:
        print_row("coarse labels", "", "none are used: an autoencoder");
        break;
    case FA_LABELS_GIVEN:
        print_counts("coarse labels", coarse_counts(look->data), look->data);
        break;
    case FA_LABELS_CLASSES:
        print_counts("coarse labels", class_counts(look->data), look->data);
        break;
    case FA_LABELS_GROUPS:
        print_row("coarse labels", "", "groups of the classes (data.groups)");
        break;
    }
    if (look->hidden)
        print_counts("hidden classes", class_counts(look->data), look->data);
    else
        print_row("hidden classes", "", "none known: nothing to score the clusters by");
    if (noticed[0] != '\0') print_row("note", "", "%s", noticed);
    if (skipped > 0) print_row("left out", "", "%zu: %s", skipped, why);
}

json_t *look_json(const data_look *look) {
    const char *why;
    size_t skipped = fa_dataset_skipped(look->data, &why);
    return json_pack("{s:o, s:s, s:I, s:I, s:s, s:b, s:I, s:o}", "path", json_text(look->path),
                     "kind", kind_of(look->data), "count", (json_int_t)fa_dataset_count(look->data),
                     "features", (json_int_t)fa_dataset_features(look->data), "coarse_labels",
                     fa_label_source_name(look->labels), "hidden", look->hidden, "skipped",
                     (json_int_t)skipped, "note", json_text(fa_dataset_note(look->data)));
}
