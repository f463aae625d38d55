/* The forms of the input that are candidates. */
#include "discover/discover.h"

enum { WIDEST_PCA = 4096 };

const char fa__input_space[] = "input", fa__unit_space[] = "input-unit",
           fa__standard_space[] = "input-standard";

/* The last are as many principal components as there are clusters, or as many as there are. */
const fa__input_form fa__forms[FA__FORMS] = {{fa__input_space, FA_TRANSFORM_NONE},
                                             {fa__unit_space, FA_TRANSFORM_UNIT},
                                             {fa__standard_space, FA_TRANSFORM_STANDARD},
                                             {"input-pca", FA_TRANSFORM_WHITEN_UNIT}};

size_t fa__form_components(fa_transform_kind kind, size_t k, size_t d) {
    if (kind != FA_TRANSFORM_WHITEN_UNIT) return 0;
    return k < d ? k : d;
}

fa_status fa__form_of_input(fa__rows *made, const fa__rows *raw, const fa__judged *judged,
                            size_t form) {
    const fa_transform_kind kind = fa__forms[form].kind;
    *made = (fa__rows){0};
    if (kind == FA_TRANSFORM_WHITEN_UNIT && raw->d > WIDEST_PCA) return FA_OK;
    return fa__rows_transform(made, raw, judged, kind,
                              fa__form_components(kind, judged->k, raw->d));
}
