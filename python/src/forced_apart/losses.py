"""The losses of the paper and their counterparts for PyTorch: `loss(embeddings, labels)`.

On the CPU the C library computes loss and gradient in one pass, in float32, with which pairs are inside the margin
decided as in double; on other devices the same equations run in PyTorch by tiles (`_tiled`), with memory O(N D). A
gradient is computed with the loss, and can be taken once: there is no second derivative.

docs/method.md has the equations; forced_apart/loss.h every degenerate case.
"""

import ctypes

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from . import _header as h
from . import _tiled
from ._library import InputError, interruptible, lib

DIVERGENCES = {"kl": h.FA_DIVERGENCE_KL, "js": h.FA_DIVERGENCE_JS}
NORMS = {"label": h.FA_PAIR_NORM_LABEL, "global": h.FA_PAIR_NORM_GLOBAL}


class _Computed(torch.autograd.Function):
    """A loss whose gradients are computed with it: compute(wanted) gives both."""

    @staticmethod
    def forward(compute, *inputs):
        with torch.autocast(inputs[0].device.type, enabled=False):
            loss, gradients = compute(*inputs)
        return (loss, *gradients)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*output[1:])
        ctx.set_materialize_grads(False)

    @staticmethod
    @once_differentiable
    def backward(ctx, outer, *_):
        if outer is None:
            return (None,) * (1 + len(ctx.saved_tensors))
        return (None, *(outer * one for one in ctx.saved_tensors))


def _value(compute, *inputs):
    return _Computed.apply(compute, *inputs)[0]


# ==== What is checked before C ====


def _matrix(x, what):
    if not isinstance(x, torch.Tensor) or x.dim() != 2 or 0 in x.shape or not x.is_floating_point():
        found = f"{x.dtype} of shape {tuple(x.shape)}" if isinstance(x, torch.Tensor) else type(x).__name__
        raise InputError(f"{what} must be a tensor of floats [rows, columns], not {found}")
    if x.device.type == "cpu" or x.dtype in (torch.float16, torch.bfloat16):
        return x.float()
    return x


def _labels(labels, x):
    if labels is None:
        return None
    labels = torch.as_tensor(labels)
    if labels.dim() == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != x.shape[:1] or labels.is_floating_point() or labels.is_complex():
        raise InputError(
            f"labels must be whole numbers [{x.shape[0]}], one a row of the embeddings, not {labels.dtype} "
            f"of shape {tuple(labels.shape)}"
        )
    if labels.dtype not in (torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool):
        labels = torch.unique(labels, return_inverse=True)[1]  # 64 bits need not fit
    return labels.to(x.device, torch.int32).contiguous()


def _pairs(pairs, x):
    pairs = torch.as_tensor(pairs)
    if pairs.numel() == 0:
        pairs = pairs.new_zeros((0, 2), dtype=torch.int64)
    if pairs.dim() != 2 or pairs.shape[1] != 2 or pairs.is_floating_point() or pairs.is_complex():
        raise InputError(
            f"pairs must be whole numbers [count, 2], rows of the embeddings, not {pairs.dtype} of shape "
            f"{tuple(pairs.shape)}"
        )
    if len(pairs) and (int(pairs.min()) < 0 or int(pairs.max()) >= len(x)):
        raise InputError(
            f"pairs name rows {int(pairs.min())} to {int(pairs.max())}; the embeddings have rows 0 to {len(x) - 1}"
        )
    return pairs.to(x.device, torch.int32).contiguous()


def pairs_of(samples):
    """All pairs (i, j), i < j, of rows with the same number: views of one sample. [count, 2]"""
    samples = torch.as_tensor(samples)
    order = torch.argsort(samples, stable=True)
    _, counts = torch.unique_consecutive(samples[order], return_counts=True)
    starts = torch.cumsum(counts, 0) - counts
    found = [torch.zeros((0, 2), dtype=torch.int64, device=samples.device)]
    for size in torch.unique(counts[counts > 1]).tolist():
        i, j = torch.triu_indices(size, size, 1, device=samples.device)
        first = starts[counts == size][:, None]
        found.append(torch.stack((order[first + i], order[first + j]), -1).reshape(-1, 2))
    return torch.cat(found)


def _choice(value, allowed, what):
    if value not in allowed:
        raise InputError(f"{what} is {value!r}; it may be {' or '.join(map(repr, allowed))}")
    return value


def _positive(value, what):
    if not (value > 0 and value < float("inf")):
        raise InputError(f"{what} is {value}; it must be above 0 and finite, as 0.1")
    return float(value)


# ==== Calls of C ====


def _pointer(tensor):
    return None if tensor is None else tensor.data_ptr()


# A thread for a call that Ctrl-C can end takes as long as some million multiply-adds, of which the library does at
# least some hundred million a second.
_LONG = 1e8


def _all_pairs(x):
    return len(x) * x.numel()


def _native(work, function, *rest):
    """compute() by a function of the library: loss, a gradient for each input, inputs with their sizes.

    work: its multiply-adds, about.
    """
    call = (lambda *given: interruptible(function, *given)) if work > _LONG else function

    def compute(*inputs):
        wanted = any(one.requires_grad for one in inputs)
        inputs = [one.contiguous() for one in inputs]
        gradients, loss = [torch.empty_like(one) for one in inputs] if wanted else [], ctypes.c_double()
        sizes = [one for x in inputs for one in (x.data_ptr(), *(x.shape if x is inputs[0] else x.shape[1:]))]
        call(ctypes.byref(loss), *([one.data_ptr() for one in gradients] or [None] * len(inputs)), *sizes, *rest)
        return torch.tensor(loss.value, dtype=inputs[0].dtype), gradients

    return compute


class _Pairwise(nn.Module):
    def __init__(self, margin, divergence, norm="label"):
        super().__init__()
        self.margin = _positive(margin, "margin")
        self.divergence = _choice(divergence, DIVERGENCES, "divergence")
        self.norm = _choice(norm, NORMS, "norm")

    def extra_repr(self):
        return f"margin={self.margin:g}, divergence={self.divergence!r}"

    def _options(self):
        return ctypes.byref(
            h.fa_loss_options(
                size=ctypes.sizeof(h.fa_loss_options),
                margin=self.margin,
                divergence=DIVERGENCES[self.divergence],
                norm=NORMS[self.norm],
            )
        )


class LMulti(_Pairwise):
    """L_multi (Eq. 8 to 10): forces the representations of alike-labelled samples of a batch apart.

    loss(embeddings [n, d], labels [n] or None, pairs=None): the outputs of the target layer and the coarse labels;
    without labels all pairs. pairs [count, 2], rows that belong together (two views of a sample), are not pushed: give
    them to Hold.
    """

    def __init__(self, margin=0.1, divergence="kl", norm="label"):
        super().__init__(margin, divergence, norm)

    def forward(self, embeddings, labels=None, pairs=None):
        x = _matrix(embeddings, "embeddings")
        y = _labels(labels, x)
        p = None if pairs is None else _pairs(pairs, x)
        if x.device.type != "cpu":
            return _value(lambda x: _tiled.multi(x, y, p, self.margin, self.divergence, self.norm), x)
        if p is None:
            return _value(_native(_all_pairs(x), lib.fa_loss_multi, _pointer(y), self._options()), x)
        rest = (_pointer(y), _pointer(p), len(p), self._options())
        return _value(_native(_all_pairs(x) + 16 * p.numel() * x.shape[1], lib.fa_loss_multi_pairs, *rest), x)


class LSingle(_Pairwise):
    """L_single (Eq. 5, 6): forces the rows of a weight matrix apart; loss(layer.weight). Labels are not looked at."""

    def __init__(self, margin=5.0, divergence="kl"):
        super().__init__(margin, divergence)

    def forward(self, weight, labels=None):
        x = _matrix(weight, "weight")
        if x.device.type != "cpu":
            return _value(lambda x: _tiled.single(x, self.margin, self.divergence), x)
        return _value(_native(_all_pairs(x), lib.fa_loss_single, self._options()), x)


class Hold(_Pairwise):
    """L_hold: holds the representations of positive pairs together.

    loss(embeddings [n, d], labels [n]): labels number the samples that the rows are views of, and all pairs of rows of
    one sample are held. Or loss(embeddings, pairs=[count, 2]).
    """

    def __init__(self, divergence="kl"):
        super().__init__(1.0, divergence)

    def extra_repr(self):
        return f"divergence={self.divergence!r}"

    def forward(self, embeddings, labels=None, pairs=None):
        x = _matrix(embeddings, "embeddings")
        if (labels is None) == (pairs is None):
            raise InputError("Hold takes labels, the sample of each row, or pairs of rows: one of both")
        p = _pairs(pairs_of(_labels(labels, x)) if pairs is None else pairs, x)
        if x.device.type != "cpu":
            return _value(lambda x: _tiled.hold(x, p, self.divergence), x)
        work = 16 * (len(x) + p.numel()) * x.shape[1]
        return _value(_native(work, lib.fa_loss_hold, _pointer(p), len(p), self._options()), x)


class Information(nn.Module):
    """L_information: each row of few units, all rows together of many. loss(embeddings, labels=None)"""

    def __init__(self, mu=3.0):
        super().__init__()
        if not 0 <= mu <= 1e30:
            raise InputError(f"mu is {mu}; it must be 0 to 1e30, as 3")
        self.mu = float(mu)

    def extra_repr(self):
        return f"mu={self.mu:g}"

    def forward(self, embeddings, labels=None):
        x = _matrix(embeddings, "embeddings")
        y = _labels(labels, x)
        if x.device.type != "cpu":
            return _value(lambda x: _tiled.information(x, y, self.mu), x)
        return _value(_native(16 * x.numel(), lib.fa_loss_information, _pointer(y), self.mu), x)


class InfoNCE(nn.Module):
    """InfoNCE within the coarse label, a baseline. loss(embeddings, labels or None, pairs=[count, 2])"""

    def __init__(self, temperature=0.1):
        super().__init__()
        if not 0.001 <= temperature < float("inf"):
            raise InputError(f"temperature is {temperature}; it must be 0.001 or more, as 0.1")
        self.temperature = float(temperature)

    def extra_repr(self):
        return f"temperature={self.temperature:g}"

    def forward(self, embeddings, labels=None, pairs=None):
        x = _matrix(embeddings, "embeddings")
        if pairs is None:
            raise InputError("InfoNCE takes pairs [count, 2] of rows that belong together; pairs_of makes them")
        y, p = _labels(labels, x), _pairs(pairs, x)
        if x.device.type != "cpu":
            return _value(lambda x: _tiled.infonce(x, y, p, self.temperature), x)
        rest = (_pointer(y), _pointer(p), len(p), self.temperature)
        return _value(_native(2 * _all_pairs(x), lib.fa_loss_infonce, *rest), x)


class DeCov(nn.Module):
    """DeCov, a baseline: punishes covariance between different activations. Labels are not looked at."""

    def forward(self, embeddings, labels=None):
        x = _matrix(embeddings, "embeddings")
        if x.device.type != "cpu":
            return _value(_tiled.decov, x)
        return _value(_native(2 * x.numel() * x.shape[1], lib.fa_loss_decov), x)


class XCov(nn.Module):
    """XCov, a baseline: punishes covariance between activations [n, d] and predictions [n, c]."""

    def forward(self, embeddings, predictions):
        x, y = _matrix(embeddings, "embeddings"), _matrix(predictions, "predictions")
        if len(x) != len(y) or x.device != y.device:
            raise InputError(
                f"embeddings {tuple(x.shape)} on {x.device} and predictions {tuple(y.shape)} on {y.device} "
                "must be of the same rows"
            )
        if x.device.type != "cpu":
            return _value(_tiled.xcov, x, y)
        return _value(_native(3 * x.numel() * y.shape[1], lib.fa_loss_xcov), x, y)
