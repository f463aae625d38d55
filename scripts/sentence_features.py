#!/usr/bin/env python3
"""Vectors of labelled texts as one .npz for `reproduce best`: x_train, coarse_train, fine_train and the same of test.

    scripts/sentence_features.py --train clinc_train.csv --test clinc_test.csv -o features/clinc-minilm.npz
    scripts/sentence_features.py --train KFold_{10,{2..9}}/testset/csv/*.csv --test KFold_1/testset/csv/*.csv \\
        --text answer_from_anno,answer_normalised,answer --coarse scenario --fine scenario,intent \\
        --delimiter ';' --shuffle -o features/hwu64-minilm.npz

CLINC: tables with the columns text, coarse, fine. HWU64: the folds of github.com/xliuhw/NLU-Evaluation-Data.

Needs the package: pip install forced-apart[features] (docs/python.md).
"""

import argparse
import csv
import random

import numpy as np

from forced_apart import features


def read(paths, options):
    """Rows of text, coarse label, fine class; those without a text are left out."""
    rows = []
    for path in paths:
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, delimiter=options.delimiter)
            absent = {options.coarse, *options.fine.split(",")} - set(table.fieldnames or ())
            if absent:
                raise SystemExit(f"sentence_features.py: {path}: no column {', '.join(sorted(absent))}")
            for row in table:
                text = next((row[name].strip() for name in options.text.split(",") if row.get(name)), "")
                if text:
                    rows.append((text, row[options.coarse], "_".join(row[name] for name in options.fine.split(","))))
    if not rows:
        raise SystemExit(f"sentence_features.py: {paths[0]}: no row has a text in {options.text}")
    if options.shuffle:
        random.Random(0).shuffle(rows)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", nargs="+", required=True, metavar="CSV", help="tables with a row of names")
    parser.add_argument("--test", nargs="+", required=True, metavar="CSV")
    parser.add_argument("-o", "--output", required=True, metavar="NPZ")
    parser.add_argument("--text", default="text", metavar="COL,...", help="the first of these that is not empty")
    parser.add_argument("--coarse", default="coarse", metavar="COL")
    parser.add_argument("--fine", default="fine", metavar="COL,...", help="several are joined by _")
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--shuffle", action="store_true", help="where the rows lie in the order of their classes")
    options = parser.parse_args()
    arrays = {}
    for part in ("train", "test"):
        texts, coarse, fine = zip(*read(getattr(options, part), options))
        arrays[f"x_{part}"] = features.texts(list(texts), cache=False)
        arrays[f"coarse_{part}"], arrays[f"fine_{part}"] = np.array(coarse), np.array(fine)
    np.savez(options.output, **arrays)


if __name__ == "__main__":
    main()
