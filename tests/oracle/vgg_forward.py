"""Random weights of VGG-16, named as torchvision names them, and what PyTorch in float64 makes of two images.

    vgg_forward.py FILE                 writes tests/data/vgg16.safetensors (the committed fixture, 1/32 as wide)
    vgg_forward.py FILE WIDTH SIDE FC   another width of the first convolution (VGG-16: 64), side of the images and
                                        width of the fully connected layers (4096): give it to the test in FA_TEST_VGG16

Value i of the images [2, 3, SIDE, SIDE] is ((i * 7919) % 257 - 128) / 128. `target` is what classifier.3 and its
ReLU make of them. Dropout is left out, as in use.

Needs: pip install torch numpy safetensors.
"""
import math
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

width, side, fully = (int(a) for a in sys.argv[2:5]) if len(sys.argv) > 2 else (2, 64, 12)
nn, plan = torch.nn, [1, 1, 0, 2, 2, 0, 4, 4, 4, 0, 8, 8, 8, 0, 8, 8, 8, 0]  # times width; 0: pool
torch.manual_seed(3)
features, channels = [], 3
for times in plan:
    if times:
        features += [nn.Conv2d(channels, times * width, 3, padding=1), nn.ReLU()]
        channels = times * width
    else:
        features.append(nn.MaxPool2d(2))
pixels = (side // 32) ** 2
model = nn.Module()
model.features = nn.Sequential(*features)
model.classifier = nn.Sequential(nn.Linear(channels * pixels, fully), nn.ReLU(), nn.Dropout(),
                                 nn.Linear(fully, fully), nn.ReLU(), nn.Dropout(), nn.Linear(fully, 10))
with torch.no_grad():
    for name, p in model.named_parameters():
        p.normal_(0, math.sqrt(2 / math.prod(p.shape[1:])) if p.dim() > 1 else 0.1)
weights = {name: p.detach().numpy().astype(np.float32) for name, p in model.state_dict().items()}
model.double().eval()
i = torch.arange(2 * 3 * side * side)
x = (((i * 7919) % 257 - 128).double() / 128).reshape(2, 3, side, side)
with torch.no_grad():
    target = model.classifier[:5](model.features(x).flatten(1))
assert (target > 0).any() and (target == 0).any()
save_file(weights | {"target": target.numpy().astype(np.float32)}, sys.argv[1],
          metadata={"torch": torch.__version__, "side": str(side)})
