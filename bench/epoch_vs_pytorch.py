#!/usr/bin/env python3
"""Seconds per training epoch: forced-apart and the same network in PyTorch, on the same data.

  bench/epoch_vs_pytorch.py --data mnist-strokes-train.npz --binary build/forced-apart -o epoch.csv

Both train LSTM 128 -> linear 64 ReLU -> linear 1 on strokes with cross-entropy + L_multi (KL, m =
0.1), batch 128, Adam 2e-3, clip 5, and validate after the epoch. They take turns in one run, and
nothing is timed before PyTorch has given our outputs with our weights. PyTorch is favoured where
there is a choice: its batches are sorted, packed and padded before the clock starts, Adam is the
fused one, L_multi is one matrix product with its weights made beforehand, and the fastest of three
forms counts:
  packed   packed sequence, sorted by length: no step on padding
  onednn   padded, the LSTM by oneDNN, the last state gathered
  padded   padded, the LSTM by PyTorch's own loop, the last state gathered

Needs numpy and torch. Leave the machine alone while it runs: the header shows the load.
"""
import argparse
import contextlib
import csv
import json
import os
import platform
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import torch

BATCH, UNITS, TARGET, RATE, CLIP, MARGIN = 128, 128, 64, 2e-3, 5.0, 0.1
SCALE = (0.25, 0.25, 1.0, 1.0)
VALIDATION = 0.1
VALIDATION_BATCH = 512
WARM_UP = 3  # batches before each timing of PyTorch
MOST_DIFFERENCE = 1e-4
CHECKED = 300  # samples whose outputs are compared

RECIPE = f"""[data]
train = {{data}}
groups = 0-4 / 5-9
scale = {' '.join(str(s) for s in SCALE)}
limit = {{samples}}
validation = {VALIDATION}

[network]
layers = lstm {UNITS}, linear {TARGET} relu target, linear out

[loss]
kind = multi
margin = {MARGIN}
weight = 1

[optimizer]
learning_rate = {RATE}
clip = {CLIP}

[train]
batch = {BATCH}
"""


# ==== Data ====


class Strokes:
    def __init__(self, path, samples):
        with np.load(path) as file:
            self.points, self.offsets = file["points"], file["offsets"]
            self.labels = file["labels"]
        n = len(self.labels)
        self.n = min(samples, n) if samples else n
        self.lengths = np.diff(self.offsets)

    def first(self, path, n):
        """Writes the first n samples as a data set of their own."""
        np.savez(path, points=self.points[: self.offsets[n]], offsets=self.offsets[: n + 1],
                 labels=self.labels[:n])


class Batch:
    """Samples sorted by length, longest first, in both forms, and what L_multi needs of them."""

    def __init__(self, data, samples):
        self.samples = samples[np.argsort(-data.lengths[samples], kind="stable")]
        lengths = data.lengths[self.samples]
        padded = np.zeros((len(samples), lengths[0], len(SCALE)), np.float32)
        for row, i in enumerate(self.samples):
            padded[row, : lengths[row]] = data.points[data.offsets[i]: data.offsets[i + 1]]
        padded *= np.float32(SCALE)
        batch_first = torch.from_numpy(padded)
        self.packed = torch.nn.utils.rnn.pack_padded_sequence(
            batch_first, torch.from_numpy(lengths), batch_first=True)
        self.padded = batch_first.transpose(0, 1).contiguous()  # [steps, samples, features]
        self.last = torch.from_numpy(lengths - 1)
        self.rows = torch.arange(len(samples))
        y = torch.from_numpy((data.labels[self.samples] >= 5).astype(np.float32))
        same = (y[:, None] == y[None, :]).float()
        self.y, self.weights = y, 2 * same / same.sum(1, keepdim=True) ** 2


def batches_of(data, samples, size):
    return [Batch(data, samples[at: at + size]) for at in range(0, len(samples), size)]


# ==== The network in PyTorch ====


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(len(SCALE), UNITS)
        self.target = torch.nn.Linear(UNITS, TARGET)
        self.out = torch.nn.Linear(TARGET, 1)

    def forward(self, batch, form):
        if form == "packed":
            _, (state, _) = self.lstm(batch.packed)
            state = state[0]
        else:
            states, _ = self.lstm(batch.padded)
            state = states[batch.last, batch.rows]
        h = torch.relu(self.target(state))
        return h, self.out(h)[:, 0]

    def take(self, model):
        """Our weights. Gates lie in the same order; ours have one bias where PyTorch has two."""
        names = {"lstm.weight_ih_l0": "0.lstm.weight_input",
                 "lstm.weight_hh_l0": "0.lstm.weight_recurrent",
                 "lstm.bias_ih_l0": "0.lstm.bias",
                 "target.weight": "1.linear.weight", "target.bias": "1.linear.bias",
                 "out.weight": "2.linear.weight", "out.bias": "2.linear.bias"}
        state = {ours: torch.from_numpy(model[theirs]) for ours, theirs in names.items()}
        state["lstm.bias_hh_l0"] = torch.zeros(4 * UNITS)
        self.load_state_dict(state)


FORMS = ("packed", "onednn", "padded")


@contextlib.contextmanager
def arithmetic(form):
    """oneDNN is off in form padded, and as PyTorch has it in the others."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="TF32")  # said on any change of the flags
        with torch.backends.mkldnn.flags(enabled=form != "padded"):
            yield


def l_multi(h, weights):
    """Eq. 8 with KL: D = e_i - p_i . log p_j by one product; weights [N, N] hold 2 / N_y^2 for
    pairs of label y (both f(i,j) and f(j,i) occur for each ordered pair), 0 elsewhere."""
    log_p = torch.log_softmax(h, 1)
    p = log_p.exp()
    divergence = (p * log_p).sum(1, keepdim=True) - p @ log_p.T
    return (weights * (MARGIN - divergence).clamp(min=0)).sum()


class Training:
    def __init__(self, network):
        self.network = network
        self.optimizer = torch.optim.Adam(network.parameters(), lr=RATE, fused=True)
        self.cross_entropy = torch.nn.BCEWithLogitsLoss()

    def step(self, batch, form):
        self.optimizer.zero_grad(set_to_none=True)
        h, logit = self.network(batch, form)
        loss = self.cross_entropy(logit, batch.y) + l_multi(h, batch.weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()

    def validate(self, batches, form):
        loss, right = 0.0, 0
        with torch.inference_mode():
            for batch in batches:
                _, logit = self.network(batch, form)
                loss += self.cross_entropy(logit, batch.y).item() * len(batch.y)
                right += ((logit > 0) == (batch.y > 0)).sum().item()
        return loss, right


def time_pytorch(training, form, fit, validation, n_fit):
    """Seconds of one epoch: the given batches scaled to n_fit samples, and a whole validation."""
    with arithmetic(form):
        for batch in fit[:WARM_UP]:
            training.step(batch, form)
        start = time.perf_counter()
        for batch in fit:
            training.step(batch, form)
        steps = time.perf_counter() - start
        training.validate(validation[:1], form)
        start = time.perf_counter()
        training.validate(validation, form)
        return steps * n_fit / sum(len(b.y) for b in fit) + time.perf_counter() - start


# ==== forced-apart ====


def command(args, *words):
    done = subprocess.run([args.binary, *words, "--threads", str(args.threads), "-q"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"forced-apart {words[0]} ended with {done.returncode}: {done.stderr.strip()}")


def train_ours(args, folder, data, samples, epochs):
    """One whole process; its wall time and the seconds of each epoch by its history."""
    folder = tempfile.mkdtemp(dir=folder)
    recipe, run = os.path.join(folder, "recipe.ini"), os.path.join(folder, "run")
    with open(recipe, "w", encoding="utf-8") as file:
        file.write(RECIPE.format(data=os.path.abspath(data), samples=samples))
    start = time.perf_counter()
    command(args, "train", recipe, "-o", run, "--set", f"train.epochs={epochs}")
    whole = time.perf_counter() - start
    with open(os.path.join(run, "history.csv"), encoding="utf-8") as file:
        ends = [float(row["seconds"]) for row in csv.DictReader(file)]
    return run, whole, np.diff([0.0] + ends).tolist()


def read_safetensors(path):
    """The float32 tensors of a file: 8 bytes of header length, a JSON header, the data."""
    with open(path, "rb") as file:
        content = file.read()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            sys.exit(f"{path}: {name} is {entry['dtype']}, not F32")
        low, high = entry["data_offsets"]
        values = np.frombuffer(content[start + low: start + high], "<f4")
        tensors[name] = values.reshape(entry["shape"]).copy()
    return tensors


# ==== Is it the same? ====


def largest_difference(theirs, ours):
    """Of two matrices, relative to the largest entry of ours; NaN where either is not finite."""
    if not np.isfinite(ours).all() or not np.abs(ours).max() > 0:
        return float("nan")
    return float(np.abs(theirs - ours).max() / np.abs(ours).max())


def multi_in_double(h, y):
    """Eq. 8 as it is written, pair by pair."""
    z = h.astype(np.float64)
    log_p = z - z.max(1, keepdims=True)
    log_p -= np.log(np.exp(log_p).sum(1, keepdims=True))
    p = np.exp(log_p)
    total = 0.0
    for label in (0, 1):
        rows = np.flatnonzero(y == label)
        for i in rows:
            d_ij = (p[i] * (log_p[i] - log_p[rows])).sum(1)
            d_ji = (p[rows] * (log_p[rows] - log_p[i])).sum(1)
            hinges = np.maximum(0, MARGIN - d_ij) + np.maximum(0, MARGIN - d_ji)
            total += hinges.sum() / len(rows) ** 2
    return total


def check_same(args, folder, data, network):
    """Exits unless PyTorch gives our outputs with our weights, in every form."""
    n = min(CHECKED, data.n)
    part = os.path.join(folder, "part.npz")
    data.first(part, n)
    run, _, _ = train_ours(args, folder, part, 0, 2)
    files = [os.path.join(folder, name) for name in ("target.npy", "logits.npy")]
    command(args, "embed", run, part, "-o", files[0], "--logits", files[1])
    ours = [np.load(file) for file in files]
    network.take(read_safetensors(os.path.join(run, "model.safetensors")))
    batch = Batch(data, np.arange(n))
    for form in FORMS:
        with torch.inference_mode(), arithmetic(form):
            h, logit = network(batch, form)
        pairs = {"target layer": (h.numpy(), ours[0]), "logits": (logit[:, None].numpy(), ours[1])}
        for what, (theirs, expected) in pairs.items():
            difference = largest_difference(theirs, expected[batch.samples])
            print(f"- check, {form}: {what} of {n} samples, largest relative difference "
                  f"{difference:.2e} (must be < {MOST_DIFFERENCE:.0e})")
            if not difference < MOST_DIFFERENCE:
                sys.exit("the two networks differ: nothing was timed")
    loss = l_multi(h, batch.weights).item()
    expected = multi_in_double(h.numpy(), batch.y.numpy())
    print(f"- check, L_multi in PyTorch against Eq. 8 pair by pair: {loss:.6f}, {expected:.6f}")
    if not abs(loss - expected) < MOST_DIFFERENCE * expected:
        sys.exit("L_multi differs: nothing was timed")


# ==== The report ====


def cpu_name():
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def print_header(args):
    version = subprocess.run([args.binary, "--version"], capture_output=True, text=True,
                             check=True).stdout.strip()
    load = " ".join(f"{x:.2f}" for x in os.getloadavg())
    waiting = ", ".join(f"{name} {os.environ.get(name, 'not set')}"
                        for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"))
    print(f"- {cpu_name()}, {os.cpu_count()} cores, {args.threads} threads, {platform.platform()}")
    print(f"- {version}; torch {torch.__version__} ({torch.backends.cpu.get_cpu_capability()}), "
          f"numpy {np.__version__}, Python {platform.python_version()}")
    print(f"- load average at the start {load}; {waiting}")


def measure(args, folder, data, network):
    """Rows (repeat, who, what, seconds, load average before)."""
    n_validation = max(1, int(VALIDATION * data.n))
    n_fit = data.n - n_validation
    order = np.random.default_rng(1).permutation(data.n)
    validation = batches_of(data, order[:n_validation], VALIDATION_BATCH)
    fit = batches_of(data, order[n_validation:], BATCH)
    if args.torch_batches and args.torch_batches < len(fit):
        print(f"- PyTorch: {args.torch_batches} of {len(fit)} batches timed and scaled to "
              f"{n_fit} samples; its validation whole")
        fit = fit[: args.torch_batches]
    else:
        print(f"- PyTorch: all {len(fit)} batches timed, nothing scaled")
    print(f"- an epoch: {n_fit} samples trained, {n_validation} validated; {args.repeats} repeats, "
          f"{args.epochs} epochs of ours in each")
    rows = []
    for repeat in range(args.repeats):
        load = os.getloadavg()[0]
        _, whole, epochs = train_ours(args, folder, args.data, data.n, args.epochs)
        rows += [(repeat, "forced-apart", "epoch", s, load) for s in epochs]
        rows.append((repeat, "forced-apart", "process", whole / args.epochs, load))
        for form in FORMS:
            load = os.getloadavg()[0]
            seconds = time_pytorch(Training(network), form, fit, validation, n_fit)
            rows.append((repeat, "pytorch", form, seconds, load))
    return rows


def print_table(rows):
    names = {("forced-apart", "epoch"): "forced-apart, an epoch by history.csv",
             ("forced-apart", "process"): "forced-apart, whole process / epochs",
             **{("pytorch", form): f"PyTorch, {form}" for form in FORMS}}
    seconds = {key: [row[3] for row in rows if row[1:3] == key] for key in names}
    medians = {key: statistics.median(values) for key, values in seconds.items()}
    best = min((key for key in medians if key[0] == "pytorch"), key=medians.get)
    print("\n| | seconds per epoch, median | lowest | highest | measured | fastest PyTorch / this |")
    print("|---|---:|---:|---:|---:|---:|")
    for key, name in names.items():
        values = seconds[key]
        print(f"| {name}{' (fastest)' if key == best else ''} | {medians[key]:.3f} | "
              f"{min(values):.3f} | {max(values):.3f} | {len(values)} | "
              f"{medians[best] / medians[key]:.2f} |")
    print("\nAn epoch of ours includes its validation and the checkpoint; the whole process also "
          "reads the data and\nclusters the validation split. PyTorch's start and its making of "
          "batches are not counted.")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="strokes of the training split, .npz")
    parser.add_argument("--binary", required=True, help="path of forced-apart, release build")
    parser.add_argument("--threads", type=int, default=2, help="for both (default 2)")
    parser.add_argument("--samples", type=int, default=0, help="the first so many; 0: all")
    parser.add_argument("--epochs", type=int, default=3, help="of ours in a process (default 3)")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each (default 3)")
    parser.add_argument("--torch-batches", type=int, default=0,
                        help="time so many batches of PyTorch and scale; 0: all, not scaled")
    parser.add_argument("-o", "--output", help="CSV of all measurements")
    args = parser.parse_args()
    for name, least in (("threads", 1), ("samples", 0), ("epochs", 1), ("repeats", 1),
                        ("torch_batches", 0)):
        if getattr(args, name) < least:
            parser.error(f"--{name.replace('_', '-')} must be at least {least}")
    if not os.access(args.binary, os.X_OK) or not os.path.dirname(args.binary):
        parser.error(f"--binary {args.binary}: no such program; give its path, build/forced-apart")
    if not os.path.exists(args.data):
        parser.error(f"--data {args.data}: no such file; forced-apart data strokes makes it")
    if 0 < args.samples < 100:
        parser.error("--samples must be 0 (all) or at least 100")
    return args


def main():
    args = parse_arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    data = Strokes(args.data, args.samples)
    network = Network()
    print_header(args)
    with tempfile.TemporaryDirectory() as folder:
        check_same(args, folder, data, network)
        rows = measure(args, folder, data, network)
    print_table(rows)
    if args.output:
        with open(args.output, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("repeat", "who", "what", "seconds_per_epoch", "load_before"))
            writer.writerows(rows)


if __name__ == "__main__":
    main()
