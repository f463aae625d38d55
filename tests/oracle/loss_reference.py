"""Writes tests/data/loss_reference.txt: losses and gradients in float64 from PyTorch's autograd.

The equations are written as in the paper, the gradients are autograd's, so nothing is shared with
src/loss. Inputs come from a small integer generator that tests/test_loss_reference.c has too; the
file holds for each case only the loss, the gradient's norm and largest entry, and its product with
signs: per row (or evenly spaced rows), and over the whole matrix with several sign patterns.

    python tests/oracle/loss_reference.py > tests/data/loss_reference.txt     (about 10 s)
"""
import numpy as np
import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
MASK = (1 << 32) - 1
WHOLE, ROWS = 16, 64  # sign patterns over the whole gradient; rows with a product of their own


def noise(seed, index):
    """32 mixed bits of two 32-bit numbers; `index` may be an array."""
    x = (np.asarray(index, dtype=np.uint64) * 2654435761 + seed * 40503 + 1) & MASK
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = x ^ (x >> shift)
        x = (x * factor) & MASK
    return x ^ (x >> 16)


def matrix(kind, seed, n, d):
    index = np.arange(n * d, dtype=np.uint64)
    bits = noise(seed, index)
    x = (bits >> 12).astype(np.float64) - 524288  # 20 bits: exact in float32 with the scales below
    scale = {"plain": 2, "wide": 80, "near": 2, "duplicates": 4, "saturated": 8, "extreme": 8}[kind]
    x = (x * scale / 524288).reshape(n, d)
    if kind == "near":  # rows that differ in the fourth digit
        x = np.float32(x[:1] + x / 4096).astype(np.float64)
    if kind == "duplicates":  # rows 0 and 1 alike, 2 and 3, ...
        x = x[np.arange(n) // 2 * 2]
    if kind in ("saturated", "extreme"):  # two rows of three get one or two large entries
        large = 80.0 if kind == "saturated" else float(np.float32(1e30))
        for i in range(n):
            if i % 3 > 0:
                x[i, noise(seed + 1, i) % d] = large
            if i % 3 > 1:
                x[i, noise(seed + 2, i) % d] = -large if i % 2 else large
    return x


def label_vector(n_labels, seed, n):
    """n_labels - 1 labels in turn at random; the last label is rows 0 alone: a singleton."""
    if n_labels == 1:
        return np.full(n, -7)
    y = (noise(seed + 3, np.arange(n)) % (n_labels - 1)).astype(np.int64) * 1000 - 5
    y[0] = 2**31 - 1
    return y


def divergences(name, log_p, i):
    """D(i, j) for all j."""
    p = log_p.exp()
    if name == "kl":
        return (p[i] * (log_p[i] - log_p)).sum(1)
    log_mix = torch.logaddexp(log_p[i], log_p) - np.log(2)
    return ((p[i] * (log_p[i] - log_mix)).sum(1) + (p * (log_p - log_mix)).sum(1)) / 2


def multi(z, labels, name, margin, norm):
    """Eq. 8 (Eq. 10: labels all alike). One row at a time, so that autograd's memory stays small."""
    leaf = torch.log_softmax(z.detach(), 1).requires_grad_()
    y = torch.as_tensor(labels)
    counts = (y[:, None] == y[None, :]).sum(1).to(torch.float64)  # N_y of each row's label
    weight = 1 / counts**2 if norm == "label" else (1 / counts.sum()).expand(len(y))
    total = 0.0
    for i in range(len(z)):
        same = y == y[i]
        f_ij = torch.clamp(margin - divergences(name, leaf, i), min=0)
        term = 2 * (weight[i] * f_ij[same]).sum()  # the double sum meets f(i,j) twice
        term.backward()
        total += term.item()
    torch.log_softmax(z, 1).backward(leaf.grad)
    return total


def single(z, name, margin):
    leaf = torch.log_softmax(z.detach(), 1).requires_grad_()
    total = 0.0
    for i in range(len(z)):
        f_ij = torch.clamp(margin - divergences(name, leaf, i), min=0)
        term = f_ij[:i].sum() + f_ij[i + 1 :].sum()
        if len(z) > 1:
            term.backward()
        total += term.item()
    torch.log_softmax(z, 1).backward(leaf.grad)
    return total


def cross_covariance(x, y):
    return (x - x.mean(0)).T @ (y - y.mean(0)) / len(x)


def simple(loss, z, other):
    if loss == "decov":
        c = cross_covariance(z, z)
        value = ((c**2).sum() - (c.diagonal() ** 2).sum()) / 2
    elif loss == "xcov":
        value = (cross_covariance(z, other) ** 2).sum() / 2
    elif loss == "entropy" and z.shape[1] == 1:
        value = torch.nn.functional.binary_cross_entropy_with_logits(z[:, 0], other.to(torch.float64))
    elif loss == "entropy":
        value = torch.nn.functional.cross_entropy(z, other)
    elif loss == "reconstruction":
        value = ((z - other) ** 2).sum(1).mean()
    value.backward()
    return value.item()


def show(values):
    return " ".join("%.12g" % v for v in values)


def gradient_lines(grad, seed):
    """norm, largest entry; products with WHOLE sign patterns; products of up to ROWS rows."""
    g = grad.detach().numpy()
    n, d = g.shape
    index = np.arange(n * d)
    sign = lambda t: np.where(noise(seed + 100 + t, index) >> 31, 1.0, -1.0).reshape(n, d)
    rows = np.arange(min(n, ROWS)) * n // min(n, ROWS)
    print(show([np.linalg.norm(g), np.abs(g).max()]))
    print(show([(g * sign(t)).sum() for t in range(WHOLE)]))
    print(show((g * sign(WHOLE)).sum(1)[rows]))


def case(loss, kind, seed, n, d, extra, name="kl", margin=1.0, norm="label"):
    """extra: labels of multi (0: none); columns of yhat of xcov; unused otherwise."""
    margin = float(np.float32(margin))  # as the option holds it
    z = torch.tensor(matrix(kind, seed, n, d), requires_grad=True)
    other = None
    if loss == "multi":
        value = multi(z, np.zeros(n) if extra == 0 else label_vector(extra, seed, n), name, margin, norm)
    elif loss == "single":
        value = single(z, name, margin)
    else:
        if loss == "xcov":
            other = torch.tensor(matrix("plain", seed + 5, n, extra), requires_grad=True)
        elif loss == "entropy":
            other = torch.as_tensor((noise(seed + 4, np.arange(n)) % max(2, d)).astype(np.int64))
        elif loss == "reconstruction":
            other = torch.tensor(matrix("plain", seed + 5, n, d))
        value = simple(loss, z, other)
    print(loss, kind, seed, n, d, extra, name, "%.9g" % margin, norm, "%.17g" % value)
    gradient_lines(z.grad, seed)
    if loss == "xcov":
        gradient_lines(other.grad, seed)


def main():
    for name, scale in (("kl", 1), ("js", 0.25)):
        for norm in ("label", "global"):
            for labels in range(6):
                case("multi", "plain", 10 + labels, 33 + labels, 17 + labels, labels, name, scale, norm)
        for kind, margin in (("wide", 40), ("near", 1e-6), ("duplicates", 6), ("saturated", 40),
                             ("extreme", 5)):
            m = margin if name == "kl" else min(margin, 0.6875)
            case("multi", kind, 30, 64, 24, 3, name, m)
            case("multi", kind, 31, 40, 65, 0, name, m)
            case("single", kind, 32, 48, 31, 0, name, m)
        case("multi", "plain", 41, 3, 2, 2, name, scale)
        case("multi", "plain", 42, 128, 64, 3, name, scale)
        case("single", "plain", 43, 64, 512, 0, name, scale)
        case("multi", "plain", 45, 512, 64, 5, name, scale)
    case("multi", "extreme", 44, 40, 20, 2, "kl", 2e30)
    case("multi", "wide", 46, 512, 512, 5, "kl", 45)
    case("multi", "plain", 47, 512, 512, 0, "kl", 1.3)
    case("single", "plain", 48, 512, 512, 0, "kl", 1.3)
    for kind in ("plain", "wide", "duplicates", "saturated"):
        case("decov", kind, 50, 37, 21, 0)
        case("xcov", kind, 51, 37, 21, 3)
        case("entropy", kind, 52, 37, 1, 0)
        case("entropy", kind, 53, 37, 5, 0)
        case("reconstruction", kind, 54, 37, 21, 0)
    case("decov", "plain", 55, 5, 130, 0)
    case("decov", "plain", 56, 512, 512, 0)
    case("xcov", "plain", 57, 512, 512, 10)
    case("entropy", "plain", 58, 512, 512, 0)


if __name__ == "__main__":
    main()
