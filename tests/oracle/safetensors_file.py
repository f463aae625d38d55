"""The official safetensors package as the oracle of ours.

    safetensors_file.py write FILE   writes tests/data/official.safetensors (the committed fixture)
    safetensors_file.py check FILE   reads a file that test_safetensors wrote (FA_TEST_KEEP=FILE)

Needs: pip install safetensors numpy.
"""
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file


def write(path):
    tensors = {
        "fc.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 4 - 0.5,
        "fc.bias": np.array([1.5], dtype=np.float32),
        "step": np.array(2**40 + 1, dtype=np.int64),
        "loss": np.array([0.1, -1e300], dtype=np.float64),
        "none": np.zeros((0, 3), dtype=np.float32),
    }
    save_file(tensors, path, metadata={"kind": "fixture", "name": "Gr\u00f6\u00dfe"})


def check(path):
    t = load_file(path)
    assert set(t) == {"a", "b", "steps", "scalar", "empty"}, set(t)
    assert np.array_equal(t["a"], np.array([[1.5, -2, 3]], dtype=np.float32))
    assert np.array_equal(t["b"], np.array([0.1, 1e300], dtype=np.float64))
    assert np.array_equal(t["steps"], np.array([[-1], [2**62]], dtype=np.int64))
    assert t["scalar"].shape == () and t["scalar"] == np.float32(7)
    assert t["empty"].shape == (2, 0)
    with safe_open(path, "np") as f:
        assert f.metadata() == {"kind": "test", "quote": 'a "b"\n'}, f.metadata()
    print("ok:", path)


{"write": write, "check": check}[sys.argv[1]](sys.argv[2])
