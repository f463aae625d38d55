"""What bench/run times: each kind of work by each who can do it.

A Work makes its inputs from a seed, so that every process has the same. Its contenders are methods:
`ours` and those named in `peers(size)`; each takes nothing, sets up, and returns a function that
does the work once and returns what it computed, as a dictionary of arrays, for the check. Whatever
helps a peer and need not be timed is done before that function: rows split by label, shapes
sorted, buffers made.
"""

import math
import warnings

import numpy as np

from library import Bench, JS, KL


def relative(got, want):
    """L2 distance over L2 length; NaN where either is not finite."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    length = np.linalg.norm(want)
    if not (np.isfinite(got).all() and np.isfinite(want).all() and length > 0):
        return math.nan
    return float(np.linalg.norm(got - want) / length)


class Work:
    sizes, quick = (), ()  # full and --quick
    size_names = ""
    tolerance = {}  # of what is computed: relative L2 distance from what `ours` computed
    note = ""

    def __init__(self, size, threads, library=None):
        self.size, self.threads, self.library = size, threads, library

    @staticmethod
    def peers(size):
        return ()

    def flops(self):
        return 0

    def worst(self, ours, theirs):
        """(name, difference, allowed) of all that both computed."""
        return [(name, relative(theirs[name], ours[name]), allowed)
                for name, allowed in self.tolerance.items()]


# ==== The machine ====


class Fma(Work):
    """Multiply-adds in registers and nothing else: the limit."""
    sizes = quick = ((1,), (0,))
    size_names = "threads (0: all of --threads)"

    def __init__(self, size, threads, library=None):
        super().__init__(size, size[0] or threads, library)
        if library:
            library.so.fa_threads_set(self.threads)

    def flops(self):
        return self.bench.flops()

    def ours(self):
        self.bench = Bench(self.library, "fma 2000000")
        return lambda: self.bench.run() or {}


class Gemm(Work):
    """Matrix product in float32: what is reached in practice."""
    sizes = ((2048, 2048, 2048), (4096, 64, 4096), (4096, 4096, 64))
    quick = ((512, 512, 512),)
    size_names = "M N K"
    tolerance = {"c": 1e-5}

    @staticmethod
    def peers(size):
        return ("torch_mm",)

    def flops(self):
        return 2 * math.prod(self.size)

    def matrices(self):
        draw = np.random.default_rng(1)
        m, n, k = self.size
        return (draw.standard_normal((m, k), np.float32), draw.standard_normal((k, n), np.float32))

    def ours(self):
        m, n, k = self.size
        bench = Bench(self.library, f"gemm {m} {n} {k}")
        bench.array("a", m, k)[:], bench.array("b", k, n)[:] = self.matrices()
        return lambda: bench.run() or {"c": bench.array("c", m, n)}

    def torch_mm(self):
        import torch
        a, b = map(torch.from_numpy, self.matrices())
        c = torch.empty(len(a), b.shape[1])
        return lambda: {"c": torch.mm(a, b, out=c).numpy()}


# ==== L_multi ====


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
             (65536, 64, 2), (262144, 64, 2))
    quick = ((128, 64, 2), (512, 15, 2), (1024, 64, 2))

    @classmethod
    def peers(cls, size):
        n, d, labels = size
        if n > 70000:
            return ()  # ours alone: how cost grows
        names = ["torch_blocks_256", "torch_blocks_1024"]
        if n <= 16384:
            names.append("torch_whole")
        if 4 * n * n <= 3e8:
            names.append("torch_autograd")
        if 4 * n * n * d <= cls.pairs_most:
            names.append("torch_paper")
        return tuple(names)

    def flops(self):
        n, d, labels = self.size
        return 6 * n * n * d / labels

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
    quick = ((2048, 15, 2),)

    @classmethod
    def peers(cls, size):
        return ("ours_all_pairs", *super().peers(size))

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
    divergence, margin = JS, 0.2

    @classmethod
    def peers(cls, size):
        n, d, labels = size
        whole = 4 * n * n * d / labels ** 2 <= cls.pairs_most / 10  # several such at once
        return ("torch_pairs", "torch_pairs_64") if whole else ("torch_pairs_64",)

    def flops(self):
        return 0

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


# ==== Networks ====


class Lstm(Work):
    """LSTM, forward and backward of a batch, from the gradient of the last output."""
    sizes = ((256, 50, 4, 128), (512, 50, 4, 128))
    quick = ((32, 20, 4, 32),)
    size_names = "batch steps inputs units"
    tolerance = {"last": 1e-4, "wx": 1e-4, "wh": 1e-4, "b": 1e-4}
    shards = 4

    @staticmethod
    def peers(size):
        return ("torch_onednn", "torch_loop")

    def bench(self):
        return Bench(self.library, "lstm " + " ".join(map(str, (*self.size, self.shards))))

    def split(self, flat):
        _, _, inputs, units = self.size
        wx, wh, b = np.split(flat, [4 * units * inputs, 4 * units * (inputs + units)])
        return {"wx": wx.reshape(-1, inputs), "wh": wh.reshape(-1, units), "b": b}

    def numbers(self):
        """Weights, inputs [batch, steps, inputs] and the gradient of the last output."""
        batch, steps, inputs, units = self.size
        draw = np.random.default_rng(1)
        weights = draw.standard_normal(4 * units * (inputs + units + 1), np.float32) / 10
        return (weights, draw.standard_normal((batch, steps, inputs), np.float32),
                draw.standard_normal((batch, units), np.float32))

    def flops(self):
        batch, steps, inputs, units = self.size
        return 8 * batch * steps * units * (2 * inputs + 3 * units)

    def ours(self):
        batch, steps, inputs, units = self.size
        bench = self.bench()
        weights, x, d_last = self.numbers()
        bench.array("weights", -1)[:] = weights
        bench.array("d_last", batch, units)[:] = d_last
        edges = [batch * s // self.shards for s in range(self.shards + 1)]
        bench.array("x", -1)[:] = np.concatenate(
            [x[a:b].transpose(1, 0, 2).ravel() for a, b in zip(edges, edges[1:])])

        def run():
            bench.run()
            return {"last": bench.array("last", batch, units),
                    **self.split(bench.array("gradient", -1))}
        return run

    def in_torch(self, onednn):
        import torch
        _, _, inputs, units = self.size
        weights, x, d_last = self.numbers()
        lstm = torch.nn.LSTM(inputs, units)
        named = {k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in self.split(weights).items()}
        lstm.load_state_dict({"weight_ih_l0": named["wx"], "weight_hh_l0": named["wh"],
                              "bias_ih_l0": named["b"],
                              "bias_hh_l0": torch.zeros_like(named["b"])})
        x = torch.from_numpy(np.ascontiguousarray(x.transpose(1, 0, 2)))
        d_last = torch.from_numpy(d_last)
        warnings.filterwarnings("ignore", message="TF32")

        def run():
            with torch.backends.mkldnn.flags(enabled=onednn):
                lstm.zero_grad(set_to_none=True)
                _, (last, _) = lstm(x)
                last[0].backward(d_last)
            return {"last": last[0].detach().numpy(), "wx": lstm.weight_ih_l0.grad.numpy(),
                    "wh": lstm.weight_hh_l0.grad.numpy(), "b": lstm.bias_ih_l0.grad.numpy()}
        return run

    def torch_onednn(self):
        return self.in_torch(True)

    def torch_loop(self):
        return self.in_torch(False)


class Cnn(Work):
    """The network of Figure 4 for CIFAR-10, forward and backward of a batch."""
    sizes, quick = ((128,),), ((4,),)
    size_names = "batch"

    @staticmethod
    def peers(size):
        return ("torch_channels_last", "torch_contiguous")

    def ours(self):
        """A library without this work says so, and the peers are timed alone."""
        bench = Bench(self.library, f"cnn {self.size[0]}")
        return lambda: bench.run() or {}

    def in_torch(self, memory_format):
        import torch
        nn, layers, channels = torch.nn, [], 3
        for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 256, 128):
            if width:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
            else:
                layers.append(nn.MaxPool2d(2))
        layers += [nn.Conv2d(128, 8, 1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 16, 15), nn.ReLU(),
                   nn.Linear(15, 1)]
        network = nn.Sequential(*layers).to(memory_format=memory_format)
        x = torch.randn(self.size[0], 3, 32, 32).to(memory_format=memory_format)
        y = (torch.arange(self.size[0]) % 2).float()

        def run():
            network.zero_grad(set_to_none=True)
            nn.functional.binary_cross_entropy_with_logits(network(x)[:, 0], y).backward()
            return {}
        return run

    def torch_channels_last(self):
        import torch
        return self.in_torch(torch.channels_last)

    def torch_contiguous(self):
        import torch
        return self.in_torch(torch.contiguous_format)


class Adam(Work):
    """One update of all parameters."""
    sizes = ((100000,), (1000000,))
    quick = ((10000,),)
    size_names = "parameters"
    tolerance = {"parameters": 1e-6}

    @staticmethod
    def peers(size):
        return ("torch_fused", "torch_foreach")

    def numbers(self):
        draw = np.random.default_rng(1)
        return (draw.standard_normal(self.size[0], np.float32) / 10,
                draw.standard_normal(self.size[0], np.float32))

    def ours(self):
        bench = Bench(self.library, f"adam {self.size[0]}")
        bench.array("parameters", -1)[:], bench.array("gradient", -1)[:] = self.numbers()
        return lambda: bench.run() or {"parameters": bench.array("parameters", -1).copy()}

    def in_torch(self, **form):
        import torch
        values, gradient = self.numbers()
        parameters = torch.nn.Parameter(torch.from_numpy(values))
        parameters.grad = torch.from_numpy(gradient)
        optimizer = torch.optim.Adam([parameters], lr=1e-3, **form)
        return lambda: optimizer.step() or {"parameters": parameters.detach().numpy().copy()}

    def torch_fused(self):
        return self.in_torch(fused=True)

    def torch_foreach(self):
        return self.in_torch(foreach=True)


# ==== Clusters and scores ====


class Kmeans(Work):
    """KMeans, 10 starts, on rows around k overlapping centres."""
    sizes = ((10000, 64, 10), (50000, 15, 10))
    quick = ((1000, 15, 5),)
    size_names = "N D k"

    @staticmethod
    def peers(size):
        return ("sklearn_lloyd", "sklearn_elkan")

    def rows(self):
        n, d, k = self.size
        draw = np.random.default_rng(1)
        centres = draw.standard_normal((k, d), np.float32)
        return centres[draw.integers(k, size=n)] + draw.standard_normal((n, d), np.float32)

    def ours(self):
        x = self.rows()
        return lambda: {"inertia": self.library.kmeans(x, self.size[2], 0)}

    def in_sklearn(self, algorithm):
        from sklearn.cluster import KMeans
        x = self.rows()
        return lambda: {"inertia": KMeans(self.size[2], n_init=10, algorithm=algorithm,
                                          random_state=0).fit(x).inertia_}

    def sklearn_lloyd(self):
        return self.in_sklearn("lloyd")

    def sklearn_elkan(self):
        return self.in_sklearn("elkan")

    def worst(self, ours, theirs):
        """Ours may be lower; other draws of the starts may end elsewhere by a little."""
        return [("inertia, how much ours is higher", ours["inertia"] / theirs["inertia"] - 1, 1e-3)]


class Ami(Work):
    """Adjusted mutual information of two random labelings."""
    sizes = ((70000, 100), (1000000, 1000))
    quick = ((5000, 20),)
    size_names = "n classes"

    @staticmethod
    def peers(size):
        return ("sklearn",)

    def labelings(self):
        draw = np.random.default_rng(1)
        n, classes = self.size
        u = draw.integers(classes, size=n, dtype=np.int32)
        return u, np.where(draw.random(n) < 0.3, u, draw.integers(classes, size=n, dtype=np.int32))

    def ours(self):
        u, v = (np.ascontiguousarray(a, np.int32) for a in self.labelings())
        return lambda: {"ami": self.library.ami(u, v)}

    def sklearn(self):
        from sklearn.metrics import adjusted_mutual_info_score
        u, v = self.labelings()
        return lambda: {"ami": adjusted_mutual_info_score(u, v)}

    def worst(self, ours, theirs):
        return [("AMI", abs(ours["ami"] - theirs["ami"]), 1e-10)]


class Pca(Work):
    """Principal components."""
    sizes = ((10000, 64, 20), (10000, 784, 50))
    quick = ((500, 20, 5),)
    size_names = "N D components"
    tolerance = {"variance": 1e-4}

    @staticmethod
    def peers(size):
        return ("sklearn_eigh", "sklearn_svd")

    def rows(self):
        n, d, _ = self.size
        draw = np.random.default_rng(1)
        return (draw.standard_normal((n, d), np.float32) *
                (0.97 ** np.arange(d)).astype(np.float32))

    def ours(self):
        x = self.rows()
        return lambda: {"variance": self.library.pca(x, self.size[2])[0]}

    def in_sklearn(self, solver):
        from sklearn.decomposition import PCA
        x = self.rows()
        scale = (len(x) - 1) / len(x)
        return lambda: {"variance": scale * PCA(self.size[2], svd_solver=solver)
                        .fit(x).explained_variance_}

    def sklearn_eigh(self):
        return self.in_sklearn("covariance_eigh")

    def sklearn_svd(self):
        return self.in_sklearn("full")


WORKS = {"fma": Fma, "gemm": Gemm, "kl": Kl, "kl-clustered": KlClustered, "js": Js, "lstm": Lstm,
         "cnn": Cnn, "adam": Adam, "kmeans": Kmeans, "ami": Ami, "pca": Pca}
