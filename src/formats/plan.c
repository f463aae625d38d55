/* The first pass over a table. */
#include "formats/table_plan.h"

#include "base/ascii.h"
#include "base/memory.h"
#include "base/number.h"
#include "formats/missing.h"
#include "formats/table.h"

#include <stdio.h>
#include <string.h>

/* ==== Rows ==== */

/* A copy of row 1, which may turn out to be names or data. */
static fa_status keep_first(fa__plan *plan, const fa__csv_row *row) {
    size_t size = 0, used = 0;
    for (size_t i = 0; i < row->count; i++) size += row->fields[i].size + 1;
    FA_TRY(FA_NEW_ZERO(plan->columns, row->count));
    plan->n_columns = row->count;
    FA_TRY(FA_NEW(plan->fields, row->count));
    FA_TRY(FA_NEW(plan->first, size));
    for (size_t i = 0; i < row->count; i++) {
        plan->fields[i] = (fa__csv_field){plan->first + used, row->fields[i].size};
        memcpy(plan->first + used, row->fields[i].text, row->fields[i].size + 1);
        used += row->fields[i].size + 1;
    }
    if (plan->declared != NULL) fa__plan_declare_words(plan);
    plan->first_line = row->line;
    plan->run = fa__plan_run(plan->fields, row->count);
    return FA_OK;
}

/* "Total", "Sum", ... in the first field. */
static bool is_total(const fa__csv_row *row) {
    static const char *const words[] = {"total",   "totals", "sum",    "grand total",
                                        "average", "mean",   "median", "subtotal"};
    for (size_t w = 0; row->count > 1 && w < sizeof words / sizeof *words; w++)
        if (fa__begins_alike(row->fields[0].text, words[w], strlen(words[w])) &&
            !fa__is_letter_or_digit((unsigned char)row->fields[0].text[strlen(words[w])]))
            return true;
    return false;
}

static fa_status on_row(void *user, const fa__csv_row *row) {
    fa__plan *plan = user;
    if (plan->columns == NULL) return keep_first(plan, row);
    for (size_t i = 0; i < row->count; i++)
        FA_TRY(fa__column_see(&plan->columns[i].seen, &row->fields[i], row->line));
    if (plan->run != 0) plan->run &= ~fa__plan_run(row->fields, row->count);
    if (is_total(row)) plan->total = row->line, plan->totals++;
    plan->last_line = row->line;
    plan->rows++;
    return FA_OK;
}

/* Row 1 as data: it comes last to what counts the cells, but it is the first to what counts up. */
static fa_status see_first(fa__plan *plan) {
    for (size_t i = 0; i < plan->n_columns; i++) {
        fa__seen *seen = &plan->columns[i].seen;
        double value, second = seen->first;
        bool counting = seen->counting || seen->cells == 0;
        size_t before = seen->cells;
        FA_TRY(fa__column_see(seen, &plan->fields[i], plan->first_line));
        if (seen->cells == before) continue;
        bool number = fa__cell_plain(&value, plan->fields[i].text, plan->fields[i].size);
        seen->counting = number && counting && (before == 0 || second == value + 1);
        if (number) seen->first = value;
        if (seen->word_line > 0 && !number && seen->word_line > plan->first_line &&
            before == seen->numbers[0])
            seen->word_line = plan->first_line;
    }
    plan->rows++;
    return FA_OK;
}

static fa_status each_row(fa__plan *plan, const fa__source *source, fa__csv_fn fn) {
    fa_status status = FA_OK;
    fa__csv *csv = NULL;
    size_t rows;
    FA_TRY(fa__csv_open(&csv, plan->delimiter, plan->where, fn, plan));
    FA_CHECK(fa__csv_feed(csv, source->bytes, source->size));
    FA_CHECK(fa__csv_finish(csv, &rows));
done:
    fa__csv_free(csv);
    return status;
}

/* The words of categories, which become features. */
static fa_status on_level(void *user, const fa__csv_row *row) {
    fa__plan *plan = user;
    const char *missing = plan->options->missing;
    bool level = missing != NULL && strcmp(missing, "category") == 0;
    if (plan->header && row->number == 1) return FA_OK;
    for (size_t i = 0; i < row->count; i++) {
        fa__column *c = &plan->columns[i];
        const fa__csv_field *field = &row->fields[i];
        int32_t number;
        if (c->role != FA__ROLE_FEATURE || c->type != FA__COLUMN_CATEGORY) continue;
        if (!fa__column_lacks(c, field))
            FA_TRY(fa__categories_add(&number, &c->levels, field->text, field->size));
        else if (level)
            FA_TRY(fa__categories_add(&number, &c->levels, fa__missing_level,
                                      strlen(fa__missing_level)));
    }
    return FA_OK;
}

static fa_status find_levels(fa__plan *plan, const fa__source *source) {
    bool any = false;
    for (size_t i = 0; i < plan->n_columns; i++)
        any = any || (plan->columns[i].role == FA__ROLE_FEATURE &&
                      plan->columns[i].type == FA__COLUMN_CATEGORY);
    return any ? each_row(plan, source, on_level) : FA_OK;
}

/* ==== The whole ==== */

static fa_status say_series(fa__plan *plan, const fa__source *source) {
    int id, time;
    char ids_number[FA__CALLED_SIZE], times_number[FA__CALLED_SIZE];
    FA_TRY(fa__plan_find_series(&id, &time, plan, source));
    if (id == FA__NO_COLUMN) return FA_OK;
    const char *ids = fa__plan_called(ids_number, plan, (size_t)id);
    if (time != FA__NO_COLUMN) {
        const char *times = fa__plan_called(times_number, plan, (size_t)time);
        fa__plan_fault(
            plan, FA_E_FORMAT,
            "the rows look like steps of series, as there is a %.40s for each %.40s: "
            "--id-column %.40s --time-column %.40s reads them so; --ignore-columns %.40s takes "
            "each row for a sample",
            times, ids, ids, times, times);
    } else
        fa__plan_fault(
            plan, FA_E_FORMAT,
            "the rows look like steps of series, as they come in blocks of one %.40s: "
            "--id-column %.40s reads them so; --ignore-columns %.40s takes each row for a "
            "sample",
            ids, ids, ids);
    return FA_OK;
}

fa_status fa__plan_open(fa__plan *plan, const fa__source *source, const fa_read_options *options) {
    *plan = (fa__plan){.where = source->path,
                       .options = options,
                       .declared = source->arff.columns != NULL ? &source->arff : NULL,
                       .kind = FA_KIND_VECTORS,
                       .text = FA__NO_COLUMN,
                       .id = FA__NO_COLUMN,
                       .time = FA__NO_COLUMN,
                       .variable = FA__NO_COLUMN};
    char mark = fa__delimiter_of(source->bytes, source->size);
    plan->delimiter = mark != '\0' ? mark : ',';
    FA_TRY(each_row(plan, source, on_row));
    if (plan->columns == NULL) return fa__fail(FA_E_FORMAT, "%s: holds no rows", plan->where);
    fa__plan_header(plan);
    if (plan->header)
        for (size_t i = 0; i < plan->n_columns; i++) plan->columns[i].name = plan->fields[i].text;
    else
        FA_TRY(see_first(plan));
    if (plan->rows == 0)
        return fa__fail(FA_E_FORMAT, "%s: holds no rows below the names of the columns",
                        plan->where);
    fa__columns_judge(plan->columns, plan->n_columns);
    if (plan->declared != NULL) fa__plan_declare(plan);
    if (plan->totals == 1 && plan->total == plan->last_line && plan->rows > 2)
        fa__plan_note(plan, "the last row begins with a word for a sum (line %zu): is it a sample?",
                      plan->total);
    if (options->schema != NULL) FA_TRY(fa__plan_take_schema(plan, options->schema));
    FA_TRY(fa__plan_roles(plan));
    if (options->schema == NULL) FA_TRY(find_levels(plan, source));
    for (size_t i = 0; i < plan->n_columns; i++)
        plan->features += fa__plan_width(&plan->columns[i]);
    if (plan->kind != FA_KIND_VECTORS || options->schema != NULL) return FA_OK;
    return say_series(plan, source);
}

void fa__plan_close(fa__plan *plan) {
    fa__columns_free(plan->columns, plan->n_columns);
    fa__free(plan->fields);
    fa__free(plan->first);
    fa__free(plan->fill);
    plan->fill = NULL;
    plan->columns = NULL;
    plan->fields = NULL;
    plan->first = NULL;
}

size_t fa__plan_width(const fa__column *column) {
    if (column->role != FA__ROLE_FEATURE) return 0;
    return (column->type == FA__COLUMN_CATEGORY ? column->levels.count : 1) + column->flagged;
}

/* "age", "colour=red", "age missing" */
fa_status fa__plan_feature_names(fa__names *names, const fa__plan *plan) {
    static const char flag[] = " missing";
    size_t size = 1, used = 0;
    char *made;
    if (!plan->header) return FA_OK;
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        size_t width = fa__plan_width(c);
        size += width * (strlen(c->name) + sizeof flag + 1) + c->levels.used;
    }
    FA_TRY(FA_NEW(made, size));
    for (size_t i = 0; i < plan->n_columns; i++) {
        const fa__column *c = &plan->columns[i];
        size_t width = fa__plan_width(c), flagged = width > 0 && c->flagged;
        for (size_t k = 0; k < width; k++) {
            const char *level = "", *mark = "";
            if (flagged && k + 1 == width)
                level = flag;
            else if (c->type == FA__COLUMN_CATEGORY) {
                mark = "=";
                level = c->levels.text + c->levels.starts[k];
            }
            used += (size_t)snprintf(made + used, size - used, "%s%s%s", c->name, mark, level) + 1;
        }
    }
    *names = (fa__names){.text = made, .size = used, .count = plan->features};
    return FA_OK;
}
