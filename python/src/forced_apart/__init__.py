"""Finds the hidden classes inside coarse labels.

    import forced_apart
    run = forced_apart.discover(X, labels)     # arrays, DataFrames, series, images, texts, or a path
    run.assignments                            # a row a sample: coarse label, cluster, confidence

`ForcedApart` is the same as a scikit-learn estimator, `forced_apart.losses` has the losses for PyTorch and
`forced_apart.features` makes vectors of texts and images. The work is done by the C library beside this package.
"""

import importlib

from ._discover import discover
from ._library import Error, __version__, capabilities, threads
from ._page import Page
from ._run import Run

__all__ = [
    "Error",
    "ForcedApart",
    "Page",
    "Run",
    "__version__",
    "capabilities",
    "discover",
    "features",
    "losses",
    "threads",
]


def __getattr__(name):
    # What needs scikit-learn or PyTorch is imported when it is asked for.
    if name == "ForcedApart":
        from ._estimator import ForcedApart

        return ForcedApart
    if name in ("losses", "features"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
