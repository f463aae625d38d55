#!/usr/bin/env python3
"""Writes tests/data/silhouette.npy and prints what scikit-learn and NumPy say of it.

Three blobs in 5 columns; column 5 holds a clustering into 4, column 6 a class. Run in the folder of
this script; needs numpy, scipy and scikit-learn.
"""
import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import silhouette_score

rng = np.random.default_rng(6)
classes = rng.integers(0, 3, 120)
x = np.maximum(rng.normal(size=(120, 5)) + 1.5 * np.eye(3, 5)[classes], 0).astype(np.float32)
x[:3] = 0
clusters = np.where(rng.random(120) < 0.25, rng.integers(0, 4, 120), classes)
np.save("../data/silhouette.npy", np.column_stack([x, clusters, classes]).astype(np.float32))
print("silhouette", repr(silhouette_score(x.astype(np.float64), clusters)))
table = np.zeros((4, 3), int)
np.add.at(table, (clusters, classes), 1)
rows, columns = linear_sum_assignment(-table)
print("matching", dict(zip(rows.tolist(), columns.tolist())), table[rows, columns].sum())
active = x.max(1) > x.min(1)
counts = np.zeros((5, 3), int)
np.add.at(counts, (x.argmax(1)[active], classes[active]), 1)
print("activation", counts.tolist(), "silent", int((~active).sum()))
big = rng.integers(0, 50, (9, 7))
rows, columns = linear_sum_assignment(-big)
print("big", big.tolist(), dict(zip(rows.tolist(), columns.tolist())), big[rows, columns].sum())
