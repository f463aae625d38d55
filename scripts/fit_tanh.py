#!/usr/bin/env python3
"""Fits the tanh of src/engine/native_body.h: x P(x^2) / Q(x^2), degrees 4 and 4 in x^2, on |x| <= 9.0109.

Least squares on Chebyshev nodes, reweighted towards the largest relative error; prints the coefficients and the
largest relative error in exact and in float32 arithmetic. Needs numpy.
"""
import numpy as np

BOUND, DEGREE = 9.0109, 4


def fit():
    nodes = np.cos(np.pi * (np.arange(6000) + 0.5) / 6000)
    x = BOUND / 2 * (1 - nodes)
    x = x[x > 1e-6]
    y = np.tanh(x) / x
    powers = np.vander(x * x / BOUND**2, DEGREE + 1, increasing=True)
    weight, denominator, best = np.ones_like(x), np.ones_like(x), None
    for step in range(240):
        # P - y Q = 0 is linear once the denominator of the step before weighs it.
        scale = (weight / np.abs(y) / denominator)[:, None]
        matrix = np.hstack([powers, -y[:, None] * powers[:, 1:]])
        c = np.linalg.lstsq(matrix * scale, y * scale[:, 0], rcond=None)[0]
        p, q = c[: DEGREE + 1], np.r_[1, c[DEGREE + 1 :]]
        denominator = np.abs(powers @ q)
        error = np.abs(powers @ p / (powers @ q) / y - 1)
        if best is None or error.max() < best[0]:
            best = error.max(), p, q
        if step > 3:
            weight *= (0.3 + error / error.max()) ** 0.5
            weight /= weight.max()
    unscale = BOUND ** (-2.0 * np.arange(DEGREE + 1))
    return best[0], best[1] * unscale, best[2] * unscale


def horner(coefficients, u):
    value = np.full_like(u, np.float32(coefficients[-1]))
    for c in coefficients[-2::-1]:
        value = (value * u + np.float32(c)).astype(np.float32)
    return value


error, p, q = fit()
x = np.linspace(0, BOUND, 400001).astype(np.float32)[1:]
u = (x * x).astype(np.float32)
value = (x * horner(p, u) / horner(q, u)).astype(np.float64)
print("P", ["%.9g" % c for c in p])
print("Q", ["%.9g" % c for c in q])
print("relative error: exact %.2g, float32 %.2g" % (error, np.abs(value / np.tanh(x.astype(float)) - 1).max()))
