"""NumPy reads what fa_dataset_write wrote.

    mkdir /tmp/keep; FA_TEST_KEEP=/tmp/keep build/tests/test_data_npz
    python tests/oracle/npz_check.py /tmp/keep
"""
import sys
import zipfile

import numpy as np

folder = sys.argv[1]
for name, dtype, values in [
    ("whole", "int16", [-32768, 32767, 0, -1, 2, 3]),
    ("broken", "float32", [0.25, 1e30, -1e-30, 3, 4, 5]),
]:
    path = f"{folder}/{name}.npz"
    assert zipfile.ZipFile(path).testzip() is None
    file = np.load(path)
    assert sorted(file.files) == ["labels", "offsets", "points"], file.files
    assert file["points"].dtype == dtype and file["points"].shape == (3, 2)
    assert np.array_equal(file["points"].ravel(), np.array(values, dtype))
    assert file["offsets"].dtype == "int64" and file["offsets"].tolist() == [0, 1, 3]
    assert file["labels"].tolist() == [-3, 1000]
    print("ok:", path)
