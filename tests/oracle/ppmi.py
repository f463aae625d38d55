"""Writes tests/data/text/ppmi.texts, a text a line, and ppmi-WINDOW-UNITS.vec, the word vectors that
src/text/ppmi.h describes, by NumPy's dense SVD. For tests/test_ppmi.c.

The first three singular values and the last one asked for are apart from the next, so that the
first three columns and X X^T are defined; the largest entry of those columns is no tie.

Run: python3 tests/oracle/ppmi.py  (numpy; a second)
"""

import collections
import pathlib

import numpy as np

CASES = ((5, 6), (2, 30), (1, 60))  # window, units; there are fewer than 60 words


def vectors(texts, window, units):
    words = sorted(set(w for t in texts for w in t))
    number = {w: i for i, w in enumerate(words)}
    m = np.zeros((len(words), len(words)))
    for text in texts:
        for a, word in enumerate(text):
            for b in range(max(0, a - window), min(len(text), a + window + 1)):
                if a != b:
                    m[number[word], number[text[b]]] += 1
    s = m.sum(1)
    t = s.sum() * s**0.75 / (s**0.75).sum()
    with np.errstate(divide="ignore"):
        p = np.maximum(0, np.log(m * s.sum() / np.outer(s, t)))
    u, d, _ = np.linalg.svd(p)
    gaps = d[:-1] / np.maximum(d[1:], 1e-300)
    assert gaps[:3].min() > 1.02 and (units >= len(words) or gaps[units - 1] > 1.01), gaps
    x = np.zeros((len(words), units))
    k = min(units, len(words))
    x[:, :k] = u[:, :k] * np.sqrt(d[:k])
    for column in x.T[:3]:
        largest = np.sort(np.abs(column))
        assert largest[-1] > largest[-2] * 1.01
    x *= np.sign(x[np.abs(x).argmax(0), np.arange(units)]) + (x == 0).all(0)
    there = p.any(1)
    return words, there, x * 0.1 / np.sqrt(np.mean(x[there] ** 2))


def main():
    rng = np.random.default_rng(9)
    out = pathlib.Path(__file__).parent.parent / "data" / "text"
    topics = [[f"w{t}{chr(97 + i)}" for i in range(12)] for t in range(4)]
    common = [f"the{i}" for i in range(5)]
    texts = []
    for i in range(240):
        own = topics[(i * i) % 7 % 4]
        share = 1 / (1 + np.arange(len(own)))
        length = rng.integers(0, 14)
        texts.append([str(rng.choice(common)) if rng.random() < 0.3 else
                      str(rng.choice(own, p=share / share.sum())) for _ in range(length)])
    (out / "ppmi.texts").write_text("".join(" ".join(t) + "\n" for t in texts))
    for window, units in CASES:
        words, there, x = vectors(texts, window, units)
        with open(out / f"ppmi-{window}-{units}.vec", "w", encoding="ascii") as file:
            file.write(f"{there.sum()} {units}\n")
            for word, is_there, row in zip(words, there, x):
                if is_there:
                    file.write(word + " " + " ".join(f"{v:.8g}" for v in row) + "\n")
        print(window, units, len(words), "words,", there.sum(), "with vectors,",
              len(collections.Counter(w for t in texts for w in t)))


if __name__ == "__main__":
    main()
