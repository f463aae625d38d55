"""The same work as a scikit-learn estimator."""

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_feature_names, check_is_fitted, validate_data

from . import _header as h
from ._data import Encoder, coarse_of, is_frame, kind_of, set_coarse, taken
from ._discover import clusters_of, found_in, trained_by
from ._library import InputError, Recipe, address, interruptible, lib
from ._run import Run

# fa_score_silhouette takes every pair of rows.
SCORED_ROWS = 2000


class ForcedApart(ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin, BaseEstimator):
    """Finds hidden classes inside coarse labels: the same as forced_apart.discover, as clusterer and transformer.

    fit(X, y): y are the coarse labels, of any kind (None or NaN: this sample has none); without y an autoencoder.
    X: what scikit-learn takes, and DataFrames with categories and missing values, series (a list of [steps, features],
    or [n, steps, features]), images (uint8 [n, height, width(, channels)]), texts (a list).

    Parameters
    ----------
    n_clusters : int, {coarse label: int}, or "auto" (by silhouette and stability)
    within : "given": clusters lie within the coarse labels, those of y and of predict(X, y); "predicted": within those
        that the network predicts; None: over all samples; "auto": "given" where there are as many clusters as labels
    loss : None: what discover does, which compares spaces and may choose X itself. "multi", "single", "decov", "xcov",
        "none", ...: one training with it, clustered by its target layer, as in the paper
    margin, weight : of that loss; None: what suits the data
    epochs : passes over the data; None: by their kind and number
    recipe : dict of further keys, those of `forced-apart train --keys`
    random_state : int, RandomState or None
    verbose : True: a bar of progress (tqdm)

    Attributes
    ----------
    labels_, confidence_ : cluster of each row of X, and how far from a border, 0 to 1
    cluster_centers_ : [n_clusters, columns], in the space of transform(X)
    run_ : the Run, with scores, history and recipe; n_features_in_, feature_names_in_
    """

    def __init__(
        self,
        n_clusters="auto",
        *,
        within="auto",
        loss=None,
        margin=None,
        weight=None,
        epochs=None,
        recipe=None,
        random_state=None,
        verbose=False,
    ):
        self.n_clusters = n_clusters
        self.within = within
        self.loss = loss
        self.margin = margin
        self.weight = weight
        self.epochs = epochs
        self.recipe = recipe
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y=None):
        X = self._checked(X, reset=True)
        seed = self.random_state
        if not isinstance(seed, (int, np.integer)):
            seed = check_random_state(seed).randint(2**31)
        encoder = Encoder.learn(X)
        data = encoder.dataset(X)
        names = None
        if y is not None:
            codes, names = coarse_of(y, len(data), "labels y", "fit(X)")
            set_coarse(data, codes, names)
        work = self._discovered if self.loss is None else self._trained
        made = work(data, len(names or ()), int(seed))
        self.run_ = Run(made.run, encoder, names)
        if self.loss is None:
            self.run_.take_discovery(made.pointer)
        self.labels_, self.confidence_ = self.run_.clusters, self.run_.confidence
        self.cluster_centers_ = self.run_.centres
        return self

    def _settings(self, labels):
        within = self.within
        if within not in ("auto", "given", "predicted", None):
            raise InputError(f"within is {within!r}; it may be 'given', 'predicted', None or 'auto'")
        if within in ("given", "predicted") and not labels:
            raise InputError(f"within is {within!r}, and there are no coarse labels: fit(X, y), or within=None")
        if within == "auto":
            few = isinstance(self.n_clusters, (int, np.integer)) and self.n_clusters < labels
            within = "given" if labels and not few else None
        return {"cluster.within": within or "none", **(self.recipe or {})}

    def _discovered(self, data, labels, seed):
        for name in ("margin", "weight"):
            if getattr(self, name) is not None:
                raise InputError(
                    f"{name} is of a loss: name it too, as in loss='multi', {name}={getattr(self, name)!r}"
                )
        return found_in(
            data,
            clusters=self.n_clusters,
            label_free=labels == 0,
            epochs=self.epochs,
            seed=seed,
            settings=self._settings(labels),
            progress=bool(self.verbose),
        )

    def _trained(self, data, labels, seed):
        recipe = Recipe()
        interruptible(lib.fa_recipe_suggest, recipe.pointer, data.pointer, labels == 0)
        keys = {
            "loss.kind": self.loss,
            "loss.margin": self.margin,
            "loss.weight": self.weight,
            "cluster.k": clusters_of(self.n_clusters),
            "cluster.rows": "all",
            "train.seed": seed,
            "train.epochs": self.epochs,
        }
        recipe.set({key: value for key, value in keys.items() if value is not None})
        recipe.set(self._settings(labels))
        return trained_by(recipe, data, bool(self.verbose))

    def transform(self, X):
        """Rows in the space that was clustered: predict(X) is the nearest of cluster_centers_ there."""
        data = self._data(X)
        return self.run_.space(self.run_.embed_dataset(data))

    def predict(self, X, y_coarse=None):
        """Clusters of samples, within their coarse labels where those are known, else within the predicted ones."""
        return self._found(X, y_coarse)[0]

    def confidence(self, X, y_coarse=None):
        """Of predict(X, y_coarse): 0 on the border to another cluster that was open to the sample, 1 on the centre."""
        return self._found(X, y_coarse)[2]

    def score(self, X, y=None):
        """Mean silhouette of the clusters of X, -1 to 1, on at most 2,000 rows; y are coarse labels, as in predict.

        It needs no hidden classes; where they are known, adjusted_mutual_info_score(classes, predict(X)) tells more.
        """
        clusters, x = self._found(X, y)[0], np.asarray(self.transform(X))
        if len(x) > SCORED_ROWS:
            some = np.linspace(0, len(x) - 1, SCORED_ROWS).astype(int)
            clusters, x = clusters[some], x[some]
        x = np.ascontiguousarray(x, dtype=np.float32)
        found, clusters = np.unique(clusters, return_inverse=True)
        clusters, value = clusters.astype(np.int32), h.c_double()
        interruptible(
            lib.fa_score_silhouette, h.POINTER(h.c_double)(value), address(x), *x.shape, address(clusters), len(found)
        )
        return value.value

    @property
    def _n_features_out(self):
        return self.cluster_centers_.shape[1]

    def _data(self, X, y_coarse=None):
        check_is_fitted(self, "run_")
        return self.run_.dataset(self._checked(X, reset=False), y_coarse)

    def _found(self, X, y_coarse=None):
        data = self._data(X, y_coarse)
        return self.run_.find(data)

    def _checked(self, X, reset):
        """What scikit-learn knows is checked by it, other kinds of data by the library."""
        if hasattr(X, "tocsr"):  # sparse
            return validate_data(self, X, reset=reset)
        X = taken(X)
        if is_frame(X) and not _plain_numbers(X):
            _check_feature_names(self, X, reset=reset)
            if reset:
                self.n_features_in_ = X.shape[1]
            return X
        if not reset and hasattr(self, "run_") and self.run_.encoder.columns is not None:
            return X  # a DataFrame was learnt from, and the encoder says what it misses in this
        kind, X = _with_kind(X)
        if kind != "vectors":
            return X
        return validate_data(self, X, reset=reset, dtype=[np.float64, np.float32], ensure_min_samples=2 if reset else 1)


def _plain_numbers(frame):
    kinds = [getattr(kind, "kind", "O") for kind in frame.dtypes]
    return all(kind in "fiu" for kind in kinds) and not frame.isna().any().any()


def _with_kind(X):
    """What X are, and series, images or texts as a list or an array; matrices are left to scikit-learn."""
    if isinstance(X, np.ndarray) and X.ndim == 2:
        return "vectors", X
    kind, values = kind_of(X)
    return kind, X if kind == "vectors" else values
