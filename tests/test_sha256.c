/* The command line's SHA-256 against the examples of FIPS 180-4 and every way to cut a message. */
#include "test.h"

#include "sha256.h"

static void assert_digest(const char *message, size_t size, size_t piece, const char *wanted) {
    char text[SHA256_TEXT];
    sha256 hash;
    sha256_start(&hash);
    for (size_t at = 0; at < size; at += piece)
        sha256_add(&hash, message + at, size - at < piece ? size - at : piece);
    sha256_text(&hash, text);
    assert_string_equal(text, wanted);
}

static void sha256_matches_the_published_examples(void **state) {
    (void)state;
    const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert_digest("", 0, 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest("abc", 3, 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest(two_blocks, 56, 56,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void sha256_does_not_depend_on_the_pieces(void **state) {
    (void)state;
    static char million[1000000];
    memset(million, 'a', sizeof million);
    const char *wanted = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    const size_t pieces[] = {1, 55, 56, 63, 64, 65, 1000000};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        assert_digest(million, sizeof million, pieces[i], wanted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_matches_the_published_examples),
        cmocka_unit_test(sha256_does_not_depend_on_the_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
