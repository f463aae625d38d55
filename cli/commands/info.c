/* forced-apart info: what this program is made of and where it looks. */
#include "core/commands.h"
#include "core/output.h"
#include "core/places.h"

#ifdef FA_HAVE_CURL
#include <curl/curl.h>
#endif

/* What the command line links beside the library. */
static fa_capability download(void) {
    fa_capability curl = {"libcurl", "data fetch", "libcurl4-openssl-dev", NULL};
#ifdef FA_HAVE_CURL
    curl.version = curl_version_info(CURLVERSION_NOW)->version;
#endif
    return curl;
}

static json_t *capability_json(const fa_capability *item) {
    return json_pack("{s:s, s:s, s:s, s:s?}", "name", item->name, "purpose", item->purpose,
                     "package", item->package, "version", item->version);
}

static void print_capability(const fa_capability *item) {
    if (item->version != NULL)
        printf("  %-12s %-12s %s\n", item->name, item->version, item->purpose);
    else
        printf("  %-12s %-12s %s; install %s and build again\n", item->name, "not built in",
               item->purpose, item->package);
}

static int run(const arguments *given) {
    (void)given;
    char data[PLACE_MAX];
    if (!data_folder(data)) return EXIT_FAILED;
    const char *recipes = recipe_folder();
    size_t count;
    const fa_capability *table = fa_capabilities(&count), curl = download();
    if (common.json) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++) json_array_append_new(list, capability_json(&table[i]));
        json_array_append_new(list, capability_json(&curl));
        return print_json(json_pack(
            "{s:s, s:s, s:i, s:o, s:o, s:o}", "version", fa_version(), "simd", fa_simd_name(),
            "threads", fa_threads_get(), "data", json_text(data), "recipes",
            recipes != NULL ? json_text(recipes) : json_null(), "capabilities", list));
    }
    print_row("forced-apart", "", "%s", fa_version());
    print_row("simd", "", "%s", fa_simd_name());
    print_row("threads", "", "%d", fa_threads_get());
    if (fa_ranks() > 1) print_row("ranks", "", "%zu", fa_ranks());
    print_row("data", "", "%s%s", data, is_folder(data) ? "" : " (not there yet)");
    print_row("recipes", "", "%s", recipes != NULL ? recipes : "none found");
    print_heading("capabilities");
    for (size_t i = 0; i < count; i++) print_capability(&table[i]);
    print_capability(&curl);
    return EXIT_OK;
}

const cli_command command_info = {
    .name = "info",
    .summary = "version, capabilities, SIMD, threads, folders",
    .text = "Tells the version, which libraries this build uses and what the missing ones would "
            "bring, the SIMD kernels and threads in use, and the folders of data and recipes.",
    .ranks = true,
    .run = run,
};
