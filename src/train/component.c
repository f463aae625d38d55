/* The table of components. */
#include "train/component.h"

static fa_status nothing(double *value, const fa__objective *objective, const fa__gathered *at) {
    (void)objective;
    (void)at;
    *value = 0;
    return FA_OK;
}

const fa__component fa__component_none = {.eval = nothing};

const fa__component *fa__component_at(int choice) {
#define ROW(name, text) &fa__component_##name,
    static const fa__component *const table[] = {FA__COMPONENTS(ROW)};
#undef ROW
    return table[choice];
}
