"""What limits all the others."""

import math

import numpy as np

from library import Bench
from .base import Work


class Fma(Work):
    """Multiply-adds in registers and nothing else: the limit."""
    sizes = quick = ((1,), (0,))
    size_names = "threads (0: all of --threads)"

    def __init__(self, size, threads, library=None, context=None):
        super().__init__(size, size[0] or threads, library)
        if library:
            library.so.fa_threads_set(self.threads)

    def amount(self):
        return 1e-9 * self.bench.flops(), "GFLOP"

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

    def amount(self):
        return 2e-9 * math.prod(self.size), "GFLOP"

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
