"""The losses in PyTorch, for tensors that are not on the CPU: exact, by tiles, with memory O(N D).

Each function gives (loss, [gradients]); the gradients are written out by hand, so that no graph of N^2 nodes is kept.
Notation: l = log softmax(row), p = exp(l), e = sum p l; D(i,j) = e_i - p_i . l_j for KL.
"""

import math

import torch

TILE = 1024  # rows and columns of a tile of pairs
CUBE = 1 << 22  # numbers of a tile of JS, which has a column of D each


def _groups(labels, n, device):
    """The rows of each label."""
    if labels is None:
        return [torch.arange(n, device=device)]
    order = torch.argsort(labels, stable=True)
    return torch.split(order, torch.unique_consecutive(labels[order], return_counts=True)[1].tolist())


def _diagonal(rows, columns, mask):
    """Leaves out i = j, which is a constant."""
    return mask & (rows[:, None] != columns[None, :])


def _push(h, groups, weights, margin, divergence):
    """sum_g weight_g sum_{i != j in g} f(i,j), and its gradient."""
    l = torch.log_softmax(h, 1)
    p = l.exp()
    e = (p * l).sum(1)
    loss, gradient = h.new_zeros(()), torch.zeros_like(h)
    side = TILE if divergence == "kl" else max(1, math.isqrt(CUBE // h.shape[1]))
    for group, weight in zip(groups, weights):
        for rows in group.split(side):
            for columns in group.split(side):
                tile = _kl if divergence == "kl" else _js
                loss += weight * tile(gradient, l, p, e, rows, columns, margin, weight)
    return loss, gradient


def _kl(gradient, l, p, e, rows, columns, margin, weight):
    li, pi, lj, pj = l[rows], p[rows], l[columns], p[columns]
    d = e[rows, None] - pi @ lj.T
    mask = _diagonal(rows, columns, d < margin)
    on = mask.to(l.dtype)
    inside = torch.where(mask, d, 0)
    # dD/dz_i = p_i (l_i - l_j - D),  dD/dz_j = p_j - p_i
    count = on.sum(1, keepdim=True)
    gradient[rows] -= weight * pi * (li * count - on @ lj - inside.sum(1, keepdim=True))
    gradient[columns] -= weight * (pj * on.sum(0)[:, None] - on.T @ pi)
    return margin * on.sum() - inside.sum()


def _js(gradient, l, p, e, rows, columns, margin, weight):
    d, log_q = _js_of(l[rows, None], l[None, columns], p[rows, None], p[None, columns], e[rows, None], e[None, columns])
    mask = _diagonal(rows, columns, d < margin)
    on = mask.to(l.dtype)
    # dD/dz_i = p_i / 2 (l_i - log q - sum_k p_ik (l_ik - log q_k)); the pair stands in the sum a second time as (j,i)
    excess = (l[rows, None] - log_q) * on[..., None]
    excess = (excess - (excess * p[rows, None]).sum(-1, keepdim=True)).sum(1)
    gradient[rows] -= weight * p[rows] * excess
    return (on * (margin - d)).sum()


def _js_of(li, lj, pi, pj, ei, ej):
    q = (pi + pj) / 2
    log_q = torch.logaddexp(li, lj) - math.log(2)
    return (ei + ej) / 2 - (q * log_q).sum(-1), log_q


def single(w, margin, divergence):
    loss, gradient = _push(w, [torch.arange(len(w), device=w.device)], [1.0], margin, divergence)
    return loss, [gradient]


def multi(h, labels, pairs, margin, divergence, norm):
    groups = _groups(labels, len(h), h.device)
    sizes = [len(one) for one in groups]
    total = sum(one * one for one in sizes)
    weights = [2.0 / (one * one if norm == "label" or labels is None else total) for one in sizes]
    loss, gradient = _push(h, groups, weights, margin, divergence)
    loss += margin * sum(weight * one for weight, one in zip(weights, sizes))
    if pairs is not None and len(pairs):
        of_row = h.new_empty(len(h))
        for group, weight in zip(groups, weights):
            of_row[group] = weight
        i, j = torch.unique(torch.sort(pairs.long(), 1)[0], dim=0).T
        keep = i != j if labels is None else (i != j) & (labels[i] == labels[j])
        i, j = i[keep], j[keep]
        d_ij, d_ji, add = _divergences(h, i, j, divergence)
        loss -= (of_row[i] * ((margin - d_ij).clamp(min=0) + (margin - d_ji).clamp(min=0))).sum()
        add(gradient, of_row[i] * (d_ij < margin), of_row[i] * (d_ji < margin))
    return loss, [gradient]


def _divergences(h, i, j, divergence):
    """D(i,j) and D(j,i) of some pairs, and what adds sum a D(i,j) + b D(j,i) to a gradient."""
    l = torch.log_softmax(h, 1)
    p = l.exp()
    e = (p * l).sum(1)
    parts = torch.arange(len(i), device=h.device).split(max(1, CUBE // h.shape[1]))

    def of(a, b):
        if divergence == "kl":
            return torch.cat([(p[a[at]] * (l[a[at]] - l[b[at]])).sum(1) for at in parts] or [e[:0]])
        return torch.cat(
            [_js_of(l[a[at]], l[b[at]], p[a[at]], p[b[at]], e[a[at]], e[b[at]])[0] for at in parts] or [e[:0]]
        )

    d_ij, d_ji = of(i, j), of(j, i)

    def add(gradient, weight_ij, weight_ji):
        for at in parts:
            for a, b, d, weight in (
                (i[at], j[at], d_ij[at, None], weight_ij[at, None]),
                (j[at], i[at], d_ji[at, None], weight_ji[at, None]),
            ):
                la, pa, lb, pb = l[a], p[a], l[b], p[b]
                if divergence == "kl":
                    gradient.index_add_(0, a, weight * pa * (la - lb - d))
                    gradient.index_add_(0, b, weight * (pb - pa))
                else:
                    log_q = _js_of(la, lb, pa, pb, e[a], e[b])[1]
                    for index, lx, px in ((a, la, pa), (b, lb, pb)):
                        x = lx - log_q
                        gradient.index_add_(0, index, weight / 2 * px * (x - (x * px).sum(1, keepdim=True)))

    return d_ij, d_ji, add


def hold(h, pairs, divergence):
    gradient = torch.zeros_like(h)
    if not len(pairs):
        return h.new_zeros(()), [gradient]
    i, j = pairs.long().T
    d_ij, d_ji, add = _divergences(h, i, j, divergence)
    weight = torch.full_like(d_ij, 0.5 / len(pairs))
    add(gradient, weight, weight)
    return (weight * (d_ij + d_ji)).sum(), [gradient]


def information(h, labels, mu):
    # dH(p_i)/dz_i = -p_i (l_i - e_i),  dH(mean)/dz_i = -p_i / n (log mean - p_i . log mean)
    group = (
        torch.zeros(len(h), dtype=torch.long, device=h.device)
        if labels is None
        else torch.unique(labels, return_inverse=True)[1]
    )
    counts = torch.bincount(group).to(h.dtype)
    l = torch.log_softmax(h, 1)
    p = l.exp()
    e = (p * l).sum(1, keepdim=True)
    mean = h.new_zeros((len(counts), h.shape[1])).index_add_(0, group, p / counts[group, None])
    log_mean = torch.where(mean > 0, mean, 1).log()
    share = (1 / (counts * len(counts)))[group, None]
    of_mean = log_mean[group]
    gradient = share * p * (mu * (of_mean - (p * of_mean).sum(1, keepdim=True)) - (l - e))
    return (mu * (mean * log_mean).sum() / len(counts)) - (share * e).sum(), [gradient]


def infonce(h, labels, pairs, temperature):
    length = torch.linalg.vector_norm(h, dim=1, keepdim=True)
    u = torch.where(length > 0, h / length, 0)
    i, j = pairs.long().T
    keep = i != j if labels is None else (i != j) & (labels[i] == labels[j])
    i, j = torch.cat((i[keep], j[keep])), torch.cat((j[keep], i[keep]))
    if not len(i):
        return h.new_zeros(()), [torch.zeros_like(h)]
    each = 1 / len(i)
    weight = h.new_zeros(len(h)).index_add_(0, i, torch.full_like(i, 1, dtype=h.dtype) * each)
    loss = -each / temperature * (u[i] * u[j]).sum()
    d_u = torch.zeros_like(h)
    for at in torch.arange(len(i), device=h.device).split(max(1, CUBE // h.shape[1])):
        d_u.index_add_(0, i[at], -each / temperature * u[j[at]])
        d_u.index_add_(0, j[at], -each / temperature * u[i[at]])
    for group in _groups(labels, len(h), h.device):
        for rows in group.split(TILE):
            total = torch.full((len(rows),), -torch.inf, dtype=h.dtype, device=h.device)
            for columns in group.split(TILE):
                total = torch.logaddexp(total, torch.logsumexp(_similar(u, rows, columns, temperature), 1))
            seen = torch.where(weight[rows] > 0, total, 0)
            loss += (weight[rows] * seen).sum()
            for columns in group.split(TILE):
                share = (_similar(u, rows, columns, temperature) - seen[:, None]).exp()
                share = torch.where(weight[rows, None] > 0, share * weight[rows, None] / temperature, 0)
                d_u[rows] += share @ u[columns]
                d_u[columns] += share.T @ u[rows]
    gradient = (d_u - u * (u * d_u).sum(1, keepdim=True)) / torch.where(length > 0, length, 1)
    return loss, [torch.where(length > 0, gradient, 0)]


def _similar(u, rows, columns, temperature):
    """Cosine over temperature of a tile; a row with itself does not count."""
    s = u[rows] @ u[columns].T / temperature
    return s.masked_fill(rows[:, None] == columns[None, :], -torch.inf)


def _centred(x):
    return x - x.mean(0)


def decov(h):
    x = _centred(h)
    c = x.T @ x / len(h)
    c.fill_diagonal_(0)
    return 0.5 * (c * c).sum(), [2 / len(h) * (x @ c)]


def xcov(h, yhat):
    x, y = _centred(h), _centred(yhat)
    c = x.T @ y / len(h)
    return 0.5 * (c * c).sum(), [y @ c.T / len(h), x @ c / len(h)]
