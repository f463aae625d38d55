"""L_multi, loss and gradient."""

import numpy as np

from library import Bench, JS, KL
from .base import Work


class Loss(Work):
    """L_multi, loss and gradient."""
    size_names = "N D labels"
    tolerance = {"loss": 1e-5, "gradient": 1e-3}  # pairs at the kink may fall to either side
    divergence, margin = KL, 1.0
    pairs_most = 3e8  # bytes of one array over all pairs that the paper's way may take

    def rows(self):
        n, d, _ = self.size
        return np.random.default_rng(1).standard_normal((n, d), np.float32)

    def labels(self):
        return np.arange(self.size[0], dtype=np.int32) % self.size[2]

    def ours(self):
        h, labels = self.rows(), self.labels()
        gradient = np.empty_like(h)

        def run():
            loss = self.library.loss_multi(gradient, h, labels, self.margin, self.divergence)
            return {"loss": loss, "gradient": gradient}
        return run

    def parts(self):
        """Rows of each label, and the function that puts gradients of the parts together."""
        import torch
        h, labels = self.rows(), self.labels()
        index = [np.flatnonzero(labels == y) for y in range(self.size[2])]

        def result(loss, gradients):
            out = np.empty_like(h)
            for i, g in zip(index, gradients):
                out[i] = g.numpy()
            return {"loss": loss, "gradient": out}
        return [torch.from_numpy(h[i]) for i in index], result


class Kl(Loss):
    """L_multi by KL, loss and gradient; its rate counted as three dense products."""
    sizes = ((128, 64, 2), (512, 15, 2), (512, 64, 2), (8192, 15, 2), (8192, 64, 2), (8192, 128, 2),
             (8192, 512, 2), (16384, 15, 2), (16384, 64, 2), (16384, 128, 2), (16384, 512, 2),
             (8192, 64, 1), (8192, 64, 10), (65536, 64, 2), (262144, 64, 2))
    quick = ((128, 64, 2), (512, 15, 2))
    lasts = 350

    @classmethod
    def peers(cls, size):
        n, d, labels = size
        if n > 70000:
            return ()  # ours alone: how cost grows
        if labels != 2:
            return ("torch_blocks_1024",)
        names = ["torch_blocks_256", "torch_blocks_1024"]
        if n <= 16384:
            names.append("torch_whole")
        if 4 * n * n <= 3e8:
            names.append("torch_autograd")
        if 4 * n * n * d <= cls.pairs_most:
            names.append("torch_paper")
        return tuple(names)

    @staticmethod
    def always(size):
        return ("torch_paper",) if size == (512, 15, 2) else ()

    def amount(self):
        n, d, labels = self.size
        return 6e-9 * n * n * d / labels, "GFLOP"

    def blocks(self, size):
        """Blocked products with a hand-written backward, the buffers made beforehand.

        D_ij = e_i - p_i . l_j with l = log p, e_i = p_i . l_i; M_ij = D_ij < m. Of -D over active
        pairs: in row i  p_i (M l - rowsum(M) l_i + rowsum(M D)),  in row j  M^T p - colsum(M) p_j.
        """
        import torch
        parts, result = self.parts()
        rows = [min(size, len(z)) for z in parts]
        buffers = [(torch.empty(b, len(z)), torch.empty(b, len(z)), torch.empty_like(z))
                   for b, z in zip(rows, parts)]

        def part(z, step, divergence, mask, gradient):
            log_p = torch.log_softmax(z, 1)
            p = log_p.exp()
            e = (p * log_p).sum(1, keepdim=True)
            columns = torch.zeros(len(z))
            gradient.zero_()
            total = 0.0
            for first in range(0, len(z), step):
                block = slice(first, min(first + step, len(z)))
                q = p[block]
                dist, active = divergence[: len(q)], mask[: len(q)]
                torch.mm(q, log_p.T, out=dist)
                torch.sub(e[block], dist, out=dist)
                torch.lt(dist, self.margin, out=active)
                held = torch.sum(active, 1, keepdim=True)
                columns += torch.sum(active, 0)
                dist.mul_(active)
                inside = dist.sum(1, keepdim=True)
                total += self.margin * held.sum().item() - inside.sum().item()
                gradient[block] += q * (torch.mm(active, log_p) - held * log_p[block] + inside)
                gradient.addmm_(active.T, q)
            gradient -= columns[:, None] * p
            scale = 2.0 / len(z) ** 2
            return scale * total, gradient.mul_(scale)

        def run():
            with torch.inference_mode():
                done = [part(z, b, *buffer) for z, b, buffer in zip(parts, rows, buffers)]
            return result(sum(loss for loss, _ in done), [g for _, g in done])
        return run

    def torch_blocks_256(self):
        return self.blocks(256)

    def torch_blocks_1024(self):
        return self.blocks(1024)

    def torch_whole(self):
        return self.blocks(self.size[0])

    def by_autograd(self, part):
        parts, result = self.parts()
        for z in parts:
            z.requires_grad_(True)

        def run():
            for z in parts:
                z.grad = None
            loss = sum(part(z) for z in parts)
            loss.backward()
            return result(loss.item(), [z.grad for z in parts])
        return run

    def torch_autograd(self):
        """One product over all pairs of a label, its backward by autograd."""
        import torch

        def part(z):
            log_p = torch.log_softmax(z, 1)
            p = log_p.exp()
            dist = (p * log_p).sum(1, keepdim=True) - p @ log_p.T
            return (self.margin - dist).clamp(min=0).sum() * (2 / len(z) ** 2)
        return self.by_autograd(part)

    def torch_paper(self):
        """As the paper's code has it: the terms of all N^2 pairs in memory, masked by label."""
        import torch
        h = torch.from_numpy(self.rows()).requires_grad_(True)
        labels = torch.from_numpy(self.labels())
        same = (labels[:, None] == labels[None, :]).float()
        weights = 2 * same / same.sum(1, keepdim=True) ** 2

        def run():
            h.grad = None
            log_p = torch.log_softmax(h, 1)
            p = log_p.exp()
            dist = (p[:, None, :] * (log_p[:, None, :] - log_p[None, :, :])).sum(2)
            loss = (weights * (self.margin - dist).clamp(min=0)).sum()
            loss.backward()
            return {"loss": loss.item(), "gradient": h.grad.numpy()}
        return run


class KlClustered(Kl):
    """The same on rows in ten tight clusters a label, as a trained network gives them."""
    sizes = ((16384, 15, 2), (65536, 15, 2))
    quick = ((1024, 15, 2),)
    lasts = 60

    @classmethod
    def peers(cls, size):
        others = super().peers(size) if size[0] <= 16384 else ()  # minutes, and no goal
        return ("ours_all_pairs", *others)

    def ours_all_pairs(self):
        """The same without leaving out what bounds decide: what pruning is worth."""
        n, d, _ = self.size
        bench = Bench(self.library, "all-pairs " + " ".join(map(str, self.size)))
        bench.array("h", n, d)[:] = self.rows()
        return lambda: bench.run() or {"loss": bench.array("loss", 1)[0],
                                       "gradient": bench.array("gradient", n, d)}

    def rows(self):
        n, d, labels = self.size
        draw = np.random.default_rng(1)
        centres = draw.uniform(-4, 4, (10 * labels, d)).astype(np.float32)
        return centres[np.arange(n) % len(centres)] + draw.standard_normal((n, d), np.float32) / 5


class Js(Kl):
    """L_multi by JS, loss and gradient."""
    sizes = ((512, 15, 2), (2048, 64, 2))
    quick = ((256, 15, 2),)
    lasts = 30
    divergence, margin = JS, 0.2

    @classmethod
    def peers(cls, size):
        n, d, labels = size
        whole = 4 * n * n * d / labels ** 2 <= cls.pairs_most / 10  # several such at once
        return ("torch_pairs", "torch_pairs_64") if whole else ("torch_pairs_64",)

    def amount(self):
        return 0, ""

    def pairs(self, step):
        import torch
        parts, result = self.parts()

        def part(z):
            z.requires_grad_(True)
            z.grad = None
            total = 0.0
            for first in range(0, len(z), step):
                log_p = torch.log_softmax(z, 1)
                p = log_p.exp()
                a, log_a = p[first: first + step, None], log_p[first: first + step, None]
                log_q = ((a + p[None]) / 2).log()
                js = ((a * (log_a - log_q)).sum(2) + (p[None] * (log_p[None] - log_q)).sum(2)) / 2
                loss = (self.margin - js).clamp(min=0).sum() * (2 / len(z) ** 2)
                loss.backward()
                total += loss.item()
            return total

        def run():
            return result(sum(part(z) for z in parts), [z.grad for z in parts])
        return run

    def torch_pairs(self):
        return self.pairs(self.size[0])

    def torch_pairs_64(self):
        return self.pairs(64)


class Held(Work):
    """L_hold (KL) of two views of each sample and L_information (mu 3), loss and gradient."""
    sizes, quick = ((256, 64), (1024, 64), (256, 10)), ((64, 10),)
    size_names = "N D"
    lasts = 10
    tolerance = {"hold": 1e-4, "information": 1e-4, "gradients": 1e-4}
    mu = 3.0

    @staticmethod
    def peers(size):
        return ("torch_autograd",)

    def rows(self):
        return np.random.default_rng(1).standard_normal(self.size, np.float32)

    def ours(self):
        h, half = self.rows(), self.size[0] // 2
        pairs = np.stack((np.arange(half), np.arange(half) + half), 1).astype(np.int32)
        gradients = np.empty((2, *h.shape), np.float32)

        def run():
            hold, information = self.library.held(gradients, h, pairs, self.mu)
            return {"hold": hold, "information": information, "gradients": gradients}
        return run

    def torch_autograd(self):
        """The same equations on the rows of both views, by autograd."""
        import torch
        h = torch.from_numpy(self.rows()).requires_grad_(True)
        half = self.size[0] // 2

        def hold():
            a, b = torch.log_softmax(h, 1).split(half)
            return ((a.exp() - b.exp()) * (a - b)).sum() / (2 * half)

        def information():
            log_p = torch.log_softmax(h, 1)
            p = log_p.exp()
            mean = p.mean(0)
            return -(p * log_p).sum(1).mean() + self.mu * (mean * mean.log()).sum()

        def run():
            values, gradients = [], []
            for loss in (hold, information):
                value = loss()
                gradients.append(torch.autograd.grad(value, h)[0].numpy())
                values.append(value.item())
            return {"hold": values[0], "information": values[1], "gradients": np.stack(gradients)}
        return run
