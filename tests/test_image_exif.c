/* EXIF in JPEG: an orientation is noted, and nothing else is made of it. */
#define _XOPEN_SOURCE 700
#include "data/dataset.h"

#include "data_files.h"
#include "formats/image_file.h"

/* A JPEG with an EXIF segment behind its first two bytes. */
static void put_exif(pile *p, const char *jpeg, size_t size, const char *exif, size_t length) {
    p->size = 0;
    put(p, jpeg, 2);
    put(p, "\xff\xe1", 2);
    put(p, (char[]){(char)((length + 2) >> 8), (char)(length + 2)}, 2);
    put(p, exif, length);
    put(p, jpeg + 2, size - 2);
}

static void orientation_of_exif_is_noted(void **state) {
    (void)state;
#define HEAD "Exif\0\0"
#define REST "\0\0\0\0\0\0"
    static const struct {
        const char *exif;
        size_t size;
        bool turned;
    } cases[] = {
#define EXIF(text) text, sizeof(text) - 1
        {EXIF(HEAD "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0" REST), true},
        {EXIF(HEAD "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08" REST), true},
        {EXIF(HEAD "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0" REST), false},
        {EXIF(HEAD "II*\0\xff\xff\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0" REST), false},
        {EXIF(HEAD "II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\x01\0"), false},
        {EXIF("http://ns.adobe.com/xap/1.0/"), false},
#undef EXIF
    };
    unsigned char *jpeg;
    size_t size, before = fa__memory_live();
    if (fa__jpeg_version() == NULL) skip();
    assert_ok(fa__make_folder(path_of("only")));
    assert_ok(fa__file_read(&jpeg, &size, fixture("fuzz/grey.jpg")));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pile p;
        fa_dataset *out;
        put_exif(&p, (char *)jpeg, size, cases[i].exif, cases[i].size);
        file_of("only/a.jpg", p.bytes, p.size);
        assert_ok(fa_dataset_read(&out, test_folder, NULL));
        assert_string_equal(fa_dataset_note(out),
                            cases[i].turned ? "1 image that EXIF turns taken as stored (the "
                                              "first: only/a.jpg; mogrify -auto-orient)"
                                            : "");
        fa_dataset_free(out);
    }
    fa__free(jpeg);
    assert_int_equal(fa__memory_live(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orientation_of_exif_is_noted),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
