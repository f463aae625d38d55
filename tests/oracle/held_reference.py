"""Writes tests/data/held_reference.txt: the losses that hold together, in float64, with gradients by the complex step.

The equations are written as in include/forced_apart/loss.h, pair by pair; the derivative by entry e is
Im L(x + 1e-30 i at e) / 1e-30, exact to the last digits and without any derivation by hand. Inputs are those of
loss_reference.py, so a case is a line: loss kind seed n d labels divergence number value, then the gradient's entries.

    python tests/oracle/held_reference.py > tests/data/held_reference.txt     (about 20 s; NumPy alone)
"""
import numpy as np

MASK = (1 << 32) - 1


def noise(seed, index):
    x = (np.asarray(index, dtype=np.uint64) * 2654435761 + seed * 40503 + 1) & MASK
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = x ^ (x >> shift)
        x = (x * factor) & MASK
    return x ^ (x >> 16)


def matrix(kind, seed, n, d):
    x = (noise(seed, np.arange(n * d, dtype=np.uint64)) >> 12).astype(np.float64) - 524288
    x = (x * {"plain": 2, "wide": 80, "near": 2, "duplicates": 4}[kind] / 524288).reshape(n, d)
    if kind == "near":
        x = np.float32(x[:1] + x / 4096).astype(np.float64)
    if kind == "duplicates":
        x = x[np.arange(n) // 2 * 2]
    return x


def label_vector(count, seed, n):
    return (noise(seed + 3, np.arange(n)) % max(count, 1)).astype(np.int64)


def pair_list(seed, n):
    """n / 2 pairs at random: some come twice or turned, some join labels, the last is a row with itself."""
    a, b = noise(seed + 7, np.arange(n // 2)) % n, noise(seed + 8, np.arange(n // 2)) % n
    pairs = np.stack([a, b], 1).astype(np.int64)
    pairs[1] = pairs[0]
    pairs[2] = pairs[0][::-1]
    pairs[-1] = pairs[-1][:1]
    return pairs


def log_softmax(z):
    top = z.real.max(1, keepdims=True)
    return z - top - np.log(np.exp(z - top).sum(1, keepdims=True))


def divergence(name, l, i, j):
    p, q = np.exp(l[i]), np.exp(l[j])
    if name == "kl":
        return (p * (l[i] - l[j])).sum()
    m = np.log((p + q) / 2)
    return ((p * (l[i] - m)).sum() + (q * (l[j] - m)).sum()) / 2


def hold(z, y, pairs, name, number):
    l = log_softmax(z)
    return sum(divergence(name, l, i, j) + divergence(name, l, j, i) for i, j in pairs) / 2 / len(pairs)


def multi(z, y, pairs, name, margin):
    l, out = log_softmax(z), {frozenset(p) for p in pairs.tolist() if p[0] != p[1]}
    counts = (y[:, None] == y[None, :]).sum(1)
    total = 0
    for i in range(len(z)):
        for j in range(len(z)):
            if y[i] != y[j] or frozenset((i, j)) in out:
                continue
            for a, b in ((i, j), (j, i)):
                d = divergence(name, l, a, b)
                if d.real < margin:
                    total += (margin - d) / counts[i] ** 2
    return total


def entropy(p):
    return -(p * np.log(p)).sum()


def information(z, y, pairs, name, mu):
    """name: kl plain, cap: at .9 of the largest entropy, prior: 1, 2, ... d over their sum."""
    p = np.exp(log_softmax(z))
    d, total = z.shape[1], 0
    for value in np.unique(y):
        own = p[y == value]
        mean = own.mean(0)
        first = sum(entropy(row) for row in own) / len(own)
        if name == "prior":
            prior = np.float32(np.arange(1, d + 1) / (d * (d + 1) / 2)).astype(np.float64)
            second = (mean * np.log(mean / (prior / prior.sum()))).sum()
        else:
            second = -entropy(mean)
            if name == "cap" and -second.real > 0.9 * np.log(d):
                second = -0.9 * np.log(d)
        total += first + mu * second
    return total / len(np.unique(y))


def infonce(z, y, pairs, name, temperature):
    u = z / np.sqrt((z * z).sum(1, keepdims=True))
    s = u @ u.T / temperature
    terms = []
    for a, b in pairs:
        if a == b or y[a] != y[b]:
            continue
        for i, j in ((a, b), (b, a)):
            others = [k for k in range(len(z)) if k != i and y[k] == y[i]]
            terms.append(-s[i, j] + np.log(np.exp(s[i, others]).sum()))
    return sum(terms) / len(terms)


LOSSES = {"hold": hold, "multi": multi, "information": information, "infonce": infonce}


def case(loss, kind, seed, n, d, labels, name, number):
    z = matrix(kind, seed, n, d).astype(complex)
    y, pairs = label_vector(labels, seed, n), pair_list(seed, n)
    number = float(np.float32(number))
    run = lambda x: LOSSES[loss](x, y, pairs, name, number)
    print(loss, kind, seed, n, d, labels, name, "%.17g" % number, "%.15g" % run(z).real)
    gradient = np.empty(n * d)
    for e in range(n * d):
        z.flat[e] += 1e-30j
        gradient[e] = run(z).imag / 1e-30
        z.flat[e] = z.flat[e].real
    for row in gradient.reshape(n, d):
        print(" ".join("%.12g" % g for g in row))


for seed, kind in enumerate(("plain", "near", "duplicates"), 1):
    for name in ("kl", "js"):
        case("hold", kind, seed, 12, 5, 0, name, 0)
        case("multi", kind, seed, 12, 5, 2, name, 0.5)
        case("multi", kind, seed + 20, 14, 6, 0, name, 1)
    for name, mu in (("kl", 1), ("kl", 3), ("cap", 3), ("prior", 2)):
        case("information", kind, seed, 12, 5, 0, name, mu)
        case("information", kind, seed + 30, 12, 5, 3, name, mu)
    case("infonce", kind, seed + 12, 12, 5, 2, "kl", 0.2)
    case("infonce", kind, seed + 40, 12, 5, 0, "kl", 0.5)
case("hold", "wide", 9, 12, 5, 0, "kl", 0)
case("hold", "wide", 9, 12, 5, 0, "js", 0)
case("multi", "wide", 9, 12, 5, 2, "kl", 50)
case("information", "wide", 9, 12, 5, 2, "kl", 3)
