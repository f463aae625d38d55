#include "base/counts.h"

#include <string.h>

bool fa__counts_given(const char *text) {
    return strchr(text, '=') != NULL;
}

fa_status fa__counts_next(fa__count *out, const char **rest) {
    enum { DIGITS = 9 }; /* so that it fits */
    const char *name = *rest + strspn(*rest, " ");
    for (const char *equals = name; (equals = strchr(equals, '=')) != NULL; equals++) {
        const char *digits = equals + 1 + strspn(equals + 1, " ");
        size_t length = strspn(digits, "0123456789");
        const char *end = digits + length + strspn(digits + length, " ");
        if (length == 0 || length > DIGITS || (*end != ',' && *end != '\0')) continue;
        *out = (fa__count){.name = name, .length = (size_t)(equals - name)};
        while (out->length > 0 && name[out->length - 1] == ' ') out->length--;
        for (size_t i = 0; i < length; i++)
            out->count = 10 * out->count + (size_t)(digits[i] - '0');
        *rest = *end == ',' ? end + 1 : end;
        bool open = *end == ',' && (*rest)[strspn(*rest, " ")] == '\0'; /* a comma, and nothing */
        if (out->length == 0 || out->count == 0 || open) break;
        return FA_OK;
    }
    return fa__fail(FA_E_ARGUMENT, "not one number from 1 on for each name; a=4, b=6 works");
}
