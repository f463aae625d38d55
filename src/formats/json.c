/* Text of JSON, whole or not at all. */
#include "formats/json.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

fa_status fa__json_text(char **out, const json_t *root, size_t flags) {
    char *text = json_dumps(root, flags), *copy = NULL;
    json_t *again = text != NULL ? json_loads(text, 0, NULL) : NULL;
    if (again != NULL && json_equal(again, root)) copy = fa__strdup(text);
    json_decref(again);
    free(text);
    if (copy == NULL) return fa__nomem(1, 1024);
    *out = copy;
    return FA_OK;
}

fa_status fa__json_parse(json_t **out, json_error_t *error, const void *text, size_t size,
                         size_t flags) {
    json_error_t again;
    json_t *first = json_loadb(text, size, flags, error),
           *second = json_loadb(text, size, flags, &again);
    const bool both = first != NULL && second != NULL;
    const bool same = both ? json_equal(first, second)
                           : first == second && again.position == error->position &&
                                 strcmp(again.text, error->text) == 0 &&
                                 json_error_code(error) != json_error_out_of_memory;
    json_decref(second);
    if (both && same) {
        *out = first;
        return FA_OK;
    }
    json_decref(first);
    return same ? FA_E_FORMAT : fa__nomem(size, 1);
}
