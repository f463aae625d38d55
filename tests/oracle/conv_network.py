"""Forward and backward of a small convolutional network by PyTorch in float64, as the oracle of ours.

    conv_network.py FILE     writes tests/data/conv_network.safetensors (the committed fixture)

Network: conv 5 3x3 relu, conv 18 3x3 relu, maxpool 2, conv 4 1x1 relu, linear 3 relu target, linear out, on
three images of 7 x 6 x 3 and two outputs. Differentiated: sum(d_outputs * outputs) + sum(d_target * target).
Ours has the channels last: PyTorch's are moved there at both ends.

Needs: pip install torch numpy safetensors.
"""
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

torch.set_default_dtype(torch.float64)
n, height, width, channels, target, outputs = 3, 7, 6, 3, 3, 2
generator = torch.Generator().manual_seed(5)


def values(*shape, scale=1.0):
    """Exact as float32, so that both compute with the same numbers."""
    return ((torch.rand(shape, generator=generator) * 2 - 1) * scale).float().double()


weights = {
    "0.conv.weight": values(5, channels, 3, 3, scale=0.5),
    "0.conv.bias": values(5, scale=0.3),
    "1.conv.weight": values(18, 5, 3, 3, scale=0.4),
    "1.conv.bias": values(18, scale=0.3),
    "3.conv.weight": values(4, 18, 1, 1, scale=0.5),
    "3.conv.bias": values(4, scale=0.3),
    "4.linear.weight": values(target, 3 * 3 * 4, scale=0.4),
    "4.linear.bias": values(target, scale=0.5),
    "5.linear.weight": values(outputs, target),
    "5.linear.bias": values(outputs),
}
for w in weights.values():
    w.requires_grad_()
x, d_outputs, d_target = values(n, height, width, channels), values(n, outputs), values(n, target)


def layer(i, kind):
    return weights[f"{i}.{kind}.weight"], weights[f"{i}.{kind}.bias"]


f = torch.nn.functional
y = x.permute(0, 3, 1, 2)
y = f.relu(f.conv2d(y, *layer(0, "conv"), padding=1))
y = f.relu(f.conv2d(y, *layer(1, "conv"), padding=1))
y = f.max_pool2d(y, 2)
y = f.relu(f.conv2d(y, *layer(3, "conv")))
h = f.relu(f.linear(y.permute(0, 2, 3, 1).flatten(1), *layer(4, "linear")))
out = f.linear(h, *layer(5, "linear"))
((d_outputs * out).sum() + (d_target * h).sum()).backward()

tensors = {"x": x, "d_outputs": d_outputs, "d_target": d_target, "target": h, "outputs": out}
tensors |= {"weight." + name: w for name, w in weights.items()}
tensors |= {"gradient." + name: w.grad for name, w in weights.items()}
assert (h > 0).any() and (h == 0).any()
assert all((w.grad != 0).any() for w in weights.values())
tensors = {k: np.ascontiguousarray(v.detach().numpy().astype(np.float32)) for k, v in tensors.items()}
save_file(tensors, sys.argv[1], metadata={"torch": torch.__version__})
