"""libforced_apart_bench.so through ctypes: the public functions, and the pieces of work of bench/pieces/bench.h.

  python3 bench/library.py "gemm 2048 2048 2048"           lowest time and rate of a piece, in --seconds of it
  perf record python3 bench/library.py -t 1 "cnn 128 4"    where its time goes
"""

import argparse
import ctypes
import time
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int, c_int32, c_size_t, c_uint64
from ctypes import c_void_p
from pathlib import Path

import numpy as np

KL, JS = 0, 1
ARITHMETIC = 2


class LossOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("margin", c_float), ("divergence", c_int), ("norm", c_int)]


class KmeansOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("k", c_size_t), ("restarts", c_size_t), ("max_iterations", c_size_t),
                ("tolerance", c_double), ("seed", c_uint64)]


class NeighboursOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("exact_up_to", c_size_t), ("recall", c_double), ("seed", c_uint64)]


class Failure(RuntimeError):
    """A call of the library that did not return FA_OK: its detail."""


def pointer(array):
    return array.ctypes.data_as(c_void_p)


class Library:
    def __init__(self, path, threads):
        self.so = ctypes.CDLL(path)
        for name, result in (("fa_version", c_char_p), ("fa_simd_name", c_char_p),
                             ("fa_error_detail", c_char_p), ("fa_bench_flops", c_double),
                             ("fa_bench_array", POINTER(c_float)),
                             ("fa_kmeans_options_default", KmeansOptions),
                             ("fa_neighbours_options_default", NeighboursOptions)):
            getattr(self.so, name).restype = result
        self.so.fa_threads_set(c_int(threads))

    def call(self, name, *arguments):
        if getattr(self.so, name)(*arguments) != 0:
            raise Failure(self.so.fa_error_detail().decode())

    def text(self, name):
        return getattr(self.so, name)().decode()

    def loss_multi(self, gradient, h, labels, margin, divergence):
        loss, n, d = c_double(), *h.shape
        self.call("fa_loss_multi", byref(loss), pointer(gradient), pointer(h), c_size_t(n),
                  c_size_t(d), pointer(labels), byref(LossOptions(ctypes.sizeof(LossOptions), margin, divergence, 0)))
        return loss.value

    def held(self, gradients, h, pairs, mu):
        """L_hold (KL) and L_information over all rows; gradients of each [2, n, d]."""
        hold, information, (n, d) = c_double(), c_double(), h.shape
        options = LossOptions(ctypes.sizeof(LossOptions), 1, KL, 0)
        self.call("fa_loss_hold", byref(hold), pointer(gradients[0]), pointer(h), c_size_t(n), c_size_t(d),
                  pointer(pairs), c_size_t(len(pairs)), byref(options))
        self.call("fa_loss_information", byref(information), pointer(gradients[1]), pointer(h), c_size_t(n),
                  c_size_t(d), None, c_double(mu))
        return hold.value, information.value

    def kmeans(self, x, k, seed):
        options = self.so.fa_kmeans_options_default()
        options.k, options.seed = k, seed
        inertia = c_double()
        assignment = np.empty(len(x), np.int32)
        self.call("fa_kmeans_fit", None, pointer(assignment), byref(inertia), pointer(x),
                  c_size_t(x.shape[0]), c_size_t(x.shape[1]), byref(options))
        return inertia.value

    def neighbours(self, x, k):
        """Rows [n, k] and their squared distances."""
        found, squared = np.empty((len(x), k), np.int32), np.empty((len(x), k), np.float32)
        self.call("fa_neighbours", pointer(found), pointer(squared), pointer(x), c_size_t(x.shape[0]),
                  c_size_t(x.shape[1]), None, c_size_t(k))
        return found, squared

    def neighbours_by_lists(self, x, k):
        """The same by inverted lists, at the usual recall, and the recall that it tells."""
        found, recall = np.empty((len(x), k), np.int32), c_double()
        options = self.so.fa_neighbours_options_default()
        options.exact_up_to = 0
        self.call("fa_neighbours_approximate", pointer(found), None, byref(recall), pointer(x),
                  c_size_t(x.shape[0]), c_size_t(x.shape[1]), None, c_size_t(k), byref(options))
        return found, recall.value

    def ami(self, u, v):
        out = c_double()
        self.call("fa_score_ami", byref(out), pointer(u), pointer(v), c_size_t(len(u)),
                  c_int(ARITHMETIC))
        return out.value

    def pca(self, x, k):
        variance = np.empty(k)
        components = np.empty((k, x.shape[1]))
        self.call("fa_pca_fit", None, pointer(components), pointer(variance), None, pointer(x),
                  c_size_t(x.shape[0]), c_size_t(x.shape[1]), c_size_t(k))
        return variance, components

    def write_strokes(self, path, n):
        """Made-up strokes as a data set file."""
        data = c_void_p()
        self.call("fa_strokes_synthesize", byref(data), c_size_t(n), c_uint64(1), ctypes.c_uint32(0))
        self.call("fa_dataset_write", data, c_char_p(path.encode()))
        self.so.fa_dataset_free(data)


class Bench:
    """A piece of work of fa_bench_open; its arrays as NumPy sees them, without a copy."""

    def __init__(self, library, work):
        self.library, self.handle = library, c_void_p()
        library.call("fa_bench_open", byref(self.handle), c_char_p(work.encode()))

    def run(self):
        self.library.call("fa_bench_run", self.handle)

    def flops(self):
        return self.library.so.fa_bench_flops(self.handle)

    def array(self, name, *shape):
        count = c_size_t()
        values = self.library.so.fa_bench_array(self.handle, c_char_p(name.encode()), byref(count))
        return np.ctypeslib.as_array(values, (count.value,)).reshape(shape)


def main():
    parser = argparse.ArgumentParser(prog="bench/library.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", metavar="WORK", help="name and sizes, as bench/pieces/bench.h has them")
    parser.add_argument("-t", "--threads", type=int, default=0, help="0: all cores (default)")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--build", type=Path, default=Path(__file__).resolve().parent.parent / "build")
    args = parser.parse_args()
    try:
        bench = Bench(Library(str(args.build / "libforced_apart_bench.so"), args.threads), args.work)
        lowest, end = float("inf"), time.monotonic() + args.seconds
        while lowest == float("inf") or time.monotonic() < end:
            start = time.perf_counter()
            bench.run()
            lowest = min(lowest, time.perf_counter() - start)
    except (Failure, OSError) as error:
        raise SystemExit(f"bench/library.py: {error}") from None
    print(f"{args.work}: {lowest:.6f} s, {1e-9 * bench.flops() / lowest:.1f} GFLOP/s")


if __name__ == "__main__":
    main()
