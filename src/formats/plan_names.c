/* What the names of columns tell of what they hold. */
#include "formats/table_plan.h"

#include "base/ascii.h"

#include <string.h>

bool fa__is_named(const char *name, const char *const *words, size_t count) {
    for (size_t w = 0; name != NULL && w < count; w++) {
        size_t i = 0;
        while (name[i] != '\0' && fa__lower((unsigned char)name[i]) == words[w][i]) i++;
        if (name[i] == '\0' && words[w][i] == '\0') return true;
    }
    return false;
}

static bool ends_so(const char *name, const char *end) {
    size_t size = name != NULL ? strlen(name) : 0, length = strlen(end);
    if (size < length) return false;
    for (size_t i = 0; i < length; i++)
        if (fa__lower((unsigned char)name[size - length + i]) != end[i]) return false;
    return true;
}

bool fa__is_label_name(const char *name) {
    static const char *const words[] = {"label", "labels", "class",   "classes",      "target",
                                        "y",     "coarse", "hidden",  "species",      "outcome",
                                        "truth", "gt",     "cluster", "ground_truth", "diagnosis"};
    return fa__is_named(name, words, sizeof words / sizeof *words) || ends_so(name, "_label") ||
           ends_so(name, "_class");
}

bool fa__is_index_name(const fa__plan *plan, size_t i) {
    static const char *const words[] = {"",        "index",     "row",     "no",       "nr",
                                        "number",  "#",         "level_0", "rownames", "row.names",
                                        "rowname", "row_names", "obs",     "rn"};
    const char *name = plan->columns[i].name;
    if (name == NULL) return false;
    /* pandas and R's read.csv call so a first column that has no name */
    bool read = strncmp(name, "Unnamed: ", 9) == 0 || (i == 0 && strcmp(name, "X") == 0);
    return read || fa__is_named(name, words, sizeof words / sizeof *words) || ends_so(name, "id");
}
