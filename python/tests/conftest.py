"""Tests of the installed package. What needs PyTorch or scikit-learn is skipped where they are missing."""

import pathlib

import numpy as np
import pytest

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "include"


@pytest.fixture(scope="session")
def digits():
    return pytest.importorskip("sklearn.datasets").load_digits(return_X_y=True)


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
