/* What is said of a table's columns: faults, which come in one message, and notes. */
#include "formats/table_plan.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char fa__missing_level[] = "(missing)";

const char *fa__plan_column(char out[FA__COLUMN_TEXT_SIZE], const fa__plan *plan, size_t column) {
    char quoted[FA__QUOTE_SIZE];
    const char *name = plan->columns[column].name;
    if (name != NULL && name[0] != '\0')
        snprintf(out, FA__COLUMN_TEXT_SIZE, "column %zu ('%s')", column + 1,
                 fa__quote(quoted, name, strlen(name)));
    else
        snprintf(out, FA__COLUMN_TEXT_SIZE, "column %zu", column + 1);
    return out;
}

const char *fa__plan_called(char number[FA__CALLED_SIZE], const fa__plan *plan, size_t i) {
    const char *name = plan->columns[i].name;
    if (name == NULL || name[0] == '\0')
        snprintf(number, FA__CALLED_SIZE, "%zu", i + 1);
    else if (strpbrk(name, " ()&;|<>*$") != NULL) /* as a shell takes it */
        snprintf(number, FA__CALLED_SIZE, "'%.38s'", name);
    else
        return name;
    return number;
}

static void add(char *out, size_t size, const char *format, va_list args) {
    size_t used = strlen(out);
    if (used > 0 && used + 2 < size) used += (size_t)snprintf(out + used, size - used, "; ");
    if (used < size) fa__format_list(out + used, size - used, format, args);
}

void fa__plan_fault(fa__plan *plan, fa_status status, const char *format, ...) {
    va_list args;
    if (plan->n_faults++ == 0) plan->fault = status;
    va_start(args, format);
    add(plan->faults, sizeof plan->faults, format, args);
    va_end(args);
}

void fa__plan_note(fa__plan *plan, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(plan->note, sizeof plan->note, format, args);
    va_end(args);
}

/* Where no column has a name, a table of texts is as likely. */
void fa__plan_say_unused(fa__plan *plan, size_t i) {
    char place[FA__COLUMN_TEXT_SIZE], number[FA__CALLED_SIZE];
    const char *name = fa__plan_called(number, plan, i);
    fa__plan_column(place, plan, i);
    if (plan->columns[i].type != FA__COLUMN_TEXT)
        fa__plan_note(plan, "%s differs from row to row, as names do, and is not used", place);
    else if (plan->header)
        fa__plan_note(plan, "%s holds texts and is not used (--text-column makes them the samples)",
                      place);
    else
        fa__plan_fault(plan, FA_E_ARGUMENT,
                       "%s holds texts: --text-column %.40s makes them the samples, "
                       "--ignore-columns %.40s leaves them out",
                       place, name, name);
}
