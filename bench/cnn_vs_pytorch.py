#!/usr/bin/env python3
"""Images per second in training: the network of recipes/cifar10.ini here and in PyTorch.

  bench/cnn_vs_pytorch.py --data cifar-10-batches-bin --binary build/forced-apart -o cnn.csv

Both train on batches of 128 images by cross-entropy and Adam, float32, on the same number of
threads. Nothing is timed before PyTorch has given our outputs and our gradient with our weights
(the gradient is read off one step of Adam with a huge epsilon, which then moves by the gradient
itself). They take turns. PyTorch is favoured where there is a choice: its images are scaled and laid
out before the clock starts, Adam is the fused one, it does no validation, and the fastest of its
memory formats counts:
  contiguous      [n, channels, height, width], its default
  channels_last   [n, height, width, channels]

Needs numpy and torch. Leave the machine alone while it runs: the header shows the load.
"""
import argparse
import csv
import json
import os
import platform
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

BATCH = 128
# Winograd's rounding is 1e-6; where it moves a value across 0 or swaps two maxima, a gradient jumps.
MOST_DIFFERENCE = 2e-3
RECIPE = Path(__file__).resolve().parent.parent / "recipes" / "cifar10.ini"


def read_safetensors(path):
    raw = Path(path).read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + size])
    tensors = {}
    for name, t in header.items():
        if name == "__metadata__":
            continue
        a, b = t["data_offsets"]
        kind = {"F32": np.float32, "I64": np.int64, "F64": np.float64}[t["dtype"]]
        tensors[name] = np.frombuffer(raw[8 + size + a:8 + size + b], kind).reshape(t["shape"])
    return header["__metadata__"], tensors


def train(binary, folder, threads, data, **settings):
    command = [binary, "train", str(RECIPE), "-o", folder, "--overwrite", "-t", str(threads), "-q"]
    settings = {"data.train": data, "data.test": "", "loss.kind": "none", "train.batch": BATCH,
                "cluster.k": 1, **settings}
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def build(layers):
    """The torch network of a description."""
    parts, channels, flat = [], 3, None
    side = 32
    for text in layers.split(","):
        words = text.split()
        if words[0] == "conv":
            k = int(words[2].split("x")[0])
            parts.append(torch.nn.Conv2d(channels, int(words[1]), k, padding=k // 2))
            channels = int(words[1])
        elif words[0] == "maxpool":
            parts.append(torch.nn.MaxPool2d(int(words[1])))
            side //= int(words[1])
        else:
            if flat is None:
                parts.append(Rows())
                flat = side * side * channels
            units = 1 if words[1] == "out" else int(words[1])
            parts.append(torch.nn.Linear(flat, units))
            flat = units
        if "relu" in words:
            parts.append(torch.nn.ReLU())
    return torch.nn.Sequential(*parts)


class Rows(torch.nn.Module):
    """Our linear layers see [height, width, channels]."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def load(network, tensors):
    names = sorted((n for n in tensors if re.match(r"\d+\.", n)), key=lambda n: int(n.split(".")[0]))
    layers = [m for m in network if hasattr(m, "weight")]
    numbers = sorted({int(n.split(".")[0]) for n in names})
    with torch.no_grad():
        for number, module in zip(numbers, layers, strict=True):
            kind = "conv" if isinstance(module, torch.nn.Conv2d) else "linear"
            for part in ("weight", "bias"):
                getattr(module, part).copy_(torch.tensor(tensors[f"{number}.{kind}.{part}"]))
    return [(f"{n}.{'conv' if isinstance(m, torch.nn.Conv2d) else 'linear'}", m)
            for n, m in zip(numbers, layers)]


def images(folder, count):
    raw = np.fromfile(Path(folder) / "data_batch_1.bin", np.uint8)[:count * 3073].reshape(-1, 3073)
    return raw[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32), (raw[:, 0] >= 5).astype(np.float32)


def first_images(folder, data, count):
    """A file of the first images of a batch, for data.train: PyTorch sees the same."""
    path = os.path.join(folder, f"first-{count}.bin")
    Path(path).write_bytes((Path(data) / "data_batch_1.bin").read_bytes()[:count * 3073])
    return path


def scaled(x, tensors):
    return torch.tensor((x - tensors["input.shift"][0]) * tensors["input.scale"][0])


def check(args, folder):
    """Outputs and gradient of our network against PyTorch's."""
    n = BATCH + 2
    x, y = images(args.data, n)
    runs = {}
    for name, rate in (("before", 1e-30), ("after", 1e6)):
        run = os.path.join(folder, name)
        train(args.binary, run, args.threads, first_images(folder, args.data, n),
              **{"data.validation": 2 / n + 1e-9, "train.epochs": 1, "train.keep": "last",
                 "optimizer.learning_rate": rate, "optimizer.epsilon": 1e6, "optimizer.clip": 0,
                 "optimizer.schedule": "constant"})
        runs[name] = read_safetensors(os.path.join(run, "model.safetensors"))
    meta, before = runs["before"]
    network = build(meta["layers"])
    modules = load(network, before)
    target = int(np.flatnonzero(["target" in t for t in meta["layers"].split(",")])[0])
    inputs = scaled(x, before)
    hidden, taps = [], [m for m in network]
    at = sum(2 if "relu" in t else 1 for t in meta["layers"].split(",")[:target + 1]) + 1  # Rows
    with torch.no_grad():
        h = torch.nn.Sequential(*taps[:at])(inputs).numpy()
    ours = np.load(os.path.join(folder, "before", "embeddings.npy"))
    places = [int(np.argmin(np.abs(h - row).max(1))) for row in ours]
    difference = np.abs(h[places] - ours).max() / np.abs(ours).max()
    print(f"# outputs differ by {difference:.1e} of the largest", file=sys.stderr)
    if not (np.abs(ours).max() > 0 and difference < MOST_DIFFERENCE and len(set(places)) == 2):
        sys.exit("the outputs differ: nothing is timed")
    fit = [i for i in range(n) if i not in places]
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        network(inputs[fit])[:, 0], torch.tensor(y[fit]))
    loss.backward()
    worst = 0.0
    for name, module in modules:
        for part in ("weight", "bias"):
            # before - after = rate * g / (|g| + epsilon), rate = epsilon: g within |g| / epsilon
            step = before[f"{name}.{part}"].astype(np.float64) - runs["after"][1][f"{name}.{part}"]
            want = getattr(module, part).grad.numpy()
            off = np.sqrt(((step - want) ** 2).mean() / (want ** 2).mean())
            if not (np.abs(want).max() > 0 and off < MOST_DIFFERENCE):
                sys.exit(f"the gradient of {name}.{part} differs by {off:.1e}: nothing is timed")
            worst = max(worst, off)
    print(f"# gradients differ by at most {worst:.1e} (root mean square of a tensor)", file=sys.stderr)
    return meta, before


def time_ours(args, folder, batches):
    """Images per second of the second epoch, its validation (2 images) with it."""
    n = batches * BATCH
    run = os.path.join(folder, "speed")
    train(args.binary, run, args.threads, first_images(folder, args.data, n + 2),
          **{"data.validation": 2 / (n + 2) + 1e-9, "train.epochs": 2})
    rows = list(csv.DictReader(open(os.path.join(run, "history.csv"))))
    return n / (float(rows[1]["seconds"]) - float(rows[0]["seconds"]))


def time_theirs(meta, tensors, x, y, form, batches):
    network = build(meta["layers"])
    load(network, tensors)
    if form == "channels_last":
        network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-4, fused=True)
    inputs = scaled(x, tensors)
    pieces = [inputs[i:i + BATCH].contiguous(
        memory_format=torch.channels_last if form == "channels_last" else torch.contiguous_format)
        for i in range(0, batches * BATCH, BATCH)]
    labels = torch.tensor(y)
    for i, piece in enumerate(pieces[:3] + pieces):
        if i == 3:
            start = time.perf_counter()
        k = i - 3 if i >= 3 else i
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            network(piece)[:, 0], labels[k * BATCH:k * BATCH + len(piece)])
        loss.backward()
        optimizer.step()
    return batches * BATCH / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="folder of the CIFAR-10 binary batches")
    parser.add_argument("--binary", default="build/forced-apart")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-o", "--output", help="CSV of every timing")
    args = parser.parse_args()
    args.data = os.path.abspath(args.data)
    torch.set_num_threads(args.threads)
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "")
    print(f"# {platform.machine()} {model}, {args.threads} threads, torch {torch.__version__}, "
          f"load {os.getloadavg()[0]:.2f}", file=sys.stderr)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        meta, tensors = check(args, folder)
        x, y = images(args.data, args.batches * BATCH)
        for turn in range(args.rounds):
            rows.append((turn, "forced-apart", time_ours(args, folder, args.batches)))
            for form in ("contiguous", "channels_last"):
                rows.append((turn, form, time_theirs(meta, tensors, x, y, form, args.batches)))
            for row in rows[-3:]:
                print(f"# round {row[0]}: {row[1]} {row[2]:.0f} images/s", file=sys.stderr)
    median = {name: statistics.median(r[2] for r in rows if r[1] == name) for name in {r[1] for r in rows}}
    best = max((v, k) for k, v in median.items() if k != "forced-apart")
    for name, value in sorted(median.items()):
        print(f"{name:14s} {value:7.1f} images/s")
    print(f"ratio          {median['forced-apart'] / best[0]:7.2f} (against {best[1]})")
    if args.output:
        with open(args.output, "w", newline="") as stream:
            csv.writer(stream).writerows([("round", "who", "images_per_second"), *rows])


if __name__ == "__main__":
    main()
