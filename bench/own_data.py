"""Data for bench/own_data: 10,000 samples of each real set, drawn at random with one seed, with coarse
labels and hidden classes in files beside them as a user has them.

usage: own_data.py DATA OUT    DATA: the folder with mnist, strokes, cifar10 and dbpedia
"""
import csv
import gzip
import os
import shutil
import struct
import sys

import numpy as np

N = 10000


def idx(path):
    raw = gzip.open(path).read()
    rank = raw[3]
    shape = struct.unpack(f">{rank}I", raw[4 : 4 + 4 * rank])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def main(data, out):
    rng = np.random.default_rng(5)
    os.makedirs(out, exist_ok=True)

    def draw(count, n=N):
        return np.sort(rng.permutation(count)[:n])

    def labels(name, classes, half):
        with open(f"{out}/{name}-coarse.txt", "w") as f:
            f.writelines("low\n" if c < half else "high\n" for c in classes)
        with open(f"{out}/{name}-hidden.txt", "w") as f:
            f.writelines(f"{c}\n" for c in classes)

    x = idx(f"{data}/mnist/train-images-idx3-ubyte.gz")
    y = idx(f"{data}/mnist/train-labels-idx1-ubyte.gz")
    s = draw(len(x))
    np.save(f"{out}/mnist-img.npy", x[s])
    np.save(f"{out}/mnist-vec.npy", x[s].reshape(N, -1))
    for name in ("mnist-img", "mnist-vec"):
        labels(name, y[s], 5)

    z = np.load(f"{data}/strokes/mnist-strokes-train.npz")
    points, offsets, y = z["points"], z["offsets"], z["labels"]
    s = draw(len(y))
    parts = [points[offsets[i] : offsets[i + 1]] for i in s]
    ends = np.cumsum([0] + [len(p) for p in parts]).astype(offsets.dtype)
    np.savez(f"{out}/strokes.npz", points=np.concatenate(parts), offsets=ends, labels=y[s])
    labels("strokes", y[s], 5)

    train = f"{data}/cifar10/images/train"
    for folder in sorted(os.listdir(train)):
        files = sorted(os.listdir(f"{train}/{folder}"))
        os.makedirs(f"{out}/cifar/{folder}", exist_ok=True)
        for i in draw(len(files), N // 10):
            shutil.copy(f"{train}/{folder}/{files[i]}", f"{out}/cifar/{folder}/{files[i]}")

    with open(f"{data}/dbpedia/dbpedia_csv/train.csv", encoding="utf8") as f:
        rows = list(csv.reader(f))
    with open(f"{out}/dbpedia.csv", "w", encoding="utf8") as f:
        to = csv.writer(f, quoting=csv.QUOTE_ALL, lineterminator="\n")
        to.writerow(["text", "coarse", "kind"])
        for i in draw(len(rows)):
            text = " ".join(t for t in rows[i][1:] if t)
            to.writerow([text, "first" if int(rows[i][0]) <= 7 else "second", rows[i][0]])


if __name__ == "__main__":
    main(*sys.argv[1:3])
