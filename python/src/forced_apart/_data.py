"""Data of Python as data sets of the library: arrays, DataFrames, series, images, texts, paths."""

import ctypes
import numbers
import os
import warnings

import numpy as np

from . import _header as h
from ._library import Handle, InputError, address, interruptible, lib, texts_of

KINDS = {h.FA_KIND_SERIES: "series", h.FA_KIND_IMAGES: "images", h.FA_KIND_TEXT: "texts", h.FA_KIND_VECTORS: "vectors"}


class Dataset(Handle):
    free = "fa_dataset_free"

    def __init__(self, make, *arguments):
        super().__init__()
        make(self.slot, *arguments)

    def __len__(self):
        return lib.fa_dataset_count(self.pointer)

    @property
    def kind(self):
        return KINDS[lib.fa_dataset_kind(self.pointer)]


def read_either(recipe):
    """The data of a recipe, and whether they are the training part of a folder of both."""
    try:
        return read(recipe, split=None), False
    except InputError as error:
        if error.status != h.FA_E_ARGUMENT:
            raise
    return read(recipe), True


def keys_of(path, labels, classes):
    """Of a recipe: where the data are, and the columns or files of their labels."""
    keys = {"data.train": os.path.abspath(path) if os.path.exists(path) else os.fspath(path)}
    for value, column, file in (
        (labels, "data.label_column", "data.labels"),
        (classes, "data.hidden_column", "data.hidden"),
    ):
        if isinstance(value, numbers.Integral) and not isinstance(value, bool):
            keys[column] = str(int(value))  # not the file that this process has open by that number
        elif isinstance(value, (str, bytes, os.PathLike)):
            keys[file if os.path.exists(value) else column] = os.fspath(value)
        elif value is not None:
            raise InputError(
                f"labels and classes of a path are a column, by its name or number, or a file, and this is a "
                f"{type(value).__name__}; read the data (numpy.load, pandas.read_csv) to give both in memory"
            )
    return keys


def read(recipe, name=None, split="train"):
    """The data set that a recipe says; name: another one that is read alike."""
    name = None if name is None else os.fsencode(name)
    return Dataset(
        lambda *given: interruptible(lib.fa_recipe_read_data, *given), recipe.pointer, name, split and split.encode()
    )


def read_new(path, recipe, schema):
    """Other data for a run: as its recipe says, but that labels need not be there."""
    options = h.fa_read_options(size=ctypes.sizeof(h.fa_read_options), columns_optional=True, schema=schema)
    for name, kind in h.fa_read_options._fields_:
        value = recipe.get(f"data.{name}")
        if value and value not in ("refuse", "auto"):
            setattr(options, name, value.encode() if kind is ctypes.c_char_p else int(value))
    found = ctypes.c_void_p()
    lib.fa_data_path(ctypes.byref(found), os.fsencode(path))
    try:
        place = ctypes.string_at(found)
    finally:
        lib.fa_free(found)
    return Dataset(lambda *given: interruptible(lib.fa_dataset_read, *given), place, ctypes.byref(options))


# ==== What other libraries give ====


def taken(values):
    """Samples or labels as they are worked on here: pandas' and NumPy's kinds, and lists."""
    module = type(values).__module__.partition(".")[0]
    if module in ("polars", "pyarrow", "cudf", "modin") and hasattr(values, "to_pandas"):
        return values.to_pandas()
    if hasattr(values, "detach"):
        return _of_torch(values)
    if hasattr(values, "__next__"):
        return list(values)
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        raise InputError(
            f"{int(np.ma.getmaskarray(values).sum())} of the values are masked: fill them (X.filled(0)), or give a "
            "DataFrame, where what is missing is the median of its column"
        )
    if hasattr(values, "tocsr"):
        raise InputError(
            f"Sparse data of shape {values.shape}: the values must be dense. X.toarray() makes them so; of very many "
            "columns TruncatedSVD(100).fit_transform(X) of scikit-learn makes few"
        )
    return values


def _of_torch(tensor):
    """Of a graph, another device or a type that NumPy has not, too."""
    if tensor.is_meta:
        raise InputError(f"a tensor of shape {tuple(tensor.shape)} on the device 'meta' has no values")
    if str(tensor.layout) != "torch.strided":
        raise InputError(f"Sparse data of shape {tuple(tensor.shape)}: the values must be dense, by X.to_dense()")
    tensor = tensor.detach().cpu()
    return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()


def _array(values):
    return np.asarray(_of_torch(values) if hasattr(values, "detach") else values)


# ==== Labels ====


def is_missing(one):
    """None, NaN, NaT, pandas' NA."""
    return (
        one is None
        or type(one).__name__ in ("NAType", "NaTType")
        or bool(isinstance(one, (float, np.floating)) and one != one)
    )


def missing(values):
    """Which of these are none."""
    return np.array([is_missing(one) for one in np.asarray(values, dtype=object).ravel()], dtype=bool)


def numbered(values, n, what):
    """Labels of any kind as 0, 1, ... and their values in order; -1: none.

    What is missing is none; -1 is a label like others. 1.0 is 1: pandas makes floats of numbers beside missing ones.
    """
    if isinstance(values, (str, bytes, dict)):
        raise InputError(
            f"{what} are {values!r}, and there are {n} samples, each with one; of a column of a DataFrame: "
            "frame.pop(column)"
        )
    values = taken(values)
    values = values if hasattr(values, "__array__") else np.asarray(list(values), dtype=object)
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape != (n,):
        more = "; of columns, their argmax(axis=1)" if array.ndim == 2 and len(array) == n else ""
        raise InputError(f"{what} have the shape {array.shape}; there are {n} samples, and each has one{more}")
    if array.dtype.kind in "iub":
        known, codes = np.unique(array, return_inverse=True)
        return codes.astype(np.int32), known.tolist()
    none = missing(array)
    given = [_label(one) for one in array[~none].tolist()]
    try:
        known = sorted(set(given))
    except TypeError:  # of several types
        known = sorted(set(given), key=lambda one: (type(one).__name__, str(one)))
    place = {one: i for i, one in enumerate(known)}
    codes = np.full(n, -1, dtype=np.int32)
    codes[~none] = [place[one] for one in given]
    return codes, known


def _label(one):
    one = one.item() if isinstance(one, np.generic) else one
    if isinstance(one, bytes):
        return one.decode(errors="replace")
    return int(one) if isinstance(one, float) and one.is_integer() else one


def coarse_of(values, n, what, without):
    """Coarse labels that can be trained on; without: what trains on none."""
    codes, known = numbered(values, n, what)
    if len(known) < 2:
        said = f"none of the {n} {what} says anything" if not known else f"all {what} are {known[0]!r}"
        raise InputError(f"{said}; at least two different ones are needed, and {without} trains without labels")
    return codes, known


def check_apart(frame, codes, known, what):
    """A column that holds the labels themselves is no feature: what is looked for would be read off it."""
    said = np.array([str(one) for one in known], dtype=object)
    rows = np.flatnonzero(codes >= 0)
    for name in frame.columns:
        column = frame[name].to_numpy(dtype=object)[rows]
        if len(rows) and all(str(_label(one)) == word for one, word in zip(column, said[codes[rows]])):
            raise InputError(
                f"column {name} holds the {what} themselves, in every row; leave it out: frame.drop(columns={name!r})"
            )


def set_coarse(data, codes, values):
    lib.fa_dataset_set_coarse(data.pointer, address(codes), texts_of(values))


def set_classes(data, codes, values):
    # The setter takes 0, 1, ...; a sample without a class cannot be scored.
    if (codes < 0).any():
        raise InputError(f"class {int(np.argmax(codes < 0))} is missing; hidden classes score all samples or none")
    lib.fa_dataset_set_classes(data.pointer, address(codes), texts_of(values), len(values))


# ==== Samples ====


def is_frame(values):
    return hasattr(values, "columns") and hasattr(values, "dtypes")


def kind_of(values):
    """What a list or an array holds, and it as an array where that is one."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        array = np.asarray(values)
    elif hasattr(values, "__array__") and not isinstance(values, (list, tuple)) and np.asarray(values).dtype != object:
        array = np.asarray(values)
    else:
        if isinstance(values, (str, dict, set, bytes)) or not hasattr(values, "__iter__"):
            raise InputError(
                f"samples are a {type(values).__name__}; they may be an array, a DataFrame, a list of arrays or texts; "
                "a path is read by forced_apart.discover"
            )
        values = list(values)
        if (
            values
            and all(isinstance(one, str) or is_missing(one) for one in values[:100])
            and any(isinstance(one, str) for one in values)
        ):
            return "texts", values
        samples = [_array(one) for one in values]
        if not samples:
            raise InputError("there are no samples; at least 1 is needed")
        shapes = {one.shape for one in samples}
        if all(one.dtype == np.uint8 and one.ndim in (2, 3) for one in samples):
            if len(shapes) > 1:
                raise InputError(f"images are of different shapes, {sorted(shapes)[:3]}; bring them to one size")
            return "images", np.stack(samples)
        if len(shapes) > 1 or samples[0].ndim == 2:
            return "series", samples
        array = np.asarray(samples)
        if array.dtype == object:
            array = _numbers(array)
    if array.dtype.kind in "US":
        if array.ndim == 1 or array.shape[1:] == (1,):
            return "texts", [one.decode(errors="replace") if isinstance(one, bytes) else str(one) for one in array.flat]
        raise InputError(
            f"an array of shape {array.shape} has words in it, such as {str(array.flat[array.size - 1])!r}: columns of "
            "numbers and words go into a DataFrame, texts into a list of one a sample"
        )
    if array.dtype.kind == "c":
        raise InputError("Complex data not supported: take real and imaginary parts as columns of their own")
    if array.dtype.kind not in "fiub":
        raise InputError(f"values of type {array.dtype} are no numbers")
    if array.ndim == 2:
        return "vectors", array
    if array.ndim in (3, 4) and array.dtype == np.uint8:
        return "images", array
    if array.ndim == 3:
        return "series", list(array)
    more = "Reshape your data: array.reshape(-1, 1) makes vectors of one feature"
    if array.ndim == 4:
        more = "(255 * images).astype('uint8') makes such of values from 0 to 1"
    raise InputError(
        f"an array of shape {array.shape} and type {array.dtype}; vectors are [n, features], series "
        f"[n, steps, features] or a list of [steps, features], images uint8 [n, height, width(, channels)]. {more}"
    )


def _numbers(array):
    """Of objects."""
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):
        pass
    for i, one in enumerate(array.flat):
        one = one.item() if isinstance(one, np.ndarray) and one.ndim == 0 else one
        if not isinstance(one, numbers.Number):
            raise InputError(
                f"value {i} is a {type(one).__name__}, {str(one)[:40]!r}: samples are numbers or texts; "
                "pandas.DataFrame makes columns of a list of dicts, and may have missing values"
            )
    raise InputError(f"values of type {type(array.flat[0]).__name__} are no numbers")


class Encoder:
    """How samples become numbers, learnt from the first ones and used for all others.

    A column of a DataFrame that holds categories, words or booleans becomes a 0 or 1 for each that was there; a
    missing number is the column's median, and a column NAME=missing says so where the first data missed some.
    """

    def __init__(self, kind, columns=None):
        self.kind, self.columns = kind, columns

    @classmethod
    def learn(cls, values):
        if is_frame(values):
            _check_frame(values)
            return cls("vectors", columns=[_learn_column(name, values[name]) for name in values.columns])
        return cls(kind_of(values)[0])

    @classmethod
    def as_is(cls, values):
        """For a model that was not trained from Python: columns go by their names."""
        if not is_frame(values):
            return cls(kind_of(values)[0])
        return cls("vectors", columns=[{"name": name, "median": 0.0, "missing": False} for name in values.columns])

    @property
    def names(self):
        """Of the columns, where a DataFrame names them."""
        if self.columns is None:
            return None
        return [name for column in self.columns for name in _names(column)]

    def dataset(self, values):
        plain = self.plain(values)
        data = _makers[self.kind](plain)
        if self.columns is not None:
            lib.fa_dataset_set_column_names(data.pointer, texts_of(self.names))
        return data

    def plain(self, values):
        """An array, or a list of series or texts."""
        if is_frame(values) != (self.columns is not None):
            raise InputError(
                "this is a DataFrame, and the first data were none: give frame.to_numpy()"
                if is_frame(values)
                else f"the first data were a DataFrame: give one with its columns, {self._column_names()}"
            )
        if self.columns is not None:
            return self._table(values)
        kind, values = kind_of(values)
        if kind != self.kind:
            raise InputError(f"these are {kind}, and the first data were {self.kind}")
        if kind == "texts":
            return ["" if gone else one for one, gone in zip(values, missing(values))]
        return values

    def _table(self, frame):
        absent = [str(column["name"]) for column in self.columns if column["name"] not in frame.columns]
        if absent:
            raise InputError(
                f"the DataFrame has no column {', '.join(absent[:5])}; it has {_some(frame.columns)}, and needs "
                f"{self._column_names()}"
            )
        _check_frame(frame)
        return np.column_stack([_encode_column(column, frame[column["name"]]) for column in self.columns])

    def _column_names(self):
        return _some(column["name"] for column in self.columns)


def _some(names):
    names = [str(one) for one in names]
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _check_frame(frame):
    if 0 in frame.shape:
        missed = "samples" if len(frame.columns) else "feature(s)"
        raise InputError(f"0 {missed} (shape={frame.shape}) while a minimum of 1 is required.")
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise InputError(f"several columns are named {twice}: give each a name of its own")


def _kind_of_column(name, values):
    """The letter of NumPy's kind of type; of a column of objects, of what they are."""
    kind = getattr(values.dtype, "kind", "O")
    if not (isinstance(values.dtype, np.dtype) and kind == "O"):
        return kind
    none = missing(values)
    known = [one for one, gone in zip(values, none) if not gone]
    if known and all(isinstance(one, numbers.Number) and not isinstance(one, (bool, np.bool_)) for one in known):
        return "c" if any(isinstance(one, complex) for one in known) else "f"
    for one in known:
        if not isinstance(one, (str, numbers.Number, np.bool_)):
            raise InputError(
                f"column {name} holds a {type(one).__name__}, {str(one)[:40]}; make numbers or words of it, or leave "
                "it out"
            )
    return kind


def _learn_column(name, values):
    kind = _kind_of_column(name, values)
    if kind in "fiu":
        found = values.to_numpy(dtype=np.float64, na_value=np.nan)
        known = found[~np.isnan(found)]
        if not len(known):
            raise InputError(f"column {name} has no value at all; leave it out")
        return {"name": name, "median": float(np.median(known)), "missing": bool(len(known) < len(found))}
    if kind in "Mmc":
        raise InputError(
            f"column {name} is of type {values.dtype}; make numbers of it (hours, weekday, ...) or leave it out"
        )
    known = sorted({str(one) for one in values[~values.isna()]})
    if not known:
        raise InputError(f"column {name} has no value at all; leave it out")
    if len(known) > max(50, len(values) // 2):
        raise InputError(
            f"column {name} has {len(known)} different words in {len(values)} rows: an id or a text rather "
            "than categories; leave it out, or cluster it alone as texts"
        )
    return {"name": name, "words": known, "missing": bool(values.isna().any())}


def _names(column):
    if "words" in column:
        return [f"{column['name']}={word}" for word in column["words"]] + [f"{column['name']}=missing"] * column[
            "missing"
        ]
    return [str(column["name"])] + [f"{column['name']}=missing"] * column["missing"]


def _encode_column(column, values):
    none = values.isna().to_numpy()
    if none.any() and not column["missing"]:
        raise InputError(
            f"column {column['name']} misses a value in row {int(np.argmax(none))}, and missed none in the "
            "data that were learnt from; fill it"
        )
    if "words" in column:
        words = np.array([str(one) for one in values], dtype=object)
        parts = [(words == word) & ~none for word in column["words"]]
        if getattr(values.dtype, "kind", "O") in "fiu" and not none.all() and not np.any(parts):
            raise InputError(
                f"column {column['name']} was words, such as {column['words'][0]!r}, and is now {values.dtype}, "
                f"such as {words[~none][0]}"
            )
        other = ~none & ~np.any(parts, axis=0)
        if other.any():
            warnings.warn(
                f"column {column['name']}: {int(other.sum())} of {len(words)} words are none that was learnt (the "
                f"first: {words[other][0]!r}), taken as no word of the column",
                stacklevel=8,
            )
    else:
        try:
            found = values.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise InputError(f"column {column['name']} was numbers, and is now {values.dtype}: {error}") from None
        if np.isinf(found).any():
            row = int(np.argmax(np.isinf(found)))
            raise InputError(f"column {column['name']} is {found[row]} in row {row}; every value must be finite")
        parts = [np.where(none, column["median"], found)]
    return np.column_stack(parts + ([none] if column["missing"] else [])).astype(np.float64)


def _vectors(values):
    if values.shape[1] == 0 or values.shape[0] == 0:
        raise InputError(
            f"0 {'samples' if values.shape[0] == 0 else 'feature(s)'} (shape={values.shape}) while a minimum "
            "of 1 is required."
        )
    # As an .npy file of the type is read: what float32 may not hold goes there as doubles.
    wide = values.dtype.itemsize > 4 or (values.dtype.kind in "iu" and values.dtype.itemsize == 4)
    x = np.ascontiguousarray(values, dtype=np.float64 if wide else np.float32)
    make = lib.fa_dataset_from_doubles if wide else lib.fa_dataset_from_vectors
    return Dataset(make, address(x), *x.shape)


def _series(values):
    samples = [_array(one) for one in values]
    samples = [one[:, None] if one.ndim == 1 else one for one in samples]
    for i, one in enumerate(samples):
        if one.ndim != 2 or one.dtype.kind not in "fiub":
            raise InputError(
                f"series {i} has the shape {one.shape} and the type {one.dtype}; it must be numbers [steps] or "
                "[steps, features]"
            )
        if one.shape[1] != samples[0].shape[1]:
            raise InputError(f"series {i} has {one.shape[1]} features, series 0 has {samples[0].shape[1]}")
    offsets = np.zeros(len(samples) + 1, dtype=np.int64)
    np.cumsum([len(one) for one in samples], out=offsets[1:])
    points = np.ascontiguousarray(np.concatenate(samples), dtype=np.float32)
    return Dataset(lib.fa_dataset_from_series, address(points), address(offsets), len(samples), points.shape[1])


def _images(values):
    pixels = np.ascontiguousarray(values)
    pixels = pixels[..., None] if pixels.ndim == 3 else pixels
    if pixels.shape[3] not in (1, 3):
        more = ""
        if pixels.shape[1] in (1, 3):
            more = ": of channels first, images.transpose(0, 2, 3, 1)"
        elif pixels.shape[3] == 4:
            more = ": of RGBA, images[..., :3]"
        raise InputError(
            f"images of shape {pixels.shape} have {pixels.shape[3]} channels; 1 (grey) or 3 (RGB) are known{more}"
        )
    return Dataset(lib.fa_dataset_from_images, address(pixels), *pixels.shape)


def _texts(values):
    return Dataset(lib.fa_dataset_from_texts, texts_of(values), len(values))


_makers = {"vectors": _vectors, "series": _series, "images": _images, "texts": _texts}
