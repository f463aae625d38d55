/* Engines by name, and what was left out of this build. */
#include "engine/engine.h"

#include "base/eigen.h"

#include <string.h>
#include <zlib.h>

const fa__engine *fa__engine_at(size_t index) {
    static const fa__engine *(*const engines[])(void) = {
        fa__engine_native, /* the default */
        fa__engine_ref,
#ifdef FA_HAVE_ONEDNN
        fa__engine_onednn,
#endif
    };
    return index < sizeof engines / sizeof engines[0] ? engines[index]() : NULL;
}

fa_status fa__engine_find(const fa__engine **out, const char *name) {
    const fa__engine *engine;
    for (size_t i = 0; (engine = fa__engine_at(i)) != NULL; i++) {
        if (strcmp(name, engine->name) != 0 && !(i == 0 && strcmp(name, "auto") == 0)) continue;
        *out = engine;
        return FA_OK;
    }
    if (strcmp(name, "onednn") == 0)
        return fa__fail(FA_E_UNAVAILABLE,
                        "engine onednn is not built in: install libdnnl-dev and build again, "
                        "or use engine = native");
    return fa__fail(FA_E_ARGUMENT, "no engine is named '%s' (auto, native, ref, onednn)", name);
}

const fa_capability *fa_capabilities(size_t *count) {
    static fa_capability table[] = {
        {"threads", "parallel training by shards", "gcc (OpenMP)", NULL},
        {"onednn", "engine onednn", "libdnnl-dev", NULL},
        {"zlib", "gzip files", "zlib1g-dev", ZLIB_VERSION},
        {"lapack", "principal components (OpenBLAS), transform whiten",
         "liblapacke-dev libopenblas-dev", NULL},
    };
#ifdef FA_HAVE_OPENMP
    table[0].version = "OpenMP";
#endif
#ifdef FA_HAVE_ONEDNN
    table[1].version = fa__onednn_version();
#endif
    table[3].version = fa__eigen_version();
    *count = sizeof table / sizeof table[0];
    return table;
}
