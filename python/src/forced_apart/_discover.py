"""Trainings: `discover`, by the library's fa_discover, and a training by one recipe for the estimator."""

import ctypes
import os
import warnings

import numpy as np

from . import _header as h
from ._data import (
    Encoder,
    check_apart,
    coarse_of,
    is_frame,
    keys_of,
    numbered,
    read,
    read_either,
    set_classes,
    set_coarse,
    taken,
)
from ._keep import Kept
from ._library import Handle, InputError, Recipe, interruptible, lib, recipe_keys, setting_of, texts_of
from ._progress import Shown
from ._run import Run


class _Trained(Handle):
    free = "fa_run_free"

    @property
    def run(self):
        return self.pointer


class _Discovery(Handle):
    free = "fa_discovery_free"

    @property
    def run(self):
        return lib.fa_discovery_run(self.pointer)


def clusters_of(value):
    """As in cluster.k: a number, "auto", or one for each coarse label by its name."""
    if value is None or isinstance(value, str):
        return value
    counts = list(value.values()) if isinstance(value, dict) else [value]
    for one in counts or [None]:
        whole = isinstance(one, (int, float, np.integer, np.floating)) and not isinstance(one, bool) and one == one // 1
        if not (whole and 1 <= one < 2**31):
            raise InputError(
                f"the number of clusters (cluster.k) is {value!r}; it must be a whole number from 1 on, 'auto', or one "
                "for each coarse label, as {'red': 4, 'blue': 6}"
            )
    if isinstance(value, dict):
        return ", ".join(f"{label}={int(count)}" for label, count in value.items())
    return str(int(value))


def settings_of(settings):
    if not isinstance(settings, dict):
        raise InputError(
            f"recipe is a {type(settings).__name__}; it must be a dict of keys and values, as {{'loss.margin': 0.2}}"
        )
    return [f"{key}={setting_of(value)}" for key, value in settings.items()]


# ==== What the library does ====


def found_in(
    data,
    *,
    test=None,
    clusters=None,
    label_free=False,
    epochs=None,
    seed=1,
    settings=None,
    recipe=None,
    trainings=None,
    search=None,
    methods=None,
    tolerance=None,
    folder=None,
    overwrite=False,
    progress=None,
):
    """A discovery in a data set."""
    settings = settings or {}
    wanted = texts_of(settings_of(settings))
    options = h.fa_discover_options(
        size=ctypes.sizeof(h.fa_discover_options),
        label_free=int(label_free),
        epochs=_whole(epochs, "epochs", 1),
        seed=_whole(1 if seed is None else seed, "seed", 0),
        trainings=_whole(trainings, "trainings", 1),
        search=_whole(search, "search", 1),
        recipe=recipe and recipe.pointer,
        settings=wanted,
        n_settings=len(settings),
        test=test and test.pointer,
        overwrite=int(overwrite),
    )
    if methods is not None:
        options.methods = (methods if isinstance(methods, str) else ",".join(methods)).encode()
    if tolerance is not None:
        may_cost = ctypes.c_double(_number(tolerance, "tolerance"))
        options.tolerance = ctypes.addressof(may_cost)
    clusters = clusters_of(clusters)
    if clusters is not None:
        options.clusters = clusters.encode()
    if folder is not None:
        options.folder = os.fsencode(folder)
    made = _Discovery()
    with Shown(progress) as shown:
        options.begin, options.progress = shown.begin, shown.step
        interruptible(lib.fa_discover, made.slot, data.pointer, ctypes.byref(options))
    warn_of_idle(lib.fa_discovery_recipe(made.pointer), settings)
    return made


def warn_of_idle(recipe, settings):
    """Of settings that have no effect as the others are set, as the command line notes them."""
    usual = recipe_keys()
    for key in (str(one).encode() for one in settings):
        value, why = lib.fa_recipe_get(recipe, key), ctypes.c_void_p()
        if value == usual[key]:
            continue
        lib.fa_recipe_idle(ctypes.byref(why), recipe, key)
        if why:
            said = ctypes.string_at(why).decode()
            lib.fa_free(why)
            warnings.warn(f"recipe: {key.decode()} = {value.decode()} has no effect: {said}", stacklevel=4)


def trained_by(recipe, data, progress=None):
    """A training by one recipe, in memory."""
    made = _Trained()
    with Shown(progress) as shown:
        options = h.fa_train_options(size=ctypes.sizeof(h.fa_train_options), progress=shown.step)
        interruptible(lib.fa_train, made.slot, recipe.pointer, data.pointer, None, ctypes.byref(options))
    return made


def _number(value, what):
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InputError(f"{what} is {value!r}; it must be a number") from None


def _whole(value, what, least):
    if value is None:
        return 0
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = None
    if number is None or number != value or not least <= number < 2**53:
        raise InputError(f"{what} is {value!r}; it must be a whole number from {least} to 2**53 - 1")
    return number


# ==== Discover ====


def refuse_to_replace(folder):
    """As the library does, which speaks of options of the command line."""
    for file in (h.FA_RUN_CHECKPOINT, h.FA_RUN_MODEL):
        if os.path.exists(os.path.join(folder, lib.fa_run_file_name(file).decode())):
            raise InputError(f"{os.fspath(folder)}: holds a run already; overwrite=True replaces it")


def discover(
    data,
    labels=None,
    *,
    clusters=None,
    classes=None,
    names=None,
    test=None,
    folder=None,
    overwrite=False,
    keep_data=True,
    label_free=False,
    epochs=None,
    seed=1,
    trainings=None,
    search=None,
    methods=None,
    tolerance=None,
    recipe=None,
    progress=None,
):
    """From data to clusters: looks at them, trains a network that suits their kind and size on the coarse labels, and
    clusters within the labels in the space that serves best. The same as `forced-apart discover`.

    data        vectors [n, features]; a DataFrame; series [n, steps, features] or a list of [steps, features]; images,
                uint8 [n, height, width(, channels)]; texts, a list; or a path to anything that `forced-apart data info`
                understands
    labels      coarse labels, one a sample, of any kind; missing: none. Of a path: a column or a file; those that the
                data bring need no name. None: no labels, an autoencoder
    clusters    how many in all; {label: how many} within each; "auto": by silhouette and stability; None: as many as
                hidden classes, without any "auto"
    classes     hidden classes, to score the clusters by; neither training nor choice are told
    names       of the samples; of a DataFrame its index, if it is one of words
    test        other samples, which are clustered in place of `data`
    folder      of the run, with all that the command line, a report and `explore` need; None: nothing is written.
                keep_data: with the samples too, which pages show
    label_free  train without labels, even if the data bring some
    trainings   1; 2, by two seeds, whose agreement tells whether a trained space is better than the input; more: images
                in colour so often again on their own clusters; None: 2, of these 4
    search      settings of margin and weight that are tried first; tolerance: what one may cost of the coarse accuracy
    methods     ["plain", "multi", "held", "information", "neighbours"], or some of them: trainings that are compared
                first; the one whose two seeds agree best is taken
    recipe      {"loss.margin": 0.2, "cluster.within": "none", ...}: keys of `forced-apart train --keys`
    progress    True, False, a function of a dict (which stops the training by returning False), or None: a bar where
                one is seen

    Returns a Run. Same data, seed and settings: same bytes, at any number of threads.
    """
    path = isinstance(data, (str, os.PathLike))
    if folder is not None and not overwrite:
        refuse_to_replace(folder)
    given = (_OfPath if path else _OfValues)(data, labels, classes, names, test, label_free, recipe or {})
    kept = None if path or folder is None or not keep_data else given.kept(folder)
    made = found_in(
        given.own,
        test=given.other,
        clusters=clusters,
        label_free=label_free or given.label_free,
        epochs=epochs,
        seed=seed,
        settings=recipe,
        recipe=kept.recipe if kept else given.recipe,
        trainings=trainings,
        search=search,
        methods=methods,
        tolerance=tolerance,
        folder=folder,
        overwrite=overwrite,
        progress=progress,
    )
    run = Run(made.run, given.encoder, None if label_free else given.coarse_names, given.class_names, given.shown_names)
    run.take_discovery(made.pointer)
    if run.folder is not None:
        if kept:
            kept.write()
        run.save_encoding()
    return run


class _OfPath:
    """Data as the command line reads them."""

    encoder, label_free, shown_names = None, False, None

    def __init__(self, path, labels, classes, names, test, label_free, settings):
        if names is not None:
            raise InputError("names go with samples in memory; a file brings its own")
        self.recipe = Recipe()
        self.recipe.set({**keys_of(path, labels, classes), **settings})
        self.own, parts = read_either(self.recipe)
        test = path if test is None and parts else test
        if test is not None:
            self.recipe.set({"data.test": os.fspath(test)})
        self.other = None if test is None else read(self.recipe, test, "test")
        self.coarse_names, self.class_names = _file_names(self.own)


class _OfValues:
    """Data in memory."""

    recipe = None

    def __init__(self, values, labels, classes, names, test, label_free, settings):
        self.values = values = taken(values)
        self.encoder, self.coarse, self.classes = Encoder.learn(values), None, None
        self.own = own = self.encoder.dataset(values)
        self.other = None if test is None else self.encoder.dataset(taken(test))
        if labels is not None and not label_free:
            self.coarse = coarse_of(labels, len(own), "labels", "label_free=True")
            if is_frame(values):
                check_apart(values, *self.coarse, "labels")
            set_coarse(own, *self.coarse)
        if classes is not None:
            self.classes = numbered(classes, len(own), "classes")
            if is_frame(values):
                check_apart(values, *self.classes, "classes")
            set_classes(own, *self.classes)
        # Classes that were given to score by are not trained on.
        self.label_free = labels is None
        self.names = _names_of(values, len(own), names)
        if self.names is not None:
            lib.fa_dataset_set_names(own.pointer, texts_of(self.names))

    @property
    def coarse_names(self):
        return self.coarse and self.coarse[1]

    @property
    def class_names(self):
        return self.classes and self.classes[1]

    @property
    def shown_names(self):
        return None if self.other else self.names

    def kept(self, folder):
        """None: with other samples clustered, those are not kept."""
        if self.other:
            return None
        return Kept(
            folder, self.own, self.encoder.plain(self.values), self.encoder, self.names, self.coarse, self.classes
        )


def _names_of(values, n, names):
    """Those given, or the index of a DataFrame or Series where it is one of words."""
    if names is None:
        index = getattr(values, "index", None)
        words = getattr(getattr(index, "dtype", None), "kind", "") == "O"
        return [str(one) for one in index] if words else None
    names = [str(one) for one in names]
    if len(names) != n:
        raise InputError(f"{len(names)} names for {n} samples")
    return names


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
