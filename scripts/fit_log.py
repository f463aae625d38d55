#!/usr/bin/env python3
"""Fits the logarithm of src/loss/pairwise_body.h: log((1 + s) / (1 - s)) = s P(s^2) on -1/3 <= s <= 0.

Least squares on Chebyshev nodes, reweighted towards the largest relative error; prints the coefficients and the
largest relative error in exact and in float32 arithmetic. Needs numpy.
"""
import numpy as np

BOUND, DEGREE = 1 / 9, 4

nodes = BOUND / 2 * (1 - np.cos(np.pi * (np.arange(4000) + 0.5) / 4000))
s = np.sqrt(nodes)
want = (np.log1p(s) - np.log1p(-s)) / s
powers = np.vander(nodes / BOUND, DEGREE + 1, increasing=True)
weight, best = np.ones_like(s), None
for step in range(400):
    c = np.linalg.lstsq(powers * weight[:, None], want * weight, rcond=None)[0]
    error = np.abs(powers @ c / want - 1)
    if best is None or error.max() < best[0]:
        best = error.max(), c
    weight *= (0.3 + error / error.max()) ** 0.5
    weight /= weight.max()
error, c = best
c = c / BOUND ** np.arange(DEGREE + 1)

s32 = np.linspace(0, 1 / 3, 400001).astype(np.float32)[1:]
y = (s32 * s32).astype(np.float32)
value = np.full_like(y, np.float32(c[-1]))
for a in c[-2::-1]:
    value = (value * y + np.float32(a)).astype(np.float32)
value = (s32 * value).astype(np.float64)
exact = np.log1p(s32.astype(float)) - np.log1p(-s32.astype(float))
print("P", ["%.9g" % a for a in c])
print("relative error: exact %.2g, float32 %.2g" % (error, np.abs(value / exact - 1).max()))
