#!/usr/bin/env python3
"""Reads what forced-apart export wrote with the programs that it is for.

usage: tests/export_read.py has MODULE...
       tests/export_read.py make FOLDER
       tests/export_read.py onnx M.onnx DATA EMBEDDING.npy LOGITS.npy
       tests/export_read.py input M.onnx TYPE
       tests/export_read.py events FOLDER HISTORY.csv
       tests/export_read.py tensorboard FOLDER HISTORY.csv

make leaves data of each kind. onnx runs the model over the data, which are read here by other means,
and holds its outputs against those that embed wrote. events reads an event file by its definition
alone, tensorboard by TensorBoard.
"""

import csv
import importlib.util
import math
import pathlib
import struct
import sys

TOLERANCE = 1e-5


def make(folder):
    import numpy as np
    rng, folder = np.random.default_rng(5), pathlib.Path(folder)
    n = 90
    kind = np.arange(n) % 6
    colour = [("blue", "red", "green")[k % 3] for k in kind]
    with open(folder / "vectors.csv", "w") as to:  # the second column is one that float32 cannot hold
        print("size,when,weight,colour", file=to)
        for i in range(n):
            print(f"{kind[i] + rng.normal() / 9:.3f},{1700000000 + 60 * int(kind[i]) + i / 4},"
                  f"{kind[i] % 2 - rng.normal() / 9:.3f},{'odd' if kind[i] % 2 else 'even'}", file=to)
    images = rng.integers(0, 90, (n, 9, 11, 3), dtype=np.uint8)
    for i in range(n):
        images[i, kind[i]:kind[i] + 3, :, i % 3] += 120
    np.save(folder / "images.npy", images)
    (folder / "colours.txt").write_text("\n".join(colour) + "\n")
    with open(folder / "series.csv", "w") as to:
        print("id,time,x,y,road", file=to)
        for i in range(n):
            for t in range(3 + i % 5):
                print(f"s{i:03},{t},{kind[i] * t / 3 + rng.normal() / 9:.4f},{kind[i] % 3 - t * 10:.4f},"
                      f"{'wet' if kind[i] % 2 else 'dry'}", file=to)
    with open(folder / "texts.csv", "w") as to:
        print("review,stars", file=to)
        for i in range(n):
            words = [("good", "bad")[kind[i] % 2], ("book", "film", "song")[kind[i] % 3]] + \
                [f"word{w}" for w in rng.integers(0, 12, i % 9)] + ["never" + chr(97 + i % 26) * 3]
            print(" ".join(words) + "," + ("many", "few")[kind[i] % 2], file=to)


def padded(series, fill, dtype):
    import numpy as np
    lengths = np.array([len(one) for one in series], dtype=np.int64)
    first = np.asarray(series[0])
    out = np.full((len(series), lengths.max()) + first.shape[1:], fill, dtype=dtype)
    for i, one in enumerate(series):
        out[i, :lengths[i]] = one
    return out, lengths


def inputs(data, metadata, types):
    """What the model takes, from the file that it was trained on."""
    import numpy as np
    if data.endswith(".npy"):
        return {"input": np.load(data)}
    with open(data, newline="") as file:
        rows = list(csv.DictReader(file))
    if "review" in rows[0]:
        words = metadata["vocabulary"].split("\n")[:-1]
        number = {word: i + 1 for i, word in enumerate(words)}
        series = [[number.get(word, 0) for word in row["review"].split()][:int(metadata["max_tokens"])]
                  for row in rows]
        values, lengths = padded(series, 0, np.int64)
        return {"input": values, "lengths": lengths}
    columns = metadata["columns"].split("\n")[:-1] if metadata["columns"].endswith("\n") else \
        metadata["columns"].split("\n")
    number = {"tensor(double)": np.float64, "tensor(float)": np.float32}[types["input"]]
    if "id" not in rows[0]:
        return {"input": np.array([[row[c] for c in columns] for row in rows], dtype=np.float64).astype(number)}
    series = {}
    for row in rows:
        series.setdefault(row["id"], []).append([float(row[c]) for c in columns])
    values, lengths = padded(list(series.values()), 1e3, number)
    return {"input": values, "lengths": lengths}


def onnx(path, data, embedding, logits):
    import numpy as np
    import onnx as reader
    import onnxruntime
    model = reader.load(path)
    reader.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = inputs(data, {one.key: one.value for one in model.metadata_props},
                   {one.name: one.type for one in session.get_inputs()})
    names = [one.name for one in session.get_outputs()]
    made = dict(zip(names, session.run(names, given)))
    wanted = {"embedding": np.load(embedding), "logits": np.load(logits)}
    if "probabilities" in made:
        z = wanted.pop("logits").astype(np.float64)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        wanted["probabilities"] = e / e.sum(axis=1, keepdims=True) if z.shape[1] > 1 else 1 / (1 + np.exp(-z))
    if "reconstruction" in made:
        error = wanted.pop("logits")
        names_of = {one.name: reader.numpy_helper.to_array(one) for one in model.graph.initializer}
        if given["input"].dtype == np.int64:  # words, from the last to the first
            x = np.zeros(made["reconstruction"].shape)
            for i, n in enumerate(given["lengths"]):
                x[i, :n] = names_of["0.embedding.table"][given["input"][i, :n][::-1]]
        else:
            x = (given["input"] - names_of.get("input.offset", 0) - names_of["input.shift"]) * names_of["input.scale"]
        away = (x.reshape(made["reconstruction"].shape) - made["reconstruction"]) ** 2
        if "lengths" in given:
            away = away * (np.arange(away.shape[1]) < given["lengths"][:, None])[:, :, None]
        made["error"] = away.reshape(len(away), -1).sum(axis=1, keepdims=True)
        wanted["error"] = error
        del made["reconstruction"]
    assert set(made) == set(wanted), f"outputs {sorted(made)}, wanted {sorted(wanted)}"
    for name, values in wanted.items():
        assert made[name].shape == values.shape, f"{name} is {made[name].shape}, wanted {values.shape}"
        assert values.std() > 1e-3, f"{name} is the same everywhere"
        away = np.abs(made[name] - values) / np.maximum(1, np.abs(values))
        assert away.max() <= TOLERANCE, f"{name} is off by {away.max():.3g}"
    for rows in (1, 2):  # any number of samples, and of steps
        few = {name: values[:rows] for name, values in given.items()}
        if "lengths" in few:
            few["input"] = few["input"][:, :few["lengths"].max()]
        out = session.run(["embedding"], few)[0]
        assert np.abs(out - wanted["embedding"][:rows]).max() <= TOLERANCE * np.abs(out).max() + TOLERANCE


def takes(path, kind):
    import onnxruntime
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    [found] = [one.type for one in session.get_inputs() if one.name == "input"]
    assert found == kind, f"the input is {found}, wanted {kind}"


def history(path):
    """{column: [(epoch, value)]} of what a history says."""
    out = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            epoch = int(row.pop("epoch"))
            for name, value in row.items():
                if value != "":
                    out.setdefault(name, []).append((epoch, float(value)))
    return out


def same_scalars(found, wanted):
    assert sorted(found) == sorted(wanted), f"scalars {sorted(found)}, wanted {sorted(wanted)}"
    assert len(wanted) > 3
    for name, values in wanted.items():
        assert [step for step, _ in found[name]] == [step for step, _ in values], name
        for (_, a), (_, b) in zip(found[name], values):
            assert math.isclose(a, b, rel_tol=1e-6), f"{name}: {a}, wanted {b}"


def crc32c(data):
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def fields(data):
    """(number, value) of a message: integers, and bytes for all else."""
    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    at = 0
    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        yield key >> 3, data[at:at + size]
        at += size


def events(folder, wanted):
    assert crc32c(b"123456789") == 0xE3069283  # the check value of the standard
    [path] = pathlib.Path(folder).glob("*tfevents*")
    data, at, found, first = path.read_bytes(), 0, {}, True
    while at < len(data):
        size, of_size = struct.unpack_from("<QI", data, at)
        assert masked(data[at:at + 8]) == of_size
        event = data[at + 12:at + 12 + size]
        assert masked(event) == struct.unpack_from("<I", data, at + 12 + size)[0]
        at += size + 16
        event = dict(fields(event))
        if first:
            assert event[3] == b"brain.Event:2"
        first = False
        for _, value in fields(event.get(5, b"")):
            value = dict(fields(value))
            found.setdefault(value[1].decode(), []).append((event[2], struct.unpack("<f", value[2])[0]))
    same_scalars(found, history(wanted))


def tensorboard(folder, wanted):
    from google.protobuf import text_format
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
    board = EventAccumulator(folder)
    board.Reload()
    same_scalars({tag: [(one.step, one.value) for one in board.Scalars(tag)] for tag in board.Tags()["scalars"]},
                 history(wanted))
    config = text_format.Parse((pathlib.Path(folder) / "projector_config.pbtxt").read_text(), ProjectorConfig())
    [one] = config.embeddings
    assert one.tensor_name
    lines = (pathlib.Path(folder) / one.tensor_path).read_text().splitlines()
    table = (pathlib.Path(folder) / one.metadata_path).read_text().splitlines()
    assert len(lines) > 1 and len(table) == len(lines) + 1
    assert len({line.count("\t") for line in table}) == 1


def main():
    what, *rest = sys.argv[1:]
    if what == "has":
        return 0 if all(importlib.util.find_spec(one) for one in rest) else 1
    try:
        {"make": make, "onnx": onnx, "input": takes, "events": events, "tensorboard": tensorboard}[what](*rest)
    except AssertionError as wrong:
        print(wrong)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
