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


# What needs scikit-learn or PyTorch is imported when it is asked for.
_later = {"ForcedApart": ("_estimator", "sklearn"), "losses": ("losses", "torch"), "features": ("features", None)}


def __getattr__(name):
    if name not in _later:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, extra = _later[name]
    try:
        found = importlib.import_module(f"{__name__}.{module}")
    except ModuleNotFoundError as error:
        if error.name != extra:
            raise
        raise ImportError(f"{__name__}.{name} needs {extra}: pip install forced-apart[{extra}]", name=extra) from None
    return found if name == module else getattr(found, name)


def __dir__():
    return sorted(__all__)
