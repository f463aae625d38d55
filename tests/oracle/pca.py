"""Writes tests/data/pca.txt: principal components by scikit-learn, for tests/test_pca.c.

Each case: n d k m, then x [n, d], m new rows [m, d], mean [d], variance [k] (by 1/n, scikit-learn's
is by 1/(n - 1)), ratio [k], components [k, d] (the largest entry positive), and the new rows
projected [m, k] and whitened [m, k]. Eigenvalues are apart, so that the components are defined.

Run: python3 tests/oracle/pca.py  (numpy, scikit-learn; a second)
"""

import pathlib

import numpy as np
import sklearn
from sklearn.decomposition import PCA

M = 3
#        n    d   k   offset  scale
CASES = ((60, 7, 7, 0, 1), (5, 8, 4, 0, 1), (70, 40, 40, 0, 1), (40, 33, 6, 1e4, 1),
         (129, 3, 2, 0, 1e-18), (30, 5, 5, 0, 1e18), (4, 1, 1, -7, 2))


def write(file, values, digits):
    file.write(" ".join(f"{v:.{digits}g}" for v in np.ravel(values)) + "\n")


def main():
    rng = np.random.default_rng(6)
    out = pathlib.Path(__file__).parent.parent / "data" / "pca.txt"
    with open(out, "w", encoding="ascii") as file:
        for n, d, k, offset, scale in CASES:
            mix = np.linalg.qr(rng.normal(size=(d, d)))[0] * 1.15 ** -np.arange(d)[:, None]
            x = rng.normal(size=(n + M, d)) @ mix * scale + offset
            x, new = np.split(x.astype(np.float32), [n])
            pca = PCA(k, svd_solver="full").fit(x.astype(np.float64))
            axes = pca.components_
            signs = np.sign(axes[np.arange(k), np.abs(axes).argmax(1)])
            variance = pca.explained_variance_ * (n - 1) / n
            assert k == 1 or (variance[:-1] / variance[1:]).min() > 1.001
            projected = pca.transform(new.astype(np.float64)) * signs
            file.write(f"{n} {d} {k} {M}\n")
            write(file, x, 9)
            write(file, new, 9)
            for values in (pca.mean_, variance, pca.explained_variance_ratio_,
                           axes * signs[:, None], projected, projected / np.sqrt(variance)):
                write(file, values, 15)
    print(f"scikit-learn {sklearn.__version__}: {len(CASES)} cases, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
