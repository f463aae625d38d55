"""Training in PyTorch with the losses of the Python package."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np

from .base import Work

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES, INPUTS, HIDDEN, TARGET, LABELS = 8192, 64, 128, 64, 2
MARGIN, WEIGHT, RATE = 0.1, 0.3, 1e-3


def package(build):
    """The module of losses, from the sources and the build that is timed; its folder lives as the process."""
    folder = tempfile.TemporaryDirectory()
    place = pathlib.Path(folder.name) / "forced_apart"
    shutil.copytree(ROOT / "python/src/forced_apart", place)
    command = [sys.executable, ROOT / "python/declare.py", ROOT / "include", place / "_header.py"]
    subprocess.run(command, check=True)
    (place / "libforced_apart.so").symlink_to(pathlib.Path(build) / "libforced_apart.so")
    sys.path.insert(0, folder.name)
    import forced_apart.losses
    forced_apart.losses.folder = folder
    return forced_apart


class MlpEpoch(Work):
    """One epoch of an MLP in PyTorch (64-128-64-2, 8,192 samples, 2 labels, Adam) with L_multi (KL) on its target
    layer: forward, both losses, backward, update. Ours is `forced_apart.losses.LMulti` there."""
    sizes, quick = ((512,), (4096,)), ((128,),)
    size_names = "batch"
    lasts = 60
    tolerance = {"loss": 1e-4, "parameters": 1e-3}
    pairs_most = 3e8  # bytes of one array over all pairs and units that the paper's way may take

    @classmethod
    def peers(cls, size):
        paper = 4 * size[0] ** 2 * TARGET <= cls.pairs_most
        return ("torch_matrix", "torch_paper") if paper else ("torch_matrix",)

    @classmethod
    def always(cls, size):
        return ("torch_paper",)

    def amount(self):
        return SAMPLES, "samples"

    def epoch(self, push):
        """push(h, labels): L_multi of a batch. Each run starts from the same parameters."""
        import torch
        draw = np.random.default_rng(1)
        x = torch.from_numpy(draw.standard_normal((SAMPLES, INPUTS), np.float32))
        y = torch.from_numpy(np.arange(SAMPLES) % LABELS)
        torch.manual_seed(1)
        body = torch.nn.Sequential(torch.nn.Linear(INPUTS, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, TARGET))
        head = torch.nn.Linear(TARGET, LABELS)
        parameters = [*body.parameters(), *head.parameters()]
        first = [one.detach().clone() for one in parameters]

        def run():
            total = 0.0
            with torch.no_grad():
                for one, value in zip(parameters, first):
                    one.copy_(value)
            optimizer = torch.optim.Adam(parameters, lr=RATE, fused=True)
            for rows in torch.arange(SAMPLES).split(self.size[0]):
                h = body(x[rows])
                loss = torch.nn.functional.cross_entropy(head(h), y[rows]) + WEIGHT * push(h, y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item()
            return {"loss": total, "parameters": np.concatenate([one.detach().numpy().ravel() for one in parameters])}
        return run

    def ours(self):
        own = package(pathlib.Path(self.context["binary"]).parent)
        own.threads(self.threads)
        return self.epoch(own.losses.LMulti(MARGIN))

    def torch_matrix(self):
        """One product over all pairs of a label, its backward by autograd."""
        import torch

        def push(h, labels):
            loss = 0.0
            for label in range(LABELS):
                log_p = torch.log_softmax(h[labels == label], 1)
                p = log_p.exp()
                apart = (p * log_p).sum(1, keepdim=True) - p @ log_p.T
                loss = loss + (MARGIN - apart).clamp(min=0).sum() * (2 / len(p) ** 2)
            return loss
        return self.epoch(push)

    def torch_paper(self):
        """As the paper's code has it: the terms of all N^2 pairs in memory, masked by label."""
        import torch

        def push(h, labels):
            same = (labels[:, None] == labels[None, :]).float()
            weights = 2 * same / same.sum(1, keepdim=True) ** 2
            log_p = torch.log_softmax(h, 1)
            p = log_p.exp()
            apart = (p[:, None, :] * (log_p[:, None, :] - log_p[None, :, :])).sum(2)
            return (weights * (MARGIN - apart).clamp(min=0)).sum()
        return self.epoch(push)
