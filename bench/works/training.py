"""Whole training, by the program itself."""

import csv
import json
import os
import struct
import subprocess
import tempfile
import time

import numpy as np

from library import KL
from .base import Work


def process(command):
    """Seconds and peak MiB of a program that must succeed."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if child.returncode != 0:
            errors.seek(0)
            raise RuntimeError(f"{command[1]} ended with {child.returncode}: {errors.read().strip()}")
    return {"seconds": seconds, "peak_mib": usage.ru_maxrss / 1024}


class Training(Work):
    def start(self):
        """A folder for the program's files, gone with the process."""
        self.kept = tempfile.TemporaryDirectory()
        return self.kept.name

    def program(self, *words, **settings):
        """A command of forced-apart; settings of the recipe with __ for the dot."""
        values = [f"{key.replace('__', '.')}={value}" for key, value in settings.items()]
        return [self.context["binary"], *words, "--threads", str(self.threads), "-q",
                *(word for value in values for word in ("--set", value))]


class CnnMemory(Training):
    """CIFAR-10 training at a batch size, whole process on made-up images: two steps, a validation;
    its memory is that of the whole process."""
    sizes, quick = ((512,),), ((4,),)
    size_names = "batch"
    lasts = 40

    def amount(self):
        return 2 * self.size[0], "images"

    def ours(self):
        batch, folder = self.size[0], self.start()
        draw = np.random.default_rng(1)
        records = draw.integers(256, size=(4 * batch, 1 + 3 * 32 * 32), dtype=np.uint8)
        records[:, 0] = np.arange(4 * batch) % 10
        data = os.path.join(folder, "data_batch_1.bin")
        records.tofile(data)
        command = self.program("train", self.context["cifar10"], "-o", os.path.join(folder, "run"),
                               "--overwrite", data__train=data, data__test="",
                               data__validation=0.5, train__batch=batch, train__epochs=1,
                               cluster__k=2)
        return lambda: process(command)


# ==== Strokes ====

BATCH, UNITS, TARGET, RATE, CLIP, MARGIN = 128, 128, 64, 2e-3, 5.0, 0.1
SCALE = (0.25, 0.25, 1.0, 1.0)
VALIDATION_BATCH = 512
CHECKED = 300  # samples whose outputs are compared

RECIPE = {"data__groups": "0-4 / 5-9", "data__scale": " ".join(map(str, SCALE)),
          "data__validation": 0.1, "network__layers": f"lstm {UNITS}, linear {TARGET} relu target, linear out",
          "loss__kind": "multi", "loss__margin": MARGIN, "loss__weight": 1,
          "optimizer__learning_rate": RATE, "optimizer__clip": CLIP, "train__batch": BATCH}


def read_safetensors(path):
    """The float32 tensors of a file: 8 bytes of header length, a JSON header, the data."""
    with open(path, "rb") as file:
        content = file.read()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            low, high = entry["data_offsets"]
            values = np.frombuffer(content[start + low: start + high], "<f4")
            tensors[name] = values.reshape(entry["shape"]).copy()
    return tensors


class Strokes:
    def __init__(self, path, samples):
        with np.load(path) as file:
            self.points, self.offsets = file["points"], file["offsets"]
            self.labels = file["labels"]
        self.n = min(samples, len(self.labels))
        self.lengths = np.diff(self.offsets)

    def coarse(self, samples):
        return self.labels[samples] >= 5

    def write_first(self, path, n):
        np.savez(path, points=self.points[: self.offsets[n]], offsets=self.offsets[: n + 1],
                 labels=self.labels[:n])


class Batch:
    """Samples sorted by length, longest first, in both forms, and what L_multi needs of them."""

    def __init__(self, data, samples):
        import torch
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
        self.y = torch.from_numpy(data.coarse(self.samples).astype(np.float32))
        same = (self.y[:, None] == self.y[None, :]).float()
        self.weights = 2 * same / same.sum(1, keepdim=True) ** 2


def batches_of(data, samples, size):
    return [Batch(data, samples[at: at + size]) for at in range(0, len(samples), size)]


class Peer:
    """The same network and its training in PyTorch; form packed, padded, or padded by oneDNN."""

    def __init__(self, model, form):
        import torch
        self.torch, self.form = torch, form
        self.lstm = torch.nn.LSTM(len(SCALE), UNITS)
        self.target, self.out = torch.nn.Linear(UNITS, TARGET), torch.nn.Linear(TARGET, 1)
        # Gates lie in the same order; ours have one bias where PyTorch has two.
        self.lstm.load_state_dict(
            {"weight_ih_l0": torch.from_numpy(model["0.lstm.weight_input"]),
             "weight_hh_l0": torch.from_numpy(model["0.lstm.weight_recurrent"]),
             "bias_ih_l0": torch.from_numpy(model["0.lstm.bias"]),
             "bias_hh_l0": torch.zeros(4 * UNITS)})
        for layer, name in ((self.target, "1.linear"), (self.out, "2.linear")):
            layer.load_state_dict({part: torch.from_numpy(model[f"{name}.{part}"])
                                   for part in ("weight", "bias")})
        self.parameters = [p for m in (self.lstm, self.target, self.out) for p in m.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters, lr=RATE, fused=True)
        self.cross_entropy = torch.nn.BCEWithLogitsLoss()

    def forward(self, batch):
        if self.form == "packed":
            _, (state, _) = self.lstm(batch.packed)
            state = state[0]
        else:
            states, _ = self.lstm(batch.padded)
            state = states[batch.last, batch.rows]
        h = self.torch.relu(self.target(state))
        return h, self.out(h)[:, 0]

    def l_multi(self, h, batch):
        """Eq. 8 with KL: D = e_i - p_i . log p_j by one product; the weights hold 2 / N_y^2 for pairs
        of label y (both f(i,j) and f(j,i) occur for each ordered pair), 0 elsewhere."""
        log_p = self.torch.log_softmax(h, 1)
        p = log_p.exp()
        divergence = (p * log_p).sum(1, keepdim=True) - p @ log_p.T
        return (batch.weights * (MARGIN - divergence).clamp(min=0)).sum()

    def step(self, batch):
        self.optimizer.zero_grad(set_to_none=True)
        h, logit = self.forward(batch)
        loss = self.cross_entropy(logit, batch.y) + self.l_multi(h, batch)
        loss.backward()
        self.torch.nn.utils.clip_grad_norm_(self.parameters, CLIP)
        self.optimizer.step()

    def validate(self, batches):
        loss, right = 0.0, 0
        with self.torch.inference_mode():
            for batch in batches:
                _, logit = self.forward(batch)
                loss += self.cross_entropy(logit, batch.y).item() * len(batch.y)
                right += ((logit > 0) == (batch.y > 0)).sum().item()
        return loss, right

    def outputs(self, batch):
        """In the order of the samples, before they were sorted."""
        with self.torch.inference_mode():
            h, logit = self.forward(batch)
            loss = self.l_multi(h, batch).item()
        back = np.argsort(batch.samples)
        return {"target": h.numpy()[back], "logits": logit.numpy()[back], "loss": loss}


class Epoch(Training):
    """One epoch on strokes with L_multi (KL), batch 128, and its validation. Ours is the whole process,
    its start, reading, clustering and files with it, and so is its memory; PyTorch's start and its
    making of batches are not counted."""
    sizes, quick = ((10000,),), ((300,),)
    size_names = "samples"
    lasts = 110
    tolerance = {"target": 1e-4, "logits": 1e-4, "loss": 1e-4}

    @staticmethod
    def peers(size):
        return ("torch_onednn", "torch_padded", "torch_packed")

    def amount(self):
        return self.data.n, "samples"

    def model(self):
        """A short training of ours on the first samples: its weights and its outputs."""
        folder = self.start()
        self.data = Strokes(self.context["strokes"], self.size[0])
        n = min(CHECKED, self.data.n)
        part, run = (os.path.join(folder, name) for name in ("part.npz", "small"))
        self.data.write_first(part, n)
        process(self.program("train", self.context["strokes_recipe"], "-o", run, data__train=part,
                             data__test="", train__epochs=2, **RECIPE))
        return folder, run, part, n

    def ours(self):
        folder, run, part, n = self.model()
        files = [os.path.join(folder, name) for name in ("target.npy", "logits.npy")]
        process(self.program("embed", run, part, "-o", files[0], "--logits", files[1]))
        target, logits = (np.load(file) for file in files)
        loss = self.library.loss_multi(np.empty_like(target), target,
                                       self.data.coarse(np.arange(n)).astype(np.int32), MARGIN, KL)
        outputs = {"target": target, "logits": logits[:, 0], "loss": loss}
        command = self.program("train", self.context["strokes_recipe"], "-o",
                               os.path.join(folder, "run"), "--overwrite",
                               data__train=self.context["strokes"], data__test="",
                               data__limit=self.data.n, train__epochs=1, **RECIPE)
        return lambda: {**process(command), **outputs}

    def in_torch(self, form):
        import contextlib
        import warnings
        import torch
        _, run, _, n = self.model()
        peer = Peer(read_safetensors(os.path.join(run, "model.safetensors")), form)
        order = np.random.default_rng(1).permutation(self.data.n)
        validated = max(1, self.data.n // 10)
        validation = batches_of(self.data, order[:validated], VALIDATION_BATCH)
        fit = batches_of(self.data, order[validated:], BATCH)

        @contextlib.contextmanager
        def arithmetic():
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="TF32")  # said on any change of the flags
                with torch.backends.mkldnn.flags(enabled=form != "padded"):
                    yield
        with arithmetic():
            outputs = peer.outputs(Batch(self.data, np.arange(n)))

        def epoch():
            with arithmetic():
                for batch in fit:
                    peer.step(batch)
                peer.validate(validation)
            return outputs
        return epoch

    def torch_onednn(self):
        """Padded, the LSTM by oneDNN, the last state gathered."""
        return self.in_torch("onednn")

    def torch_padded(self):
        """Padded, the LSTM by PyTorch's own loop, the last state gathered."""
        return self.in_torch("padded")

    def torch_packed(self):
        """Packed and sorted by length: no step on padding."""
        return self.in_torch("packed")


# ==== Views ====


class ViewsStrokes(Training):
    """An epoch of training on strokes with two views of each sample, held together, beside one without views, by the
    clock of the training: neither start nor clustering counts. No peer."""
    sizes, quick = ((10000,),), ((300,),)
    size_names = "samples"
    lasts = 60

    @staticmethod
    def peers(size):
        return ("ours_without",)

    def amount(self):
        return self.size[0], "samples"

    def recipe(self, folder):
        """The recipe file and its settings."""
        return self.context["strokes_recipe"], {**RECIPE, "data__train": self.context["strokes"],
                                                "data__limit": self.size[0], "data__test": ""}

    def epochs(self, **views):
        folder = self.start()
        path, settings = self.recipe(folder)
        run = os.path.join(folder, "run")
        command = self.program("train", path, "-o", run, "--overwrite",
                               **{**settings, "loss__kind": "information", "data__validation": 0.02, "cluster__k": 2,
                                  "train__epochs": 3, **views})

        def train():
            done = process(command)
            with open(os.path.join(run, "history.csv"), newline="", encoding="utf-8") as file:
                seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
            return {**done, "seconds": (seconds[-1] - seconds[0]) / (len(seconds) - 1)}
        return train

    def ours(self):
        return self.epochs(data__views="auto", loss__hold="kl")

    def ours_without(self):
        """One row of each sample, as it is."""
        return self.epochs(data__views="none", loss__hold="none")


class ViewsImages(ViewsStrokes):
    """The same on grey images of 28 x 28 pixels by the network of linear layers that discover gives them: what views
    cost where the network costs little."""
    sizes, quick = ((10000,),), ((300,),)
    lasts = 40

    def recipe(self, folder):
        n = self.size[0]
        pixels = np.random.default_rng(1).integers(256, size=(n, 28, 28), dtype=np.uint8)
        paths = [os.path.join(folder, name) for name in ("images.npy", "labels.npy", "recipe.ini")]
        np.save(paths[0], pixels)
        np.save(paths[1], np.arange(n) % 2)
        with open(paths[2], "w", encoding="utf-8") as file:
            file.write("[network]\nlayers = linear 256 relu, linear 128 relu, linear 10 target, linear out\n")
        return paths[2], {"data__train": paths[0], "data__labels": paths[1], "train__batch": BATCH}
