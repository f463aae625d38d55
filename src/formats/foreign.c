/* Files of other programs. */
#include "formats/foreign.h"

#include "base/ascii.h"
#include "base/bytes.h"

#include <string.h>

static const struct {
    const char *magic;
    size_t size, at;
    const char *advice;
} known[] = {
    {"PAR1", 4, 0,
     "is a Parquet file; make CSV of it: python -c \"import pandas; "
     "pandas.read_parquet('FILE').to_csv('data.csv', index=False)\""},
    {"ARROW1", 6, 0,
     "is an Arrow (Feather) file; make CSV of it: python -c \"import pandas; "
     "pandas.read_feather('FILE').to_csv('data.csv', index=False)\""},
    {"\x89HDF\r\n\x1a\n", 8, 0,
     "is an HDF5 file; save the array that is wanted: np.save('x.npy', "
     "h5py.File('FILE')['...'][:])"},
    {"CDF\x01", 4, 0, "is a NetCDF file; save the array that is wanted as .npy (np.save)"},
    {"MATLAB ", 7, 0,
     "is a MATLAB file; save the array that is wanted: np.save('x.npy', "
     "scipy.io.loadmat('FILE')['...'])"},
    {"\xd0\xcf\x11\xe0", 4, 0, "is an old file of an office program (.xls); save the sheet as CSV"},
    {"$FL2", 4, 0,
     "is a file of SPSS; make CSV of it: python -c \"import pandas; "
     "pandas.read_spss('FILE').to_csv('data.csv', index=False)\""},
    {"<stata_dta", 10, 0,
     "is a file of Stata; make CSV of it: python -c \"import pandas; "
     "pandas.read_stata('FILE').to_csv('data.csv', index=False)\""},
    {"\xc2\xea\x81\x60", 4, 12,
     "is a file of SAS; make CSV of it: python -c \"import pandas; "
     "pandas.read_sas('FILE').to_csv('data.csv', index=False)\""},
    {"X\n\0\0\0", 5, 0,
     "is a file of R; write.csv(readRDS('FILE'), 'data.csv', row.names = FALSE)"},
    {"RDX", 3, 0,
     "is a file of R; load('FILE') there, and write.csv(x, 'data.csv', row.names = FALSE)"},
    {"%%MatrixMarket", 14, 0,
     "is a matrix of Matrix Market; save it as numbers: np.save('x.npy', "
     "scipy.io.mmread('FILE').toarray().astype('float32'))"},
    {"SQLite format 3", 15, 0, "is an SQLite database; write the table that is wanted as CSV"},
    {"\x28\xb5\x2f\xfd", 4, 0, "is packed by zstd; unpack it first"},
    {"\xfd"
     "7zXZ",
     5, 0, "is packed by xz; unpack it first"},
    {"BZh", 3, 0, "is packed by bzip2; unpack it first"},
    {"\x1f\x8b", 2, 0, "is packed twice; unpack it once (gunzip)"},
    {"Rar!", 4, 0, "is a RAR archive; unpack it first"},
    {"7z\xbc\xaf", 4, 0, "is a 7z archive; unpack it first"},
    {"version https://git-lfs", 23, 0,
     "is not the file itself but what Git LFS puts in its place; fetch it: git lfs pull"},
    {"<!DOCTYPE", 9, 0, "is a page of the web, no data (did a download end at a page?)"},
    {"<!doctype", 9, 0, "is a page of the web, no data (did a download end at a page?)"},
    {"<html", 5, 0, "is a page of the web, no data (did a download end at a page?)"},
    {"<HTML", 5, 0, "is a page of the web, no data (did a download end at a page?)"},
    {"<table", 6, 0,
     "is a table of a page of the web; make CSV of it: python -c \"import pandas; "
     "pandas.read_html('FILE')[0].to_csv('data.csv', index=False)\""},
    {"<?xml", 5, 0, "is XML; save the table that is wanted as CSV"},
    {"sep=", 4, 0,
     "begins with the line by which Excel is told the delimiter; take it out: tail "
     "-n +2 FILE >NEW"},
    {"%PDF", 4, 0, "is a PDF file; take the text out of it first"},
    {"\xff\xd8\xff", 3, 0, "is one JPEG image; give the folder that holds the images"},
    {"\x89PNG", 4, 0, "is one PNG image; give the folder that holds the images"},
    {"GIF8", 4, 0, "is a GIF image; images are JPEG or PNG, in a folder"},
    {"II*\0", 4, 0, "is a TIFF image; images are JPEG or PNG, in a folder"},
    {"MM\0*", 4, 0, "is a TIFF image; images are JPEG or PNG, in a folder"},
    {"WEBP", 4, 8, "is a WebP image; images are JPEG or PNG, in a folder"},
    {"WAVE", 4, 8, "is a WAV recording; save its samples as series (.npz of points and offsets)"},
};

enum { N_KNOWN = sizeof known / sizeof *known };

static const char utf16[] = "is UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW";

/* UTF-32 by its mark, or three of four bytes of the beginning zero. */
static bool is_utf32(const unsigned char *bytes, size_t size) {
    size_t zeros[4] = {0}, looked = size < 512 ? size - size % 4 : 512;
    if (size >= 4 && (memcmp(bytes, "\xff\xfe\0", 4) == 0 || memcmp(bytes, "\0\0\xfe\xff", 4) == 0))
        return true;
    for (size_t i = 0; i < looked; i++) zeros[i % 4] += bytes[i] == 0;
    size_t all = looked / 4;
    return looked >= 16 && ((zeros[0] == 0 && zeros[1] + zeros[2] + zeros[3] == 3 * all) ||
                            (zeros[3] == 0 && zeros[0] + zeros[1] + zeros[2] == 3 * all));
}

/* The size of a JSON object, and the object. */
static bool is_safetensors(const unsigned char *bytes, size_t size) {
    return size > 10 && bytes[8] == '{' && fa__load_little(bytes, 8) <= size - 8 &&
           (bytes[9] == '"' || bytes[9] == ' ' || bytes[9] == '}');
}

/* UTF-16 with its mark, or every other byte of the beginning zero. */
static bool is_utf16(const unsigned char *bytes, size_t size) {
    size_t zeros[2] = {0}, looked = size < 512 ? size : 512;
    if (size >= 2 &&
        ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff)))
        return true;
    for (size_t i = 0; i < looked; i++) zeros[i % 2] += bytes[i] == 0;
    return looked >= 8 && (zeros[0] * 5 > looked * 2 || zeros[1] * 5 > looked * 2) &&
           (zeros[0] * 20 < looked || zeros[1] * 20 < looked);
}

/* A pickle of protocol 2 or later: Python's CIFAR, torch.save before it was a zip, joblib. */
static bool is_pickle(const unsigned char *bytes, size_t size) {
    return size > 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5 &&
           memchr("}]c(X\x95", bytes[2], 6) != NULL;
}

/* "{" or "[" and then a quote, a brace or a number. */
static bool is_json(const unsigned char *bytes, size_t size) {
    size_t i = 0;
    if (size == 0 || (bytes[0] != '{' && bytes[0] != '[')) return false;
    for (i = 1; i < size && fa__is_space(bytes[i]);) i++;
    return i < size &&
           (bytes[0] == '{' ? bytes[i] == '"' : strchr("{[\"0123456789-", bytes[i]) != NULL) &&
           bytes[i] != 0;
}

const char *fa__foreign_advice(const fa__source *source) {
    const unsigned char *bytes = source->bytes;
    size_t size = source->size;
    if (bytes == NULL) return NULL;
    for (size_t i = 0; i < N_KNOWN; i++)
        if (size >= known[i].at + known[i].size &&
            memcmp(bytes + known[i].at, known[i].magic, known[i].size) == 0)
            return known[i].advice;
    if (is_utf32(bytes, size))
        return "is UTF-32 text; convert it: iconv -f UTF-32 -t UTF-8 FILE > NEW";
    if (is_utf16(bytes, size)) return utf16;
    if (is_safetensors(bytes, size))
        return "is a safetensors file; save the matrix that is wanted: np.save('x.npy', "
               "safetensors.numpy.load_file('FILE')['...'])";
    if (is_pickle(bytes, size))
        return "is a Python pickle, which is not read, as it can run code; of CIFAR take the "
               "binary "
               "version, of arrays save np.save('x.npy', array)";
    if (is_json(bytes, size))
        return "is JSON; make CSV of it: python -c \"import pandas; "
               "pandas.read_json('FILE').to_csv('data.csv', index=False)\" (lines=True for one a "
               "line)";
    return NULL;
}
