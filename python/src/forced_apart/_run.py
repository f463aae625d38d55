"""What trainings leave: `Run`."""

import csv
import ctypes
import hashlib
import html
import json
import math
import os
import pathlib
import tempfile
import warnings

import numpy as np

from . import _header as h
from ._data import Encoder, numbered, read_new, set_coarse, taken
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
    recipe_keys,
)
from ._page import Page

# Beside the files of the library in a run folder: how Python's data became numbers.
ENCODING, ENCODING_VERSION = "python.json", 2


class _Opened(Handle):
    free = "fa_run_free"


# ==== Runs ====


class Run:
    """What a training found, all in memory: it can be pickled, and outlives the files that it came from.

    embeddings    float32 [rows, units]: what was clustered, the outputs of the target layer or the samples themselves
    clusters      int32 [rows], 0 to n_clusters - 1
    confidence    float64 [rows] in [0, 1]: 0 on the border to another cluster
    distance      float64 [rows] to the centre, in the space of cluster.transform
    coarse        int32 [rows] index into coarse_names, -1: none; None: an autoencoder
    classes       int32 [rows] index into class_names; None: hidden classes are not known
    samples       int64 [rows]: the sample of each row
    centres       float64 [n_clusters, columns]
    scores        dict, history: list of dicts, recipe: dict of texts, folder: None: in memory alone
    candidates    DataFrame: the spaces that discover compared, with the signals that it chose by
    choice        one sentence on why the chosen one was; "" of a run that compared nothing
    cluster_names list of what name_clusters gave, None: none
    """

    def __init__(self, run, encoder=None, coarse_names=None, class_names=None, names=None):
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
        self.compared, self.choice, self.cluster_names = [], "", None

    def take_discovery(self, found):
        """What fa_discover compared."""
        count = ctypes.c_size_t()
        rows = lib.fa_discovery_candidates(found, ctypes.byref(count))
        self.compared = [_candidate(rows[i]) for i in range(count.value)]
        self.choice = lib.fa_discovery_why(found).decode()

    @classmethod
    def open(cls, folder):
        """A run from its folder, of Python or of `forced-apart`."""
        opened = _Opened()
        interruptible(lib.fa_run_open, opened.slot, os.fsencode(folder))
        run = cls(opened.pointer)
        beside = run.folder / ENCODING
        known = json.loads(beside.read_text()) if beside.exists() else {}
        # Where another training replaced the model since, the file is of the one before.
        if known.get("version") == ENCODING_VERSION and known["model"] == _digest(run.model):
            run.encoder = Encoder(**known["encoder"]) if known["encoder"] else None
            run.coarse_names, run.class_names, run.names = known["coarse"], known["classes"], known["names"]
            run.choice = known["choice"]
        table = run.folder / lib.fa_run_file_name(h.FA_RUN_CANDIDATES).decode()
        if table.exists():
            with open(table, newline="") as file:
                run.compared = [_candidate_of_file(row) for row in csv.DictReader(file)]
        return run

    def save_encoding(self):
        encoder = self.encoder and {key: getattr(self.encoder, key) for key in ("kind", "columns")}
        text = json.dumps(
            {
                "version": ENCODING_VERSION,
                "model": _digest(self.model),
                "encoder": encoder,
                "coarse": _plain(self.coarse_names),
                "classes": _plain(self.class_names),
                "names": _plain(self.names),
                "choice": self.choice,
            }
        )
        new = self.folder / f".{ENCODING}.new"
        new.write_text(text)
        new.replace(self.folder / ENCODING)

    @property
    def n_clusters(self):
        return len(self.centres)

    @property
    def candidates(self):
        return _pandas().DataFrame(self.compared)

    def name_clusters(self, names):
        """Names for the clusters, which tables then have: {cluster: name}, or a file that `explore` saved."""
        if isinstance(names, dict):
            for one in names:
                if not (isinstance(one, (int, np.integer)) and 0 <= one < self.n_clusters):
                    raise InputError(f"there is no cluster {one!r}; the run has 0 to {self.n_clusters - 1}")
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "names.csv"
                with open(path, "w", newline="", encoding="utf-8") as file:
                    csv.writer(file, lineterminator="\n").writerows([("cluster", "name"), *names.items()])
                lib.fa_clusters_read_names(self.centres_of.pointer, os.fsencode(path))
        else:
            lib.fa_clusters_read_names(self.centres_of.pointer, os.fsencode(names))
        found = [lib.fa_clusters_name(self.centres_of.pointer, cluster) for cluster in range(self.n_clusters)]
        self.cluster_names = [None if one is None else one.decode() for one in found]
        return self

    # ---- new samples ----

    def dataset(self, data, labels=None):
        """New samples as the run's own were read, with coarse labels where they are known."""
        if isinstance(data, (str, os.PathLike)):
            if labels is not None:
                raise InputError("labels go with samples in memory; a file brings its own")
            return read_new(data, self.recipe, lib.fa_model_schema(self.model.pointer))
        data = taken(data)
        made = (self.encoder or Encoder.as_is(data)).dataset(data)
        if labels is not None:
            codes, names = numbered(labels, len(made), "labels")
            self._look_at_labels(names)
            set_coarse(made, codes, names)
        return made

    def _look_at_labels(self, names):
        """A label that no sample had in the training says nothing: the predicted one counts."""
        if self.coarse_names is None:
            return
        known = {str(one) for one in self.coarse_names}
        others = [one for one in names if str(one) not in known]
        said = f"no sample of the training had the label {', '.join(map(repr, others[:5]))}; known are " + ", ".join(
            map(repr, self.coarse_names[:20])
        )
        if others and len(others) == len(names):
            raise InputError(f"{said}; None is no label")
        if others:
            warnings.warn(f"{said}. Such samples go by the label that is predicted", stacklevel=4)

    def embed(self, data, layer=None, augment=0):
        """Outputs of a layer [n, units] for samples, float32: by its number from 1, 0 the target layer, None what was
        clustered. augment: of images the mean over so many changes, drawn as the training had them; 16 do.
        """
        if layer is not None and not (isinstance(layer, (int, np.integer)) and 0 <= layer < 1000):
            raise InputError(f"layer is {layer!r}; it must be a number of a layer from 1, 0 (target) or None")
        return self.embed_dataset(self.dataset(data), layer, augment)

    def embed_dataset(self, data, layer=None, augment=0):
        if not (isinstance(augment, (int, np.integer)) and 0 <= augment <= 10000):
            raise InputError(f"augment is {augment!r}; it must be how many changes, 0 to 10000")
        units = ctypes.c_size_t()
        layer = lib.fa_clusters_layer(self.centres_of.pointer) if layer is None else int(layer)
        lib.fa_model_layer_units(ctypes.byref(units), self.model.pointer, layer)
        rows = np.empty((len(data), units.value), dtype=np.float32)
        if augment:
            recipe = Recipe()
            recipe.set(self.recipe)
            how = (self.model.pointer, recipe.pointer, layer, data.pointer, int(augment))
            embed = (lib.fa_model_embed_augmented, address(rows), None, *how)
        else:
            embed = (lib.fa_model_embed_layer, address(rows), self.model.pointer, layer, data.pointer)
        interruptible(*embed, h.fa_progress_fn(), None)
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
        interruptible(
            lib.fa_clusters_assign,
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
        interruptible(lib.fa_clusters_space, address(out), self.centres_of.pointer, address(x), *x.shape)
        return out

    def assign(self, data, labels=None):
        """Clusters of new samples: a DataFrame with cluster, distance and confidence, by the index of the data.

        Where the clusters lie within coarse labels a sample goes to those of its own label, else of the predicted one.
        """
        pandas = _pandas()
        clusters, distance, confidence = self.find(self.dataset(data, labels))
        index = getattr(data, "index", None)
        return pandas.DataFrame(
            {**self._clusters_in_tables(clusters), "distance": distance, "confidence": confidence},
            index=index if hasattr(index, "dtype") else None,
        )

    def _clusters_in_tables(self, clusters):
        if self.cluster_names is None:
            return {"cluster": clusters}
        return {"cluster": clusters, "cluster_name": [self.cluster_names[one] for one in clusters]}

    # ---- tables ----

    @property
    def assignments(self):
        """A DataFrame with a row a sample: sample, name, coarse, cluster, distance, confidence, class."""
        columns = {"sample": self.samples}
        if self.names is not None:
            columns["name"] = [self.names[i] for i in self.samples]
        if self.coarse is not None:
            columns["coarse"] = _named(self.coarse, self.coarse_names)
        columns.update(self._clusters_in_tables(self.clusters), distance=self.distance, confidence=self.confidence)
        if self.classes is not None:
            columns["class"] = _named(self.classes, self.class_names)
        return _pandas().DataFrame(columns)

    def to_onnx(self, path, probabilities=False):
        """Writes the network for ONNX runtimes; forced_apart/export.h has its inputs and outputs.

        probabilities: of the coarse labels, in place of logits.
        """
        lib.fa_export_onnx(os.fsencode(path), self.model.pointer, bool(probabilities))

    def to_tensorboard(self, folder):
        """Writes the history, and the embedding for the projector, for `tensorboard --logdir FOLDER`.

        Returns why names are missing, "" if they are not.
        """
        return self._written(lib.fa_export_tensorboard, folder)

    def to_csv(self, path):
        """Writes a table with a line a row: id, x and y along two principal components, cluster, labels, text.

        Returns why names and texts are missing, "" if they are not.
        """
        return self._written(lib.fa_export_csv, path)

    def _written(self, write, path, *more):
        without = ctypes.create_string_buffer(h.FA_EXPORT_WITHOUT)
        interruptible(write, ctypes.addressof(without), os.fsencode(path), os.fsencode(self._on_disk()), *more)
        return without.value.decode(errors="replace")

    def _on_disk(self):
        if self.folder is None:
            raise InputError(
                "this run is in memory alone; discover(..., folder='runs/mine') leaves the files that pages and "
                "tables are made of"
            )
        return self.folder

    def to_parquet(self, path, embeddings=False):
        """Writes the assignments, if asked for with what was clustered as a column `embedding` of lists.

        Needs pandas and pyarrow.
        """
        table = self.assignments
        if embeddings:
            table["embedding"] = list(self.embeddings)
        table.to_parquet(path)

    def report(self, path=None):
        """Writes the page of the run, and the figures where gnuplot is; shown in a notebook as it is."""
        folder = self._on_disk()
        options, result = h.fa_report_options(size=ctypes.sizeof(h.fa_report_options)), h.fa_report_result()
        if path is not None:
            options.output = os.fsencode(path)
        folders = (ctypes.c_char_p * 1)(os.fsencode(folder))
        interruptible(lib.fa_report_write, ctypes.byref(result), folders, 1, ctypes.byref(options))
        return Page(os.fsdecode(result.output), result.without_figures.decode())

    def explore(self, path=None, names=None):
        """Writes a page to work in, a map of the samples with filters and a name for each cluster; shown in a notebook.

        path: None: explore.html in the folder of the run. names: a file of them, as name_clusters takes.
        """
        if path is None:
            path = self._on_disk() / lib.fa_run_file_name(h.FA_RUN_EXPLORE).decode()
        names = None if names is None else os.fsencode(names)
        return Page(os.fspath(path), self._written(lib.fa_explore_write, path, names))

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
            (
                f"{html.escape(key)} {value:.3f}"
                if isinstance(value, float)
                else f"{html.escape(key)} {html.escape(str(value))}"
            )
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
        scores += f"<br>{html.escape(self.choice)}" if self.choice else ""
        return f"<p><b>{said}</b></p><p>{scores}</p><table><tr>{head}</tr>{body}</table>"


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
    return {key.decode(): lib.fa_recipe_get(pointer, key).decode() for key in recipe_keys()}


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
            within=lib.fa_within_name(result.within).decode(),
        )
        if s.has_truth:
            found.update(ami_max=s.ami_max, nmi_geometric=s.nmi_geometric, ari=s.ari)
    if result.has_choice:
        found.update(
            choice=result.choice.why.decode(),
            choice_confidence=lib.fa_confidence_name(result.choice.confidence).decode(),
        )
    return found


def _candidate(row):
    found = {name: getattr(row, name) for name, _ in h.fa_candidate._fields_}
    found = {_IN_TABLE.get(name, name): value for name, value in found.items()}
    found["within"] = lib.fa_within_name(row.within).decode()
    for name, value in found.items():
        if isinstance(value, bytes):
            found[name] = value.decode()
        elif name in _YES_OR_NO:
            found[name] = bool(value)
    return {name: found[name] for name in _CANDIDATE}


def _candidate_of_file(row):
    for name, value in row.items():
        if name in _YES_OR_NO:
            row[name] = value == "1"
        elif name == "k":
            row[name] = int(value)
        elif name not in _TEXTS:
            row[name] = float(value) if value else math.nan
    return {name: row[name] for name in _CANDIDATE}


# Columns as in candidates.csv, where some have a longer name than in fa_candidate.
_IN_TABLE = {"accuracy": "validation_accuracy", "loss": "validation_loss", "ami": "ami_max_not_used"}
_TEXTS, _YES_OR_NO = ("space", "training", "margin", "weight", "within"), ("costly", "possible", "chosen")
_CANDIDATE = (
    *_TEXTS,
    *("k", "agreement", "consistency", "vote", "views", "silhouette", "stability"),
    *("validation_accuracy", "validation_loss", "active_pairs"),
    *_YES_OR_NO,
    "ami_max_not_used",
)


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
