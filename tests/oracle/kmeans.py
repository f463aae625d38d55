"""Writes tests/data/kmeans.npy: scikit-learn's inertia on data sets that tests/test_kmeans.c makes
again by the same integer generator. Row: rows, columns, k, clusters made, spread, inertia.

Run: python3 tests/oracle/kmeans.py  (numpy, scikit-learn; seconds)
"""

import pathlib

import numpy as np
import sklearn
from sklearn.cluster import KMeans

#        rows, columns, k, clusters made, spread of a cluster in 64ths
CASES = ((100, 2, 3, 3, 40), (333, 5, 4, 6, 400), (1000, 15, 10, 10, 300), (777, 33, 7, 20, 500),
         (2000, 64, 10, 10, 900), (1500, 1, 6, 6, 100), (600, 3, 25, 25, 60),
         (2500, 17, 13, 1, 800))


class Generator:
    """Knuth's 64-bit linear congruential generator; the upper 31 bits."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound


def rows(case):
    n, d, _, made, spread = CASES[case]
    draw = Generator(case)
    centre = [[draw.below(1024) for _ in range(d)] for _ in range(made)]
    x = np.empty((n, d), np.float32)
    for i in range(n):
        home = centre[draw.below(made)]
        for j in range(d):
            noise = draw.below(spread) + draw.below(spread) - spread
            x[i, j] = (home[j] + noise) / 64
    return x


def main():
    table = []
    for case, sizes in enumerate(CASES):
        model = KMeans(sizes[2], n_init=20, tol=0, random_state=0)
        model.fit(rows(case).astype(np.float64))
        table.append((*sizes, model.inertia_))
    out = pathlib.Path(__file__).parent.parent / "data" / "kmeans.npy"
    np.save(out, np.array(table))
    print(f"scikit-learn {sklearn.__version__}: {len(table)} data sets")


if __name__ == "__main__":
    main()
