"""Losses and gradients against float64 PyTorch by autograd on the matrix form, for C and for tiles."""

import math

import pytest

torch = pytest.importorskip("torch")

from forced_apart import _tiled, losses  # noqa: E402

SHAPES = [(1, 5), (2, 3), (7, 1), (33, 64), (150, 17)]


# ==== The oracle: equations on whole matrices, differentiated by autograd ====


def divergences(h, kind):
    l = torch.log_softmax(h, 1)
    p = l.exp()
    if kind == "kl":
        return (p * l).sum(1)[:, None] - p @ l.T
    q = (p[:, None] + p[None]) / 2
    to_q = (p[:, None] * (l[:, None] - q.log())).sum(-1)
    return (to_q + to_q.T) / 2


def hinge(h, margin, kind):
    f = (margin - divergences(h, kind)).clamp(min=0)
    return torch.where(torch.eye(len(h), dtype=torch.bool), torch.tensor(margin, dtype=h.dtype), f)


def multi(h, labels, margin, kind, norm, pairs=None):
    labels = torch.zeros(len(h), dtype=torch.long) if labels is None else labels
    same = (labels[:, None] == labels[None]).to(h.dtype)
    count = same.sum(1)
    weight = same / (count[:, None] ** 2 if norm == "label" else same.sum())
    if pairs is not None:
        for i, j in pairs.tolist():
            if i != j:
                weight[i, j] = weight[j, i] = 0
    f = hinge(h, margin, kind)
    return (weight * (f + f.T)).sum()


def single(w, margin, kind):
    return hinge(w, margin, kind).sum() - margin * len(w)


def hold(h, pairs, kind):
    if not len(pairs):
        return h.sum() * 0
    d = divergences(h, kind)
    i, j = pairs.T
    return (d[i, j] + d[j, i]).mean() / 2


def information(h, labels, mu):
    labels = torch.zeros(len(h), dtype=torch.long) if labels is None else labels
    total, known = 0, labels.unique()
    for label in known:
        p = torch.softmax(h[labels == label], 1)
        mean = p.mean(0)
        total = total - torch.special.xlogy(p, p).sum(1).mean() + mu * torch.special.xlogy(mean, mean).sum()
    return total / len(known)


def infonce(h, labels, pairs, temperature):
    labels = torch.zeros(len(h), dtype=torch.long) if labels is None else labels
    s = torch.nn.functional.normalize(h, dim=1) @ torch.nn.functional.normalize(h, dim=1).T / temperature
    s = s.masked_fill((labels[:, None] != labels[None]) | torch.eye(len(h), dtype=torch.bool), -torch.inf)
    terms = [
        torch.logsumexp(s[a], 0) - s[a, b]
        for i, j in pairs.tolist()
        if i != j and labels[i] == labels[j]
        for a, b in ((i, j), (j, i))
    ]
    return torch.stack(terms).mean() if terms else (h * 0).sum()


def decov(h):
    x = h - h.mean(0)
    c = x.T @ x / len(h)
    return ((c**2).sum() - (c.diag() ** 2).sum()) / 2


def xcov(h, y):
    return ((h - h.mean(0)).T @ (y - y.mean(0)) / len(h)).pow(2).sum() / 2


# ==== The cases ====


def made(n, d, spread=1.0):
    rng = torch.Generator().manual_seed(100 * n + d)
    h = spread * torch.randn(n, d, generator=rng, dtype=torch.float64)
    labels = torch.randint(0, max(1, min(3, n // 2)), (n,), generator=rng)
    pairs = torch.randint(0, n, (n // 2, 2), generator=rng)
    return h.float().double(), labels, pairs


def check(oracle, native, tiled, *inputs, rtol=2e-5):
    """The oracle's value and gradients beside those of C (float32) and of tiles (float64)."""
    exact = [one.clone().requires_grad_() for one in inputs]
    expected = oracle(*exact)
    gradients = torch.autograd.grad(expected, exact, allow_unused=True)
    gradients = [torch.zeros_like(x) if g is None else g for g, x in zip(gradients, exact)]
    ours = [one.float().requires_grad_() for one in inputs]
    found = native(*ours)
    assert found.item() == pytest.approx(expected.item(), rel=rtol, abs=2e-6)
    found.backward()
    value, tiles = tiled(*inputs)
    assert value.item() == pytest.approx(expected.item(), rel=1e-9, abs=1e-11)
    for ours_, tile, g in zip(ours, tiles, gradients):
        size = g.norm().item()
        assert (ours_.grad.double() - g).norm().item() <= rtol * size + 2e-6
        assert (tile - g).norm().item() <= 1e-9 * size + 1e-11


@pytest.fixture(params=SHAPES, ids=str)
def shape(request):
    return request.param


@pytest.fixture(params=["one tile", "small tiles"])
def tiles(request, monkeypatch):
    if request.param == "small tiles":
        monkeypatch.setattr(_tiled, "TILE", 40)
        monkeypatch.setattr(_tiled, "CUBE", 3000)


@pytest.mark.parametrize("divergence", ["kl", "js"])
@pytest.mark.parametrize("norm", ["label", "global"])
@pytest.mark.parametrize("with_labels", [True, False])
def test_multi_equals_the_matrix_form(shape, tiles, divergence, norm, with_labels):
    h, labels, _ = made(*shape)
    y = labels if with_labels else None
    loss = losses.LMulti(0.3, divergence, norm)
    check(
        lambda x: multi(x, y, 0.3, divergence, norm),
        lambda x: loss(x, y),
        lambda x: _tiled.multi(x, y, None, 0.3, divergence, norm),
        h,
    )


@pytest.mark.parametrize("divergence", ["kl", "js"])
def test_multi_without_pairs_equals_the_matrix_form(shape, tiles, divergence):
    h, labels, pairs = made(*shape)
    loss = losses.LMulti(0.5, divergence)
    check(
        lambda x: multi(x, labels, 0.5, divergence, "label", pairs),
        lambda x: loss(x, labels, pairs),
        lambda x: _tiled.multi(x, labels, pairs, 0.5, divergence, "label"),
        h,
    )


@pytest.mark.parametrize("divergence,margin", [("kl", 5.0), ("js", 0.4)])
def test_single_equals_the_matrix_form(shape, tiles, divergence, margin):
    w = made(*shape)[0]
    loss = losses.LSingle(margin, divergence)
    check(lambda x: single(x, margin, divergence), loss, lambda x: _tiled.single(x, margin, divergence), w)


@pytest.mark.parametrize("divergence", ["kl", "js"])
def test_hold_equals_the_matrix_form(shape, tiles, divergence):
    h, _, pairs = made(*shape)
    loss = losses.Hold(divergence)
    check(
        lambda x: hold(x, pairs, divergence),
        lambda x: loss(x, pairs=pairs),
        lambda x: _tiled.hold(x, pairs, divergence),
        h,
    )


@pytest.mark.parametrize("with_labels", [True, False])
def test_information_equals_autograd(shape, with_labels):
    h, labels, _ = made(*shape, spread=3)
    y = labels if with_labels else None
    loss = losses.Information(3)
    check(lambda x: information(x, y, 3), lambda x: loss(x, y), lambda x: _tiled.information(x, y, 3), h)


@pytest.mark.parametrize("with_labels", [True, False])
def test_infonce_equals_the_matrix_form(shape, tiles, with_labels):
    h, labels, pairs = made(*shape)
    y = labels if with_labels else None
    loss = losses.InfoNCE(0.2)
    check(
        lambda x: infonce(x, y, pairs, 0.2), lambda x: loss(x, y, pairs), lambda x: _tiled.infonce(x, y, pairs, 0.2), h
    )


def test_decov_equals_autograd(shape):
    check(decov, losses.DeCov(), _tiled.decov, made(*shape)[0])


def test_xcov_equals_autograd_in_both_gradients(shape):
    h = made(*shape)[0]
    check(xcov, losses.XCov(), _tiled.xcov, h, made(shape[0], 3)[0])


def test_a_hand_worked_pair():
    # Rows (log 3, 0) and (0, 0): p = (3/4, 1/4), (1/2, 1/2); KL(1,2) = 3/4 log 3/2 + 1/4 log 1/2.
    h = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]])
    there = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    back = 0.5 * math.log(2 / 3) + 0.5 * math.log(2)
    assert losses.Hold()(h, pairs=[[0, 1]]).item() == pytest.approx((there + back) / 2, rel=1e-6)
    assert losses.LSingle(1.0)(h).item() == pytest.approx(2 - there - back, rel=1e-6)
    assert losses.LMulti(1.0)(h, torch.tensor([5, 5])).item() == pytest.approx(
        (2 * (2 - there - back) + 4) / 4, rel=1e-6
    )


# ==== How they are used ====


def test_labels_of_hold_are_the_samples_that_rows_are_views_of():
    h = made(12, 5)[0]
    samples = torch.arange(6).repeat(2)
    pairs = torch.stack((torch.arange(6), torch.arange(6) + 6), 1)
    assert losses.Hold()(h, samples) == losses.Hold()(h, pairs=pairs)
    many = torch.tensor([4, 1, 4, 4, 2, 1])
    assert sorted(map(tuple, losses.pairs_of(many).tolist())) == [(0, 2), (0, 3), (1, 5), (2, 3)]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_gradients_have_the_type_of_the_embeddings(dtype):
    h = made(10, 4)[0].to(dtype).requires_grad_()
    losses.LMulti()(h, torch.zeros(10, dtype=torch.long)).backward()
    assert h.grad.dtype == dtype and h.grad.isfinite().all()


def test_autocast_computes_in_float32():
    layer = torch.nn.Linear(8, 6)
    x, y = made(20, 8)[0].float(), torch.arange(20) % 2
    with torch.autocast("cpu", dtype=torch.bfloat16):
        h = layer(x)
        loss = losses.LMulti()(h, y)
    assert h.dtype == torch.bfloat16 and loss.dtype == torch.float32
    assert loss == losses.LMulti()(h.float(), y)
    loss.backward()
    assert layer.weight.grad.isfinite().all()


def test_views_that_are_not_contiguous_count_as_they_are():
    h = made(12, 9)[0].float()
    wide = torch.cat((h, h), 1).T.contiguous().T[:, :9].requires_grad_()
    assert not wide.is_contiguous()
    a, b = losses.DeCov()(wide), losses.DeCov()(h)
    assert a == b
    a.backward()


def test_the_loss_is_scaled_by_what_comes_behind_it():
    h = made(9, 4)[0].float().requires_grad_()
    (one,) = torch.autograd.grad(losses.DeCov()(h), h)
    (many,) = torch.autograd.grad(3 * losses.DeCov()(h) + h.sum(), h)
    torch.testing.assert_close(many, 3 * one + 1)


def test_a_second_derivative_is_an_error():
    h, scale = made(9, 4)[0].float().requires_grad_(), torch.ones((), requires_grad=True)
    (first,) = torch.autograd.grad(scale * losses.DeCov()(h), h, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


def test_without_gradients_the_value_is_the_same():
    h, y = made(40, 8)[0].float(), torch.arange(40) % 3
    assert losses.LMulti()(h, y) == losses.LMulti()(h.requires_grad_(), y)


def test_labels_of_64_bits_that_do_not_fit_32_stay_apart():
    h = made(6, 4)[0].float()
    big = torch.tensor([0, 2**32, 0, 2**32, 0, 2**32])
    assert losses.LMulti()(h, big) == losses.LMulti()(h, torch.arange(6) % 2)


@pytest.mark.parametrize(
    "call,text",
    [
        (lambda: losses.LMulti()(torch.zeros(3)), r"\[rows, columns\]"),
        (lambda: losses.LMulti()(torch.zeros(3, 0)), "rows, columns"),
        (lambda: losses.LMulti()(torch.zeros(3, 2), torch.zeros(4, dtype=torch.long)), r"whole numbers \[3\]"),
        (lambda: losses.LMulti()(torch.zeros(3, 2), torch.zeros(3)), "whole numbers"),
        (lambda: losses.LMulti()(torch.zeros(3, 2, dtype=torch.long)), "floats"),
        (lambda: losses.LMulti(0), "margin"),
        (lambda: losses.LMulti(0.1, "kld"), "'kl' or 'js'"),
        (lambda: losses.Hold()(torch.zeros(3, 2)), "labels"),
        (lambda: losses.Hold()(torch.zeros(3, 2), pairs=[[0, 3]]), "rows 0 to 2"),
        (lambda: losses.Hold()(torch.zeros(3, 2), pairs=[0, 1]), r"\[count, 2\]"),
        (lambda: losses.XCov()(torch.zeros(3, 2), torch.zeros(4, 2)), "same rows"),
        (lambda: losses.InfoNCE()(torch.zeros(3, 2)), "pairs"),
        (lambda: losses.InfoNCE(0), "temperature"),
        (lambda: losses.Information(-1), "mu"),
        (lambda: losses.LMulti()(torch.tensor([[0.0, float("nan")]])), "row 0"),
    ],
)
def test_misuse_is_one_clear_error(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_a_network_learns_by_the_losses():
    torch.manual_seed(0)
    x = torch.randn(64, 10)
    y = (x[:, 0] > 0).long()
    net = torch.nn.Sequential(torch.nn.Linear(10, 16), torch.nn.ReLU())
    head, push = torch.nn.Linear(16, 2), losses.LMulti(0.5)
    optimiser = torch.optim.Adam([*net.parameters(), *head.parameters()], 0.01)
    first = None
    for _ in range(60):
        h = net(x)
        loss = torch.nn.functional.cross_entropy(head(h), y) + push(h, y)
        first = first or loss.item()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.5 * first


@pytest.mark.skipif(not (torch.cuda.is_available() or torch.backends.mps.is_available()), reason="no other device")
def test_tensors_of_other_devices_go_by_tiles():
    device = "cuda" if torch.cuda.is_available() else "mps"
    h, labels, pairs = made(50, 8)
    for loss, rest in (
        (losses.LMulti(), (labels,)),
        (losses.LMulti(), (labels, pairs)),
        (losses.LSingle(), ()),
        (losses.DeCov(), ()),
        (losses.Hold(), (labels,)),
        (losses.Information(), (labels,)),
    ):
        here = h.float().requires_grad_()
        there = h.float().to(device).requires_grad_()
        a, b = loss(here, *rest), loss(there, *(one.to(device) for one in rest))
        a.backward()
        b.backward()
        torch.testing.assert_close(a, b.cpu(), rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(here.grad, there.grad.cpu(), rtol=1e-3, atol=1e-6)
