"""Writes tests/data/scores.npy: AMI, NMI and ARI of pairs of labelings that tests/test_scores.c
makes again by the same integer generator.

Row p holds AMI with mean p % 4, NMI with mean p / 4 % 4 (max, geometric, arithmetic, min) and ARI.
Rows 0 to 9,999 are scikit-learn's values, each checked here against an exact sum (binomials in
whole numbers); where one side is all singletons scikit-learn's AMI is rounding (0/0 for min), and
the exact value stands. The last rows are larger labelings, where scikit-learn's AMI is off by up to
6e-11: the exact value stands, too.

Run: python3 tests/oracle/scores.py  (numpy, scikit-learn; about a minute)
"""

import math
import pathlib
from collections import Counter

import numpy as np
import sklearn
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    normalized_mutual_info_score,
)

PAIRS = 10_000
SIZES = (1, 2, 3, 4, 6, 9, 14, 25, 50, 120)
LARGE = ((700, 400, 350), (3000, 1500, 2000), (3000, 50, 1000), (2500, 2, 3), (2048, 1, 7))
MEANS = ("max", "geometric", "arithmetic", "min")
LOW, HIGH = -(2**31), 2**31 - 1


class Generator:
    """Knuth's 64-bit linear congruential generator; the upper 31 bits."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound


def side(draw, n, other):
    kind = draw.below(8)
    if kind == 0:  # one class
        return [LOW] * n
    if kind == 1:  # all singletons
        return [HIGH - i for i in range(n)]
    if kind == 2:  # one outlier
        odd = draw.below(n)
        return [0 if i == odd else HIGH for i in range(n)]
    if kind == 3:  # four classes over the whole range of int32
        return [LOW + 1431655765 * draw.below(4) for _ in range(n)]
    if kind == 4:  # sizes that fall
        return [min(draw.below(8), draw.below(8)) for _ in range(n)]
    if kind == 5 and other is not None:  # the other side with a quarter of the names drawn anew
        return [draw.below(5) if draw.below(4) == 0 else label for label in other]
    classes = 1 + draw.below(n)
    return [draw.below(classes) - classes // 2 for _ in range(n)]


def pair(p):
    draw = Generator(p)
    if p >= PAIRS:
        n, in_u, in_v = LARGE[p - PAIRS]
        return [draw.below(in_u) for _ in range(n)], [draw.below(in_v) for _ in range(n)]
    n = SIZES[draw.below(len(SIZES))]
    u = side(draw, n, None)
    return u, side(draw, n, u)


def exact_ami(u, v, mean):
    n, a, b, cells = len(u), Counter(u), Counter(v), Counter(zip(u, v))
    if len(cells) == len(a) == len(b):
        return 1.0
    if len(a) == 1 or len(b) == 1:
        return 0.0
    if n in (len(a), len(b)):
        return 1.0 if mean == "min" else 0.0
    mutual = math.fsum(c / n * math.log(n * c / (a[i] * b[j])) for (i, j), c in cells.items())
    terms = []
    for s, times_s in Counter(a.values()).items():
        for t, times_t in Counter(b.values()).items():
            ways = math.comb(n, t)
            for x in range(max(1, s + t - n), min(s, t) + 1):
                share = math.comb(s, x) * math.comb(n - s, t - x) / ways
                terms.append(times_s * times_t * share * x / n * math.log(n * x / (s * t)))
    expected = math.fsum(terms)
    h = [-math.fsum(c / n * math.log(c / n) for c in k.values()) for k in (a, b)]
    normaliser = {"max": max(h), "min": min(h), "arithmetic": sum(h) / 2,
                  "geometric": math.sqrt(h[0] * h[1])}[mean]
    return (mutual - expected) / (normaliser - expected)


def main():
    rows, replaced, worst = [], 0, 0.0
    for p in range(PAIRS + len(LARGE)):
        u, v = pair(p)
        mean = MEANS[p % 4]
        ami = adjusted_mutual_info_score(u, v, average_method=mean)
        exact = exact_ami(u, v, mean)
        if p >= PAIRS or len(u) in (len(set(u)), len(set(v))):
            replaced += ami != exact
            ami = exact
        worst = max(worst, abs(ami - exact))
        nmi = normalized_mutual_info_score(u, v, average_method=MEANS[p // 4 % 4])
        rows.append((ami, nmi, adjusted_rand_score(u, v)))
    assert worst <= 1e-12, worst
    out = pathlib.Path(__file__).parent.parent / "data" / "scores.npy"
    np.save(out, np.array(rows))
    print(f"scikit-learn {sklearn.__version__}: {len(rows)} rows, {replaced} AMI replaced by the "
          f"exact value, the others within {worst:.1e} of it")


if __name__ == "__main__":
    main()
