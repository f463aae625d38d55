"""Tests of the installed package. What needs PyTorch or scikit-learn is skipped where they are missing."""

import os
import pathlib
import shutil

import numpy as np
import pytest

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "include"


@pytest.fixture(scope="session")
def digits():
    return pytest.importorskip("sklearn.datasets").load_digits(return_X_y=True)


@pytest.fixture(scope="session")
def program():
    """The command line, where it is there: $FORCED_APART_PROGRAM or on PATH."""
    found = os.environ.get("FORCED_APART_PROGRAM") or shutil.which("forced-apart")
    if not found:
        pytest.skip("no command line: set FORCED_APART_PROGRAM=build/forced-apart")
    return found


@pytest.fixture
def blobs():
    """Six groups of points far apart, three a coarse label: (x, coarse, hidden)."""
    rng = np.random.default_rng(3)
    hidden = np.repeat(np.arange(6), 40)
    centres = np.array([[0, 0, 8, 0], [8, 0, 8, 0], [0, 8, 8, 0], [0, 0, 0, 8], [8, 0, 0, 8], [0, 8, 0, 8]])
    order = rng.permutation(len(hidden))
    x = centres[hidden] + rng.normal(size=(len(hidden), 4))
    return x[order].astype(np.float32), (hidden // 3)[order], hidden[order]


def partition(labels):
    """Equal for labelings that are the same but for their numbers."""
    first = {}
    return [first.setdefault(int(one), len(first)) for one in labels]
