/* Text of JSON, whole or not at all. */
#include "formats/json.h"

#include "base/memory.h"

#include <stdlib.h>

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
