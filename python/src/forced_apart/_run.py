"""Trainings and what they leave: `discover` and `Run`."""

import ctypes
import hashlib
import html
import json
import math
import os
import pathlib

import numpy as np

from . import _header as h
from ._data import Encoder, keys_of, numbered, read, read_new, set_classes, set_coarse
from ._library import (
    Clusters,
    Error,
    Handle,
    InputError,
    Model,
    Recipe,
    address,
    array_of,
    interruptible,
    lib,
    texts_of,
)
from ._progress import as_dict, shown

# Beside the files of the library in a run folder: how Python's data became numbers.
ENCODING = "python.json"


class _Made(Handle):
    free = "fa_run_free"


# ==== Training ====


def settings_for(data, label_free, clusters, seed, epochs, recipe, test=None):
    """The recipe that suits data, then what the caller wants instead."""
    made = Recipe()
    lib.fa_recipe_suggest(made.pointer, data.pointer, int(label_free))
    made.set(
        {"cluster.k": clusters, "cluster.rows": "held_out" if test else "all", "train.seed": seed, "cluster.seed": seed}
    )
    if epochs is not None:
        made.set({"train.epochs": epochs})
    made.set(recipe or {})
    return made


def train(data, recipe, test=None, folder=None, overwrite=False, progress=None):
    """A run of the library; the one place that starts a training, and so the one to hand it to fa_discover."""
    show, close = shown(progress)
    failure = []

    def step(user, given):
        if show is None:
            return 0
        try:
            return 1 if show(as_dict(given.contents)) is False else 0
        except BaseException as error:
            failure.append(error)
            return 1

    call = h.fa_progress_fn(step)
    options = h.fa_train_options(size=ctypes.sizeof(h.fa_train_options), progress=call, overwrite=int(overwrite))
    if folder is not None:
        options.folder = os.fsencode(folder)
    made = _Made()
    try:
        interruptible(
            lib.fa_train, made.slot, recipe.pointer, data.pointer, test and test.pointer, ctypes.byref(options)
        )
    finally:
        close()
    if failure:
        raise failure[0]
    return made


# ==== Runs ====


class Run:
    """What a training found, all in memory: it can be pickled, and outlives the files that it came from.

    embeddings    float32 [rows, units], the outputs of the clustered layer
    clusters      int32 [rows], 0 to n_clusters - 1
    confidence    float64 [rows] in [0, 1]: 0 on the border to another cluster
    distance      float64 [rows] to the centre, in the space of cluster.transform
    coarse        int32 [rows] index into coarse_names, -1: none; None: an autoencoder
    classes       int32 [rows] index into class_names; None: hidden classes are not known
    samples       int64 [rows]: the sample of each row
    centres       float64 [n_clusters, columns]
    scores        dict, history: list of dicts, recipe: dict of texts, folder: None: in memory alone
    """

    def __init__(self, made, encoder=None, coarse_names=None, class_names=None, names=None):
        run = made.pointer
        self.encoder, self.coarse_names, self.class_names, self.names = encoder, coarse_names, class_names, names
        folder = lib.fa_run_folder(run)
        self.folder = pathlib.Path(os.fsdecode(folder)) if folder else None
        self.recipe = _recipe_of(lib.fa_run_recipe(run))
        self.history = _history_of(run)
        self.scores = _scores_of(lib.fa_run_result(run).contents)
        model, clusters = ctypes.c_void_p(), ctypes.c_void_p()
        lib.fa_run_model(ctypes.byref(model), run)
        lib.fa_run_clusters(ctypes.byref(clusters), run)
        self.model = Model(Model.bytes_of(model))
        data = Clusters.bytes_of(clusters)
        self.centres_of, self.centres = Clusters(data), _tensor(data, "centres")
        rows, n, units = ctypes.POINTER(ctypes.c_float)(), ctypes.c_size_t(), ctypes.c_size_t()
        lib.fa_run_embeddings(ctypes.byref(rows), ctypes.byref(n), ctypes.byref(units), run)
        self.embeddings = array_of(rows, (n.value, units.value), np.float32)
        labels = [_labels_of(run, n.value, which) for which in (h.FA_RUN_COARSE, h.FA_RUN_CLASSES, h.FA_RUN_ROWS)]
        self.coarse, self.classes, self.samples = labels
        if self.samples is None:
            self.samples = np.arange(n.value)
        self.samples = self.samples.astype(np.int64)
        self.clusters = _labels_of(run, n.value, h.FA_RUN_ASSIGNMENT)
        self.distance, self.confidence = self._own()

    @classmethod
    def open(cls, folder):
        """A run from its folder, of Python or of `forced-apart`."""
        made = _Made()
        lib.fa_run_open(made.slot, os.fsencode(folder))
        beside = pathlib.Path(folder) / ENCODING
        known = json.loads(beside.read_text()) if beside.exists() else {}
        run = cls(made)
        # Where another training replaced the model since, the file is of the one before.
        if known.get("model") == _digest(run.model):
            run.encoder = Encoder(**known["encoder"]) if known["encoder"] else None
            run.coarse_names, run.class_names, run.names = known["coarse"], known["classes"], known["names"]
        return run

    def save_encoding(self):
        encoder = self.encoder and {key: getattr(self.encoder, key) for key in ("kind", "shift", "columns")}
        text = json.dumps(
            {
                "model": _digest(self.model),
                "encoder": encoder,
                "coarse": _plain(self.coarse_names),
                "classes": _plain(self.class_names),
                "names": _plain(self.names),
            }
        )
        new = self.folder / f".{ENCODING}.new"
        new.write_text(text)
        new.replace(self.folder / ENCODING)

    @property
    def n_clusters(self):
        return len(self.centres)

    # ---- new samples ----

    def dataset(self, data):
        """New samples as the run's own were read."""
        if isinstance(data, (str, os.PathLike)):
            return read_new(data, self.recipe, lib.fa_model_schema(self.model.pointer))
        return (self.encoder or Encoder.as_is(data)).dataset(data)

    def embed(self, data):
        """Outputs of the clustered layer [n, units] for samples, float32."""
        return self.embed_dataset(self.dataset(data))

    def embed_dataset(self, data):
        layer, units = lib.fa_clusters_layer(self.centres_of.pointer), ctypes.c_size_t()
        lib.fa_model_layer_units(ctypes.byref(units), self.model.pointer, layer)
        rows = np.empty((len(data), units.value), dtype=np.float32)
        interruptible(
            lib.fa_model_embed_layer, address(rows), self.model.pointer, layer, data.pointer, h.fa_progress_fn(), None
        )
        return rows

    def find(self, data):
        """Cluster, distance and confidence of a data set; with cluster.within, within the label of each sample."""
        n = len(data)
        clusters, distance, confidence = np.empty(n, np.int32), np.empty(n), np.empty(n)
        interruptible(
            lib.fa_clusters_find,
            address(clusters),
            address(distance),
            address(confidence),
            None,
            None,
            self.centres_of.pointer,
            self.model.pointer,
            data.pointer,
            h.fa_progress_fn(),
            None,
        )
        return clusters, distance, confidence

    def _own(self):
        """Distance and confidence of the run's own rows; the label of a row is that of its cluster."""
        x, n = self.embeddings, len(self.embeddings)
        labels = np.array([lib.fa_clusters_label(self.centres_of.pointer, k) for k in range(self.n_clusters)], np.int32)
        labels = labels[self.clusters]
        again, distance, confidence = np.empty(n, np.int32), np.empty(n), np.empty(n)
        lib.fa_clusters_assign(
            address(again),
            address(distance),
            address(confidence),
            self.centres_of.pointer,
            address(x),
            *x.shape,
            address(labels),
        )
        return distance, confidence

    def space(self, embeddings):
        """The same rows in the space that the centres lie in (cluster.transform)."""
        x = np.ascontiguousarray(embeddings, dtype=np.float32)
        out = np.empty((len(x), lib.fa_clusters_columns(self.centres_of.pointer)), dtype=np.float32)
        lib.fa_clusters_space(address(out), self.centres_of.pointer, address(x), *x.shape)
        return out

    def assign(self, data):
        """Clusters of new samples: a DataFrame with cluster, distance and confidence, by the index of the data."""
        pandas = _pandas()
        clusters, distance, confidence = self.find(self.dataset(data))
        index = getattr(data, "index", None)
        return pandas.DataFrame(
            {"cluster": clusters, "distance": distance, "confidence": confidence},
            index=index if hasattr(index, "dtype") else None,
        )

    # ---- tables ----

    @property
    def assignments(self):
        """A DataFrame with a row a sample: sample, name, coarse, cluster, distance, confidence, class."""
        columns = {"sample": self.samples}
        if self.names is not None:
            columns["name"] = [self.names[i] for i in self.samples]
        if self.coarse is not None:
            columns["coarse"] = _named(self.coarse, self.coarse_names)
        columns.update(cluster=self.clusters, distance=self.distance, confidence=self.confidence)
        if self.classes is not None:
            columns["class"] = _named(self.classes, self.class_names)
        return _pandas().DataFrame(columns)

    def to_parquet(self, path, embeddings=False):
        """Writes the assignments, with embeddings as columns unit_0, ... if asked for. Needs pandas and pyarrow."""
        table = self.assignments
        if embeddings:
            units = {f"unit_{i}": self.embeddings[:, i] for i in range(self.embeddings.shape[1])}
            table = _pandas().concat([table, _pandas().DataFrame(units)], axis=1)
        table.to_parquet(path)

    def report(self, path=None):
        """Writes the page of the run, and the figures where gnuplot is; shown in a notebook as it is."""
        if self.folder is None:
            raise InputError(
                "this run is in memory alone; discover(..., folder='runs/mine') leaves the files that a "
                "report is made of"
            )
        options, result = h.fa_report_options(size=ctypes.sizeof(h.fa_report_options)), h.fa_report_result()
        if path is not None:
            options.output = os.fsencode(path)
        folders = (ctypes.c_char_p * 1)(os.fsencode(self.folder))
        interruptible(lib.fa_report_write, ctypes.byref(result), folders, 1, ctypes.byref(options))
        return Report(os.fsdecode(result.output), result.without_figures.decode())

    def summary(self):
        """A row a cluster: size, mean confidence, and the share of each coarse label."""
        rows = []
        for cluster in range(self.n_clusters):
            own = self.clusters == cluster
            row = {
                "cluster": cluster,
                "samples": int(own.sum()),
                "confidence": float(self.confidence[own].mean()) if own.any() else float("nan"),
            }
            if self.coarse is not None:
                for label in np.unique(self.coarse[self.coarse >= 0]):
                    name = self.coarse_names[label] if self.coarse_names else label
                    row[f"coarse {name}"] = int((own & (self.coarse == label)).sum())
            rows.append(row)
        return rows

    def __repr__(self):
        where = f" in {self.folder}" if self.folder else ""
        return f"<forced_apart.Run: {len(self.clusters)} rows in {self.n_clusters} clusters{where}>"

    def _repr_html_(self):
        rows = self.summary()
        said = html.escape(repr(self)[1:-1])
        scores = ", ".join(
            f"{html.escape(key)} {value:.3f}"
            if isinstance(value, float)
            else f"{html.escape(key)} {html.escape(str(value))}"
            for key, value in self.scores.items()
            if value is not None and key not in ("n", "k")
        )
        head = "".join(f"<th>{html.escape(key)}</th>" for key in rows[0])
        body = "".join(
            "<tr>"
            + "".join(
                f"<td>{value:.2f}</td>" if isinstance(value, float) else f"<td>{value}</td>" for value in row.values()
            )
            + "</tr>"
            for row in rows
        )
        return f"<p><b>{said}</b></p><p>{scores}</p><table><tr>{head}</tr>{body}</table>"


class Report:
    """A page that was written; in a notebook it is shown."""

    def __init__(self, path, without_figures):
        self.path, self.without_figures = path, without_figures

    def __repr__(self):
        return f"<forced_apart.Report: {self.path}>"

    def _repr_html_(self):
        page = html.escape(pathlib.Path(self.path).read_text(), quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:40em;border:0"></iframe>'


# ==== Parts of a run ====


def _pandas():
    try:
        import pandas
    except ImportError:
        raise Error(
            "tables are DataFrames: pip install forced-apart[viewer]; clusters, confidence and embeddings are "
            "arrays without it"
        ) from None
    return pandas


def _plain(values):
    return None if values is None else [one if isinstance(one, (str, int, float, bool)) else str(one) for one in values]


def _digest(model):
    return hashlib.sha256(Model.bytes_of(model.pointer)).hexdigest()


def _named(codes, names):
    return codes if names is None else [None if one < 0 else names[one] for one in codes]


def _recipe_of(pointer):
    count = ctypes.c_size_t()
    table = lib.fa_recipe_keys(ctypes.byref(count))
    keys = [table[i].name for i in range(count.value)]
    return {key.decode(): lib.fa_recipe_get(pointer, key).decode() for key in keys}


def _history_of(run):
    count = ctypes.c_size_t()
    rows = lib.fa_run_history(run, ctypes.byref(count))
    return [{name: getattr(rows[i], name) for name, _ in h.fa_epoch._fields_} for i in range(count.value)]


def _finite(value):
    return value if math.isfinite(value) else None


def _scores_of(result):
    found = {
        "epochs": result.epochs,
        "best_epoch": result.best_epoch,
        "stopped": bool(result.stopped),
        "validation_loss": _finite(result.validation_loss),
        "validation_accuracy": _finite(result.validation_accuracy),
    }
    if result.has_scores:
        s = result.scores
        found.update(
            split=result.split.decode(),
            n=s.n,
            k=s.k,
            accuracy=_finite(s.accuracy),
            reconstruction=_finite(s.reconstruction),
            inertia=_finite(s.inertia),
        )
        if s.has_truth:
            found.update(ami_max=s.ami_max, nmi_geometric=s.nmi_geometric, ari=s.ari)
    if result.has_choice:
        found.update(
            choice=result.choice.why.decode(),
            choice_confidence=lib.fa_confidence_name(result.choice.confidence).decode(),
        )
    return found


def _labels_of(run, n, which):
    found = ctypes.POINTER(ctypes.c_int32)()
    lib.fa_run_labels(ctypes.byref(found), run, which)
    return array_of(found, (n,), np.int32) if found else None


def _tensor(data, name):
    """One tensor of safetensors bytes."""
    length = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8 : 8 + length])[name]
    begin, end = (8 + length + at for at in entry["data_offsets"])
    return np.frombuffer(data[begin:end], {"F64": "<f8", "F32": "<f4"}[entry["dtype"]]).reshape(entry["shape"])


# ==== Discover ====


def discover(
    data,
    labels=None,
    *,
    clusters="auto",
    classes=None,
    names=None,
    test=None,
    folder=None,
    overwrite=False,
    label_free=False,
    epochs=None,
    seed=1,
    recipe=None,
    progress=None,
):
    """From data to clusters: chooses a network by their kind and size, trains it on the coarse labels, clusters.

    data        vectors [n, features]; a DataFrame; series [n, steps, features] or a list of [steps, features]; images,
                uint8 [n, height, width(, channels)]; texts, a list; or a path to anything that `forced-apart data info`
                understands
    labels      coarse labels, one a sample, of any kind; missing: none. Of a path: a column or a file; those that the
                data bring need no name. None: no labels, an autoencoder
    clusters    how many, or "auto": by silhouette and stability
    classes     hidden classes, to score the clusters by; the training is not told
    names       of the samples; of a DataFrame its index, if it is one of words
    test        other samples, which are clustered in place of `data`
    folder      of the run, with all that the command line and a report need; None: nothing is written
    label_free  train without labels, even if the data bring some
    recipe      {"loss.margin": 0.2, ...}: keys of `forced-apart train --keys`
    progress    True, False, a function of a dict (which stops the training by returning False), or None: a bar where
                one is seen

    Returns a Run. Same data, seed and settings: same bytes, at any number of threads.
    """
    encoder = coarse_names = class_names = None
    if isinstance(data, (str, os.PathLike)):
        recipe = {**keys_of(data, labels, classes), **(recipe or {})}
        reading = Recipe()
        reading.set({key: value for key, value in recipe.items() if key.startswith("data.")})
        own = read(reading)
        other = None if test is None else read(reading, test, "test")
        label_free = label_free or not (
            lib.fa_dataset_coarse(own.pointer)
            or (labels is None and classes is None and lib.fa_dataset_classes(own.pointer))
        )
        coarse_names, class_names = _file_names(own)
    else:
        encoder = Encoder.learn(data)
        own = encoder.dataset(data)
        other = None if test is None else encoder.dataset(test)
        if names is None and getattr(getattr(getattr(data, "index", None), "dtype", None), "kind", "") == "O":
            names = list(data.index)
        if labels is not None and not label_free:
            codes, coarse_names = numbered(labels, len(own), "labels")
            set_coarse(own, codes, coarse_names)
        if classes is not None:
            codes, class_names = numbered(classes, len(own), "classes")
            set_classes(own, codes, class_names)
        label_free = label_free or labels is None
    if names is not None:
        names = [str(one) for one in names]
        if len(names) != len(own):
            raise InputError(f"{len(names)} names for {len(own)} samples")
        lib.fa_dataset_set_names(own.pointer, texts_of(names))
    settings = settings_for(own, label_free, clusters, seed, epochs, recipe, other)
    made = train(own, settings, other, folder, overwrite, progress)
    run = Run(made, encoder, None if label_free else coarse_names, class_names, None if other else names)
    if run.folder is not None:
        run.save_encoding()
    return run


def _file_names(data):
    """Names of coarse labels and classes of a data set that was read; None where it has none."""
    found = []
    for labels_of, name_of in (
        (lib.fa_dataset_coarse, lib.fa_dataset_coarse_name),
        (lib.fa_dataset_classes, lib.fa_dataset_class_name),
    ):
        labels = labels_of(data.pointer)
        highest = max(labels[: len(data)]) if labels else -1
        names = [name_of(data.pointer, i) for i in range(highest + 1)] if highest < 100000 else []
        found.append([one.decode() for one in names] if names and all(names) else None)
    return found
