"""Parts of networks."""

import math
import warnings

import numpy as np

from library import Bench
from .base import Work, relative


class Lstm(Work):
    """LSTM, forward and backward of a batch, from the gradient of the last output."""
    sizes = ((128, 50, 4, 128), (256, 50, 4, 128), (512, 50, 4, 128))
    quick = ((32, 20, 4, 32),)
    size_names = "batch steps inputs units"
    tolerance = {"last": 1e-4, "wx": 1e-4, "wh": 1e-4, "b": 1e-4}
    shards = 4

    lasts = 40

    @staticmethod
    def peers(size):
        return ("torch_onednn", "torch_loop")

    always = peers

    def bench(self):
        return Bench(self.library, "lstm " + " ".join(map(str, (*self.size, self.shards))))

    def split(self, flat):
        _, _, inputs, units = self.size
        wx, wh, b = np.split(flat, [4 * units * inputs, 4 * units * (inputs + units)])
        return {"wx": wx.reshape(-1, inputs), "wh": wh.reshape(-1, units), "b": b}

    def numbers(self):
        """Weights, inputs [batch, steps, inputs] and the gradient of the last output."""
        batch, steps, inputs, units = self.size
        draw = np.random.default_rng(1)
        weights = draw.standard_normal(4 * units * (inputs + units + 1), np.float32) / 10
        return (weights, draw.standard_normal((batch, steps, inputs), np.float32),
                draw.standard_normal((batch, units), np.float32))

    def amount(self):
        batch, steps, inputs, units = self.size
        return 8e-9 * batch * steps * units * (2 * inputs + 3 * units), "GFLOP"

    def ours(self):
        batch, steps, inputs, units = self.size
        bench = self.bench()
        weights, x, d_last = self.numbers()
        bench.array("weights", -1)[:] = weights
        bench.array("d_last", batch, units)[:] = d_last
        edges = [batch * s // self.shards for s in range(self.shards + 1)]
        bench.array("x", -1)[:] = np.concatenate(
            [x[a:b].transpose(1, 0, 2).ravel() for a, b in zip(edges, edges[1:])])

        def run():
            bench.run()
            return {"last": bench.array("last", batch, units),
                    **self.split(bench.array("gradient", -1))}
        return run

    def in_torch(self, onednn):
        import torch
        _, _, inputs, units = self.size
        weights, x, d_last = self.numbers()
        lstm = torch.nn.LSTM(inputs, units)
        named = {k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in self.split(weights).items()}
        lstm.load_state_dict({"weight_ih_l0": named["wx"], "weight_hh_l0": named["wh"],
                              "bias_ih_l0": named["b"],
                              "bias_hh_l0": torch.zeros_like(named["b"])})
        x = torch.from_numpy(np.ascontiguousarray(x.transpose(1, 0, 2)))
        d_last = torch.from_numpy(d_last)
        warnings.filterwarnings("ignore", message="TF32")

        def run():
            with torch.backends.mkldnn.flags(enabled=onednn):
                lstm.zero_grad(set_to_none=True)
                _, (last, _) = lstm(x)
                if (last.grad_fn.next_functions[0][0].name() == "MkldnnRnnLayerBackward0") != onednn:
                    raise RuntimeError("this PyTorch does not take the way asked for")
                last[0].backward(d_last)
            return {"last": last[0].detach().numpy(), "wx": lstm.weight_ih_l0.grad.numpy(),
                    "wh": lstm.weight_hh_l0.grad.numpy(), "b": lstm.bias_ih_l0.grad.numpy()}
        return run

    def torch_onednn(self):
        return self.in_torch(True)

    def torch_loop(self):
        return self.in_torch(False)


class Cnn(Work):
    """A training step of the network of Figure 4 for CIFAR-10: forward, cross-entropy, backward, Adam."""
    sizes, quick = ((128, 4), (512, 4)), ((4, 2),)
    size_names = "batch shards"
    lasts = 90
    # Winograd rounds by 1e-6; where that moves a value across 0 or swaps two maxima, a gradient jumps (3e-3 seen).
    tolerance = {"logits": 1e-4, "gradient": 5e-3}
    layers = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 256, 128)  # 3x3 of so many channels; 0: pool

    @staticmethod
    def peers(size):
        return ("torch_channels_last", "torch_contiguous")

    def amount(self):
        return self.size[0], "images"

    def shapes(self):
        """Of each weight, layer by layer; a bias follows each."""
        shapes, channels = [], 3
        for width in filter(None, self.layers):
            shapes.append((width, channels, 3, 3))
            channels = width
        return [*shapes, (8, channels, 1, 1), (15, 8 * 4 * 4), (1, 15)]

    def numbers(self):
        """Images [batch, 32, 32, 3], and weights and biases in turn."""
        draw, parameters = np.random.default_rng(1), []
        for shape in self.shapes():
            scale = np.float32(math.sqrt(2 / math.prod(shape[1:])))
            parameters += [draw.standard_normal(shape, np.float32) * scale,
                           draw.standard_normal(shape[0], np.float32) / 10]
        return draw.standard_normal((self.size[0], 32, 32, 3), np.float32), parameters

    def worst(self, ours, theirs):
        """The gradient, a tensor at a time."""
        tensors = [name for name in ours if name != "logits"]
        return [("logits", relative(theirs["logits"], ours["logits"]), self.tolerance["logits"]),
                ("gradient", max((relative(theirs[t], ours[t]) for t in tensors),
                                 key=lambda d: math.inf if math.isnan(d) else d),
                 self.tolerance["gradient"])]

    name = "cnn"  # of the library's work

    def ours(self):
        return self.on_bench(Bench(self.library, f"{self.name} " + " ".join(map(str, self.size))))

    def on_bench(self, bench):
        x, parameters = self.numbers()
        bench.array("x", *x.shape)[:] = x
        flat = np.concatenate([p.ravel() for p in parameters])
        bench.array("parameters", -1)[:flat.size] = flat
        gradient, at, result = bench.array("gradient", -1), 0, {"logits": bench.array("logits", -1)}
        for i, p in enumerate(parameters):
            result[str(i)] = gradient[at: at + p.size].reshape(p.shape)
            at += p.size
        return lambda: bench.run() or result

    def model(self):
        """Convolutions, and what follows on rows [batch, height * width * channels]."""
        from torch import nn
        layers, channels = [], 3
        for width in self.layers:
            if width:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
            else:
                layers.append(nn.MaxPool2d(2))
        return (nn.Sequential(*layers, nn.Conv2d(128, 8, 1), nn.ReLU()),
                nn.Sequential(nn.Linear(8 * 4 * 4, 15), nn.ReLU(), nn.Linear(15, 1)))

    def in_torch(self, memory_format, bfloat16=False):
        import torch
        images, rows = self.model()
        images = images.to(memory_format=memory_format)
        parts = [*images.parameters(), *rows.parameters()]
        x, values = self.numbers()
        with torch.no_grad():
            for part, value in zip(parts, values, strict=True):
                part.copy_(torch.from_numpy(value))
        x = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
        y = (torch.arange(self.size[0]) % 2).float()
        optimizer = torch.optim.Adam(parts, lr=5e-4, fused=True)
        edges = self.edges()

        def step(edges):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                logits = torch.cat([rows(images(x[a:b]).permute(0, 2, 3, 1).flatten(1))[:, 0]
                                    for a, b in zip(edges, edges[1:])]).float()
                loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y)
            loss.backward()
            optimizer.step()
            return {"logits": logits.detach().numpy(),
                    **{str(i): part.grad.numpy() for i, part in enumerate(parts)}}

        def run():
            """The first run, which is checked, shard by shard as ours goes; then all at once."""
            nonlocal edges
            edges, now = (0, self.size[0]), edges
            return step(now)
        return run

    def edges(self):
        return (0, self.size[0])

    def torch_channels_last(self):
        import torch
        return self.in_torch(torch.channels_last)

    def torch_contiguous(self):
        import torch
        return self.in_torch(torch.contiguous_format)

    def torch_bfloat16(self):
        import torch
        return self.in_torch(torch.channels_last, bfloat16=True)


class CnnBatchnorm(Cnn):
    """The same of a small network with batch norm: five 3x3 convolutions, the first of stride 2; PyTorch in float32
    and by bfloat16 autocast. Ours takes batch statistics shard by shard: PyTorch's first, checked run does, too."""
    name, lasts = "cnn-batchnorm", 30
    tolerance = {"logits": 1e-4, "gradient": 1e-2}  # batch norm magnifies what a moved maximum does: 6e-3 seen
    layers = (32, 64, 0, 128, 128, 0, 256)

    @staticmethod
    def peers(size):
        return ("torch_channels_last", "torch_contiguous")

    def shapes(self):
        shapes, channels = [], 3
        for width in filter(None, self.layers):
            shapes += [(width, channels, 3, 3), (width,)]
            channels = width
        return [*shapes, (15, channels), (1, 15)]

    def numbers(self):
        draw, parameters = np.random.default_rng(1), []
        for shape in self.shapes():
            norm = len(shape) == 1
            weight = draw.standard_normal(shape, np.float32)
            parameters += [weight / 10 + 1 if norm else weight * np.float32(math.sqrt(2 / math.prod(shape[1:]))),
                           draw.standard_normal(shape[0], np.float32) / 10]
        return draw.standard_normal((self.size[0], 32, 32, 3), np.float32), parameters

    def below_norm(self):
        """The places of the biases right below a batch norm."""
        return {str(2 * i + 1) for i, shape in enumerate(self.shapes()) if len(shape) == 4}

    def worst(self, ours, theirs):
        kept = lambda r: {name: r[name] for name in r if name not in self.below_norm()}
        return super().worst(kept(ours), kept(theirs))

    def model(self):
        from torch import nn
        layers, channels = [], 3
        for width in self.layers:
            if width:
                layers += [nn.Conv2d(channels, width, 3, stride=1 if layers else 2, padding=1),
                           nn.BatchNorm2d(width), nn.ReLU()]
                channels = width
            else:
                layers.append(nn.MaxPool2d(2))
        return (nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1)),
                nn.Sequential(nn.Linear(channels, 15), nn.ReLU(), nn.Linear(15, 1)))

    def edges(self):
        batch, shards = self.size
        return [batch * s // shards for s in range(shards + 1)]


class CnnBfloat16(Cnn):
    """The step of cnn with what convolutions multiply rounded to bfloat16, PyTorch's by autocast, which rounds what
    they give, too; checked against both, and beside ours in float32."""
    name, in_float32 = "cnn-bfloat16", "cnn"
    tolerance = {"logits": 3e-2, "gradient": 0.5}

    @staticmethod
    def peers(size):
        return ("ours_float32", "torch_bfloat16", "torch_channels_last")

    def ours_float32(self):
        return self.on_bench(Bench(self.library, f"{self.in_float32} " + " ".join(map(str, self.size))))


class CnnBatchnormBfloat16(CnnBatchnorm):
    """The step of cnn-batchnorm in the same way."""
    name, in_float32 = "cnn-batchnorm-bfloat16", "cnn-batchnorm"
    tolerance = CnnBfloat16.tolerance
    peers, ours_float32 = CnnBfloat16.peers, CnnBfloat16.ours_float32


class Adam(Work):
    """One update of all parameters."""
    sizes = ((100000,), (1000000,))
    quick = ((10000,),)
    size_names = "parameters"
    tolerance = {"parameters": 1e-6}

    @staticmethod
    def peers(size):
        return ("torch_fused", "torch_foreach")

    def numbers(self):
        draw = np.random.default_rng(1)
        return (draw.standard_normal(self.size[0], np.float32) / 10,
                draw.standard_normal(self.size[0], np.float32))

    def ours(self):
        bench = Bench(self.library, f"adam {self.size[0]}")
        bench.array("parameters", -1)[:], bench.array("gradient", -1)[:] = self.numbers()
        return lambda: bench.run() or {"parameters": bench.array("parameters", -1).copy()}

    def in_torch(self, **form):
        import torch
        values, gradient = self.numbers()
        parameters = torch.nn.Parameter(torch.from_numpy(values))
        parameters.grad = torch.from_numpy(gradient)
        optimizer = torch.optim.Adam([parameters], lr=1e-3, **form)
        return lambda: optimizer.step() or {"parameters": parameters.detach().numpy().copy()}

    def torch_fused(self):
        return self.in_torch(fused=True)

    def torch_foreach(self):
        return self.in_torch(foreach=True)
