"""A kind of work and who can do it.

A Work makes its inputs from a seed, so that every process has the same. Its contenders are methods:
`ours` and those named in `peers(size)`; each takes nothing, sets up, and returns a function that
does the work once and returns what it computed, as a dictionary of arrays, for the check. Whatever
helps a peer and need not be timed is done before that function: rows split by label, shapes
sorted, buffers made. A work that is a program of its own also returns "seconds" and "peak_mib".
"""

import math

import numpy as np


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
    lasts = 10  # seconds of all full sizes, on 2 cores, about

    def __init__(self, size, threads, library=None, context=None):
        self.size, self.threads, self.library, self.context = size, threads, library, context

    @staticmethod
    def peers(size):
        return ()

    @staticmethod
    def always(size):
        """Peers that get all turns however slow they are."""
        return ()

    def amount(self):
        """How much of what one run does, for a rate."""
        return 0, ""

    def worst(self, ours, theirs):
        """(name, difference, allowed) of all that both computed."""
        return [(name, relative(theirs[name], ours[name]), allowed)
                for name, allowed in self.tolerance.items()]
