"""With NumPy and nothing else: clusters within labels, and what is missing is named. Run by scripts/check."""

import importlib.util

import numpy as np

import forced_apart

hidden = np.arange(200) % 4
x = np.random.default_rng(0).normal(size=(200, 5)) + 6 * np.eye(5)[hidden]
run = forced_apart.discover(x, np.array(["odd", "even"])[hidden % 2], clusters=4, epochs=2)
assert len({(a, b) for a, b in zip(run.clusters.tolist(), hidden.tolist())}) == 4, run.clusters
for module, use, extra in (
    ("pandas", lambda: run.assignments, "viewer"),
    ("sklearn", lambda: forced_apart.ForcedApart, "sklearn"),
    ("torch", lambda: forced_apart.losses, "torch"),
    ("sentence_transformers", lambda: forced_apart.features.texts(["a", "b"]), "features"),
):
    assert not importlib.util.find_spec(module), f"{module} is here"
    try:
        use()
    except (ImportError, forced_apart.Error) as error:
        assert f"forced-apart[{extra}]" in str(error), error
    else:
        raise AssertionError(module)
print(run)
