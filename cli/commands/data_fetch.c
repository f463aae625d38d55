/* forced-apart data fetch: the official files of a known data set, checked before they get their
 * names. */
#include "core/checksum.h"
#include "core/commands.h"
#include "core/output.h"
#include "core/places.h"
#include "core/progress.h"

#include <stdlib.h>
#include <string.h>
#ifdef FA_HAVE_CURL
#include <curl/curl.h>
#include <sha256.h>
#endif

static struct { const char *mirror; } opts;

static const cli_option options[] = {
    {.name = "mirror",
     .type = OPTION_TEXT,
     .to = &opts.mirror,
     .value = "URL",
     .text = "folder to fetch from, in place of the usual places; a local one is file:///PATH"},
    {0},
};

/* True if the file is there with the size and the checksum of the official one. */
static bool is_official(const char *path, const known_file *file) {
    uint64_t size;
    if (!file_size(path, &size) || size != file->size) return false;
    char text[CHECKSUM_TEXT];
    return checksum_path(text, path) && strcmp(text, file->sha256) == 0;
}

#ifdef FA_HAVE_CURL
/* One file on its way. */
typedef struct transfer {
    const known_file *file;
    uint8_t *bytes; /* [file->size] */
    uint64_t got;
    bool too_long;
} transfer;

static size_t receive(char *bytes, size_t size, size_t count, void *user) {
    transfer *to = user;
    size_t total = size * count;
    to->too_long = total > to->file->size - to->got;
    if (to->too_long) return 0; /* breaks the transfer off */
    memcpy(to->bytes + to->got, bytes, total);
    to->got += total;
    return total;
}

static int show(void *user, curl_off_t total, curl_off_t done, curl_off_t up, curl_off_t sent) {
    (void)total;
    (void)up;
    (void)sent;
    const transfer *to = user;
    return progress_bytes(to->file->name, (double)done, (double)to->file->size);
}

#define SET(option, value)                                                                         \
    if (code == CURLE_OK) code = curl_easy_setopt(curl, option, value)

static CURLcode perform(const char *url, transfer *to, char *error) {
    CURL *curl = curl_easy_init();
    CURLcode code = curl != NULL ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    SET(CURLOPT_URL, url);
    SET(CURLOPT_ERRORBUFFER, error);
    SET(CURLOPT_WRITEFUNCTION, receive);
    SET(CURLOPT_WRITEDATA, to);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, show);
    SET(CURLOPT_XFERINFODATA, to);
    SET(CURLOPT_FAILONERROR, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, 5L);
    SET(CURLOPT_CONNECTTIMEOUT, 30L);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L); /* bytes per second, */
    SET(CURLOPT_LOW_SPEED_TIME, 60L); /* for this many seconds */
    SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https,file");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS | CURLPROTO_FILE);
    SET(CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    if (code == CURLE_OK) code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    /* nothing but memory fails in setting up */
    return code == CURLE_FAILED_INIT ? CURLE_OUT_OF_MEMORY : code;
}

/* What was wrong with a finished transfer, "" if nothing. */
static void judge(char *why, size_t size, const transfer *from, CURLcode code, const char *error) {
    const known_file *file = from->file;
    char text[CHECKSUM_TEXT];
    SHA256Data(from->bytes, from->got, text);
    why[0] = '\0';
    if (interrupted())
        snprintf(why, size, "stopped");
    else if (from->too_long)
        snprintf(why, size, "is longer than the official %llu bytes",
                 (unsigned long long)file->size);
    else if (code != CURLE_OK)
        snprintf(why, size, "%s",
                 code == CURLE_OUT_OF_MEMORY ? "out of memory"
                 : error[0] != '\0'          ? error
                                             : curl_easy_strerror(code));
    else if (from->got != file->size)
        snprintf(why, size, "has %llu bytes, the official file has %llu",
                 (unsigned long long)from->got, (unsigned long long)file->size);
    else if (strcmp(text, file->sha256) != 0)
        snprintf(why, size, "its SHA-256 is %s, the official file's is %s", text, file->sha256);
}

/* Fetches url to path: complete and checked, or not there. */
static void fetch_url(char *why, size_t size, const char *url, const char *path,
                      const known_file *file) {
    char error[CURL_ERROR_SIZE] = "";
    transfer to = {.file = file, .bytes = malloc(file->size)};
    if (to.bytes == NULL) {
        snprintf(why, size, "no memory for %llu bytes", (unsigned long long)file->size);
        return;
    }
    CURLcode code = perform(url, &to, error);
    judge(why, size, &to, code, error);
    if (why[0] == '\0' && fa_file_write(path, to.bytes, to.got) != FA_OK)
        snprintf(why, size, "%s", fa_error_detail());
    free(to.bytes);
}

static int fetch_file(const known_data *data, const known_file *file, const char *path) {
    const char *given[] = {opts.mirror, NULL};
    const char *const *mirrors = opts.mirror != NULL ? given : data->mirrors;
    char url[PLACE_MAX], why[1024] = "";
    for (size_t i = 0; mirrors[i] != NULL; i++) {
        size_t length = strlen(mirrors[i]);
        const char *slash = length > 0 && mirrors[i][length - 1] == '/' ? "" : "/";
        snprintf(url, sizeof url, "%s%s%s", mirrors[i], slash, file->name);
        fetch_url(why, sizeof why, url, path, file);
        progress_end();
        if (why[0] == '\0') {
            note("fetched %s", url);
            return EXIT_OK;
        }
        if (interrupted()) return fail("stopped; %s was not fetched", file->name);
        if (mirrors[i + 1] != NULL) note("%s: %s; trying the next mirror", url, why);
    }
    return fail("%s: %s; nothing was left there; --mirror URL names another place", url, why);
}

static int fetch_missing(const known_data *data, const char *folder) {
    char path[PLACE_MAX];
    if (fa_folder_make(folder) != FA_OK) return fail_library();
    for (const known_file *file = data->files; file->name != NULL; file++) {
        if (!join_path(path, folder, file->name)) return EXIT_FAILED;
        if (is_official(path, file)) {
            note("%s is there already", path);
            continue;
        }
        int code = fetch_file(data, file, path);
        if (code != EXIT_OK) return code;
    }
    return EXIT_OK;
}
#else
static int fetch_missing(const known_data *data, const char *folder) {
    char path[PLACE_MAX];
    for (const known_file *file = data->files; file->name != NULL; file++) {
        if (!join_path(path, folder, file->name)) return EXIT_FAILED;
        if (!is_official(path, file))
            return fail("%s is not there, and this program was built without libcurl: install "
                        "libcurl4-openssl-dev and build again, or put the official file there",
                        path);
    }
    return EXIT_OK;
}
#endif

static int print_result(const known_data *data, const char *folder) {
    if (!common.json) {
        for (const known_file *file = data->files; file->name != NULL; file++)
            printf("%s/%s\n", folder, file->name);
        return EXIT_OK;
    }
    json_t *files = json_array();
    for (const known_file *file = data->files; file->name != NULL; file++) {
        char path[PLACE_MAX];
        if (!join_path(path, folder, file->name)) break;
        json_array_append_new(files, json_pack("{s:o, s:I, s:s}", "path", json_text(path), "bytes",
                                               (json_int_t)file->size, "sha256", file->sha256));
    }
    return print_json(json_pack("{s:s, s:o, s:o}", "name", data->name, "folder", json_text(folder),
                                "files", files));
}

static int run(const arguments *given) {
    char root[PLACE_MAX], folder[PLACE_MAX];
    const known_data *data = known_data_find(given->operand[0]);
    if (data == NULL) {
        char names[256];
        known_data_names(names, sizeof names);
        return misuse(&command_data_fetch, "'%s' is no known data set; known: %s",
                      given->operand[0], names);
    }
    if (opts.mirror != NULL && strstr(opts.mirror, "://") == NULL)
        return misuse(&command_data_fetch,
                      "--mirror takes a URL, got '%s'; a folder is written file:///PATH",
                      opts.mirror);
    if (!data_folder(root) || !join_path(folder, root, data->name)) return EXIT_FAILED;
    progress_start("");
    int code = fetch_missing(data, folder);
    return code == EXIT_OK ? print_result(data, folder) : code;
}

const cli_command command_data_fetch = {
    .name = "data fetch",
    .summary = "fetch a known data set into the data folder",
    .text = "Fetches the official files of a known data set into its folder in the data folder "
            "(see data list), checks size and SHA-256, and prints their paths. Files that are "
            "there already are kept. A file is complete or absent.",
    .examples = "forced-apart data fetch mnist\n"
                "forced-apart data fetch mnist --mirror file:///mnt/mnist",
    .operands = {{"NAME", "a known data set, such as mnist", false}},
    .options = options,
    .run = run,
};
