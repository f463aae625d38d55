"""The data of a run beside it, for pages and programs that show the samples: as files that the library reads."""

import csv
import os

import numpy as np

from ._library import Recipe, interruptible, lib

# Names of files in a run folder.
TABLE, MATRIX, SERIES, LABELS, CLASSES = "data.csv", "data.npy", "data.npz", "labels.csv", "classes.csv"


class Kept:
    """What will lie in the folder of a run: `recipe` tells the library where, `write` leaves it there."""

    def __init__(self, folder, data, values, encoder, names, labels, classes):
        self.data, self.names, self.labels, self.classes = data, names, labels, classes
        self.folder, self.kind, self.columns = os.path.abspath(folder), encoder.kind, encoder.names
        self.values = values
        distinct = names is not None and len(set(names)) == len(names) and all(names)
        self.as_table = self.kind == "texts" or (self.kind == "vectors" and (self.columns is not None or distinct))
        self.names = names if distinct and self.as_table else None

    @property
    def recipe(self):
        made, keys = Recipe(), {}
        if self.as_table:
            keys["data.train"] = TABLE
        else:
            keys["data.train"] = SERIES if self.kind == "series" else MATRIX
            keys.update({"data.labels": LABELS} if self.labels else {})
            keys.update({"data.hidden": CLASSES} if self.classes else {})
        keys = {key: os.path.join(self.folder, name) for key, name in keys.items()}
        if self.as_table:
            own = self._own_columns()
            keys.update({"data.header": "yes"})
            for key, column in zip(("data.id_column", "data.label_column", "data.hidden_column"), own):
                keys.update({key: column} if column else {})
            features = self._features()
            if self.kind == "texts":
                keys["data.text_column"] = "text"
            elif not any("," in one or len(one) > 150 or "  " in one for one in features):
                # A value of a recipe is broken into lines at blanks.
                keys["data.feature_columns"] = ", ".join(features)
        made.set(keys)
        return made

    def _features(self):
        if self.kind == "texts":
            return ["text"]
        return self.columns or [f"x{i}" for i in range(self.values.shape[1])]

    def _own_columns(self):
        """Of name, coarse label and class; none of them is a name of a feature."""
        taken, found = set(self._features()), []
        for values, name in ((self.names, "name"), (self.labels, "label"), (self.classes, "class")):
            while values is not None and name in taken:
                name += "_"
            taken.add(name)
            found.append(name if values is not None else None)
        return found

    def write(self):
        if self.as_table:
            self._write_table()
            return
        if self.kind == "series":
            interruptible(lib.fa_dataset_write, self.data.pointer, os.fsencode(os.path.join(self.folder, SERIES)))
        else:
            with _Whole(os.path.join(self.folder, MATRIX), "wb") as file:
                np.save(file, np.ascontiguousarray(self.values))
        for values, name in ((self.labels, LABELS), (self.classes, CLASSES)):
            if values is not None:
                with _Whole(os.path.join(self.folder, name)) as file:
                    out = csv.writer(file, lineterminator="\n")
                    out.writerow(("row", "label"))
                    out.writerows(enumerate(_worded(values)))

    def _write_table(self):
        own = [one for one in (self.names, self.labels, self.classes) if one is not None]
        columns = [_worded(one) if isinstance(one, tuple) else one for one in own]
        rows = [[one] for one in self.values] if self.kind == "texts" else self.values.tolist()
        with _Whole(os.path.join(self.folder, TABLE)) as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow([one for one in self._own_columns() if one] + self._features())
            for own_cells, row in zip(zip(*columns) if columns else ((),) * len(rows), rows):
                out.writerow([*own_cells, *row])


class _Whole:
    """A file that is complete or absent."""

    def __init__(self, path, mode="w"):
        self.path, self.new = path, f"{path}.{os.getpid()}.new"
        self.file = open(self.new, mode, **({} if "b" in mode else {"encoding": "utf-8", "newline": ""}))

    def __enter__(self):
        return self.file

    def __exit__(self, kind, error, trace):
        self.file.close()
        if kind is None:
            os.replace(self.new, self.path)
        else:
            os.remove(self.new)


def _worded(labels):
    codes, names = labels
    return ["" if one < 0 else str(names[one]) for one in codes.tolist()]
