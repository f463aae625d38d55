"""Training and use of a small network with batch norm by PyTorch in float64, as the oracle of ours.

    batchnorm_network.py FILE     writes tests/data/batchnorm_network.safetensors (the committed fixture)

Network: conv 5 3x3 stride 2, batchnorm relu, conv 18 3x3, batchnorm, maxpool 2, conv 4 1x1 relu, globalpool,
linear 3, batchnorm relu target, linear out, on six images of 9 x 7 x 3 and two outputs. Differentiated:
sum(d_outputs * outputs) + sum(d_target * target). Then the same images in use, with the running statistics that
the one training step left. Ours has the channels last: PyTorch's are moved there.

Needs: pip install torch numpy safetensors.
"""
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

torch.set_default_dtype(torch.float64)
nn = torch.nn
n, height, width, channels, target, outputs = 6, 9, 7, 3, 3, 2
generator = torch.Generator().manual_seed(9)


def values(*shape, scale=1.0, middle=0.0):
    """Exact as float32, so that both compute with the same numbers."""
    return (middle + (torch.rand(shape, generator=generator) * 2 - 1) * scale).float().double()


layers = {
    "0.conv": nn.Conv2d(channels, 5, 3, stride=2, padding=1),
    "1.batchnorm": nn.BatchNorm2d(5),
    "2.conv": nn.Conv2d(5, 18, 3, padding=1),
    "3.batchnorm": nn.BatchNorm2d(18),
    "5.conv": nn.Conv2d(18, 4, 1),
    "7.linear": nn.Linear(4, target),
    "8.batchnorm": nn.BatchNorm1d(target),
    "9.linear": nn.Linear(target, outputs),
}
with torch.no_grad():
    for name, layer in layers.items():
        norm = name.endswith("batchnorm")
        layer.weight.copy_(values(*layer.weight.shape, scale=0.5, middle=1.0 if norm else 0.0))
        layer.bias.copy_(values(*layer.bias.shape, scale=0.4))
        if norm:
            layer.running_mean.copy_(values(*layer.running_mean.shape))
            layer.running_var.copy_(values(*layer.running_var.shape, scale=0.5, middle=1.0))
x, d_outputs, d_target = values(n, height, width, channels), values(n, outputs), values(n, target)


def forward():
    y = x.permute(0, 3, 1, 2)
    y = torch.relu(layers["1.batchnorm"](layers["0.conv"](y)))
    y = layers["3.batchnorm"](layers["2.conv"](y))
    y = torch.relu(layers["5.conv"](nn.functional.max_pool2d(y, 2)))
    h = torch.relu(layers["8.batchnorm"](layers["7.linear"](y.mean((2, 3)))))
    return h, layers["9.linear"](h)


def tensors_of(prefix):
    return {f"{prefix}{name}.{key}": t.clone() for name, layer in layers.items()
            for key, t in layer.state_dict().items() if key != "num_batches_tracked"}


tensors = {"x": x, "d_outputs": d_outputs, "d_target": d_target} | tensors_of("weight.")
h, out = forward()
((d_outputs * out).sum() + (d_target * h).sum()).backward()
tensors |= {"target": h, "outputs": out}
tensors |= {f"gradient.{name}.{key}": p.grad for name, layer in layers.items()
            for key, p in layer.named_parameters()}
tensors |= {k: t for k, t in tensors_of("after.").items() if "running" in k}
for layer in layers.values():
    layer.eval()
h, out = forward()
tensors |= {"used_target": h, "used_outputs": out}
assert (tensors["target"] > 0).any() and (tensors["target"] == 0).any() and (h > 0).any()

tensors = {k: np.ascontiguousarray(t.detach().numpy().astype(np.float32)) for k, t in tensors.items()}
save_file(tensors, sys.argv[1], metadata={"torch": torch.__version__})
