/* Writing HTML: escaping, base64, and the head with its style. */
#include "report/page.h"

#include "base/bytes.h"

#include <string.h>

/* ==== Text ==== */

static const char *escape_of(unsigned char c) {
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (c < ' ' && c != '\n' && c != '\t') || c == 127 ? "\xef\xbf\xbd" : NULL;
    }
}

void fa__html_bytes(fa__writer *to, const char *text, size_t size) {
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    while (at < end) {
        size_t length = fa__utf8_length(at, (size_t)(end - at));
        const char *escape = length == 0 ? "\xef\xbf\xbd" : length == 1 ? escape_of(*at) : NULL;
        if (escape != NULL)
            fa__writer_put(to, escape, strlen(escape));
        else
            fa__writer_put(to, at, length);
        at += length > 0 ? length : 1;
    }
}

void fa__html(fa__writer *to, const char *text) {
    fa__html_bytes(to, text, strlen(text));
}

void fa__base64(fa__writer *to, const unsigned char *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        unsigned long three = (unsigned long)bytes[i] << 16;
        if (left > 1) three |= (unsigned long)bytes[i + 1] << 8;
        if (left > 2) three |= bytes[i + 2];
        char four[4] = {digits[three >> 18], digits[three >> 12 & 63],
                        left > 1 ? digits[three >> 6 & 63] : '=',
                        left > 2 ? digits[three & 63] : '='};
        fa__writer_put(to, four, 4);
    }
}

/* ==== The head ==== */

/* Wide things (tables, figures) scroll within their own box, so that the page itself never does;
 * pictures keep their white ground in the dark. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1b1b;--quiet:#5b5b5b;--line:#d5d5d5;--ground:#fff;"
    "--soft:#f3f5f7;--warn:#8a3b00;--warnground:#fff3e6;--mark:#0072b2;--bar:#cfe3f1}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e8e8e8;--quiet:#a8a8a8;--line:#444;"
    "--ground:#16181b;--soft:#212529;--warn:#ffb77a;--warnground:#3a2412;--mark:#6cb8ee;--bar:#"
    "1d4460}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:64rem;padding:1rem;background:var(--ground);color:var(--ink);"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
    "h1{font-size:1.6rem;margin:.5rem 0;overflow-wrap:anywhere}\n"
    "h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}\n"
    "h3{font-size:1rem;margin:1rem 0 .25rem}\n"
    "p,li{max-width:46rem}\n"
    ".quiet{color:var(--quiet);font-size:.9rem}\n"
    ".wide{overflow-x:auto;margin:.5rem 0}\n"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--line);"
    "white-space:nowrap}\n"
    "th:first-child,td:first-child,.text td,.text th{text-align:left}\n"
    ".text td:last-child,td code{white-space:normal;overflow-wrap:anywhere}\n"
    "td.share{background:linear-gradient(to right,var(--bar) var(--part),transparent "
    "var(--part))}\n"
    "td.hit{font-weight:700;color:var(--mark)}\n"
    "figure{margin:1rem 0}\n"
    "figure img{max-width:100%;height:auto;background:#fff;border-radius:4px}\n"
    "@media screen and (max-width:40rem){figure img.broad{max-width:none;width:38rem}}\n"
    "figcaption{font-size:.9rem;color:var(--quiet);max-width:46rem}\n"
    ".warnings{background:var(--warnground);color:var(--warn);padding:.5rem 1rem .5rem 2rem;"
    "border-radius:4px}\n"
    ".samples{display:flex;flex-wrap:wrap;gap:.4rem;margin:.2rem 0}\n"
    ".sample{border:1px solid var(--line);border-radius:4px;background:var(--soft);padding:2px;"
    "text-align:center;font-size:.75rem;color:var(--quiet);max-width:100%}\n"
    ".sample svg,.sample img{display:block;margin:auto}\n"
    ".sample .said{text-align:left;color:var(--ink);max-width:19rem;padding:.2rem;"
    "overflow-wrap:anywhere}\n"
    "td .said{min-width:14rem;white-space:normal}\n"
    ".sample polyline{fill:none;stroke:var(--ink);stroke-width:1.2;stroke-linejoin:round;"
    "stroke-linecap:round}\n"
    ".pixels{image-rendering:pixelated}\n"
    "summary{cursor:pointer;color:var(--mark)}\n"
    "code{overflow-wrap:anywhere}\n"
    "@media print{body{max-width:none;font-size:11px}h2,h3{break-after:avoid}figure,.sample,tr"
    "{break-inside:avoid}.wide{overflow:visible}}\n";

static void put_head(fa__writer *to, const char *title, const char *allowed, const char *more,
                     size_t size) {
    fa__writer_print(to,
                     "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     /* Whatever slipped through the escaping: nothing runs, nothing is fetched. */
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                     "'none'; img-src data:; style-src 'unsafe-inline'%s\">\n"
                     "<link rel=\"icon\" href=\"data:,\">\n<title>",
                     allowed);
    fa__html(to, title);
    fa__writer_print(to, "</title>\n<style>\n%s", style);
    fa__writer_put(to, more, size);
    fa__writer_print(to, "</style>\n</head>\n<body>\n");
}

void fa__html_head(fa__writer *to, const char *title) {
    put_head(to, title, "", "", 0);
}

void fa__html_head_scripted(fa__writer *to, const char *title, const char *more, size_t size) {
    put_head(to, title, "; script-src 'unsafe-inline'", more, size);
}
