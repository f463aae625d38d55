"""Writes the NumPy fixtures of test_npy.c and test_data.c into tests/data/npy (a few kB).

    python tests/oracle/npy_files.py tests/data/npy

Every matrix_* file holds values[i, j] = 4 i + j - 3 (for unsigned and bool: their absolute value,
for bool: != 0), shape (3, 4); float files hold a quarter of it.
"""
import os
import sys

import numpy as np
from numpy.lib import format as npy_format

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
values = np.arange(12).reshape(3, 4) - 3


def save(name, array, version=None):
    with open(os.path.join(out, name + ".npy"), "wb") as f:
        npy_format.write_array(f, array, version=version)


for dtype in "i1 <i2 >i2 <i4 >i4 <i8 >i8".split():
    save("matrix_" + dtype.replace("<", "le_").replace(">", "be_"), values.astype(dtype))
for dtype in "b1 u1 <u2 >u2 <u4 >u4 <u8 >u8".split():
    save("matrix_" + dtype.replace("<", "le_").replace(">", "be_"), np.abs(values).astype(dtype))
for dtype in "<f2 >f2 <f4 >f4 <f8 >f8".split():
    save("matrix_" + dtype.replace("<", "le_").replace(">", "be_"), (values / 4).astype(dtype))
save("matrix_fortran_le_f4", np.asfortranarray((values / 4).astype("<f4")))
save("matrix_fortran_be_f2", np.asfortranarray((values / 4).astype(">f2")))
save("matrix_v2_le_f4", (values / 4).astype("<f4"), (2, 0))
save("matrix_v3_le_f4", (values / 4).astype("<f4"), (3, 0))

# The limits of float16: one, the largest, the smallest normal, the largest and smallest subnormal.
save("halves", np.array([0x3C00, 0x7BFF, 0x0400, 0x03FF, 0x0001, 0x8000, 0xC001], "<u2").view("<f2"))
save("labels_be_i8", np.array([3, -7, 2**31 - 1, -(2**31)], ">i8"))
save("labels_column_le_f8", np.array([[1.0], [2.0], [-4.0]], "<f8"))
save("too_large_le_i8", np.array([0, 1, 2**31], "<i8"))
save("not_whole_le_f4", np.array([0, 1, 2.5], "<f4"))
save("nan_le_f4", np.array([[1, 2], [3, np.nan]], "<f4"))
save("inf_be_f2", np.array([[1, -np.inf], [3, 4]], ">f2"))
save("beyond_float32_le_f8", np.array([[1], [1e39]], "<f8"))

for name, array in {
    "object": np.array([None, 1], dtype=object),
    "complex": np.array([1j], "<c8"),
    "bytes": np.array([b"abc"]),
    "text": np.array(["abc"]),
    "structured": np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f4")]),
    "void": np.zeros(2, "V3"),
    "datetime": np.array(["2020-01-01"], dtype="<M8[D]"),
    "longdouble": np.array([1], dtype=np.longdouble),
    "zero_d": np.array(1.0, "<f4"),
    "three_d": np.zeros((2, 3, 4), "<f4"),
    "empty": np.zeros((0, 3), "<f4"),
}.items():
    save("refused_" + name, array)

# Ragged series: lengths 2, 0, 1, 3 of two features.
series = {
    "points": np.arange(12, dtype=">f4").reshape(6, 2) / 2,
    "offsets": np.array([0, 2, 2, 3, 6], ">i4"),
    "labels": np.array([5, 6, 7, 8], "u1"),
}
np.savez(os.path.join(out, "series_stored.npz"), **series)
np.savez_compressed(os.path.join(out, "series_deflated.npz"), **series, more=np.zeros(3))

# Images in splits as MedMNIST names them, labels in a column: pixel i of image s is 10 s + i, class s + 4.
pixels = (10 * np.arange(5)[:, None] + np.arange(12)).astype("u1").reshape(5, 2, 2, 3)
np.savez(
    os.path.join(out, "images_splits.npz"),
    train_images=pixels[:2],
    train_labels=np.arange(4, 6)[:, None],
    val_images=pixels[2:3],
    test_images=pixels[3:],
    test_labels=np.arange(7, 9)[:, None],
)
