"""One training step of an autoencoder by PyTorch in float64, as the oracle of ours.

    autoencoder.py FILE     writes tests/data/autoencoder.safetensors (the committed fixture)

Network: lstm 5, linear 4 relu target, repeat, lstm 6 every_step, linear out, on five series of 6, 4, 3, 3
and 1 steps of 3 features. Objective: Eq. 11 with L_multi without labels (Eq. 10), a = 0.3, m = 2, then
one step of Adam, and one of AdamW with its decay on weights alone. PyTorch sees each series by itself: nothing of
our packing is in here.

Needs: pip install torch numpy safetensors.
"""
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

torch.set_default_dtype(torch.float64)
lengths, features, encoder, target, decoder = [6, 4, 3, 3, 1], 3, 5, 4, 6
alpha, margin, rate, decay = 0.3, 2.0, 0.005, 20


class Autoencoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.LSTM(features, encoder, batch_first=True)
        self.target = torch.nn.Linear(encoder, target)
        self.decoder = torch.nn.LSTM(target, decoder, batch_first=True)
        self.out = torch.nn.Linear(decoder, features)
        generator = torch.Generator().manual_seed(3)
        with torch.no_grad():
            for p in self.parameters():  # exact as float32, so that both start alike
                p.copy_((torch.rand(p.shape, generator=generator) * 1.6 - 0.8).float())
            for lstm in (self.encoder, self.decoder):
                lstm.bias_hh_l0.zero_()  # ours has one bias

    def forward(self, x):  # [steps, features]
        h = torch.relu(self.target(self.encoder(x[None])[1][0][0]))  # [1, target]
        steps = h[:, None, :].expand(1, len(x), target)
        return h[0], self.out(self.decoder(steps)[0])[0]


def multi(h):
    log_p = torch.log_softmax(h, dim=1)
    p = log_p.exp()
    kl = (p[:, None, :] * (log_p[:, None, :] - log_p[None, :, :])).sum(2)
    hinge = torch.relu(margin - kl)
    return (hinge + hinge.T).sum() / len(h) ** 2


net = Autoencoder()
generator = torch.Generator().manual_seed(4)
series = [torch.randn(n, features, generator=generator).float().double() for n in lengths]
names = {
    "0.lstm.weight_input": net.encoder.weight_ih_l0,
    "0.lstm.weight_recurrent": net.encoder.weight_hh_l0,
    "0.lstm.bias": net.encoder.bias_ih_l0,
    "1.linear.weight": net.target.weight,
    "1.linear.bias": net.target.bias,
    "3.lstm.weight_input": net.decoder.weight_ih_l0,
    "3.lstm.weight_recurrent": net.decoder.weight_hh_l0,
    "3.lstm.bias": net.decoder.bias_ih_l0,
    "4.linear.weight": net.out.weight,
    "4.linear.bias": net.out.bias,
}
tensors = {"x": torch.cat(series)}
tensors |= {"before." + name: p.detach().clone() for name, p in names.items()}

outputs = [net(x) for x in series]
h = torch.stack([o[0] for o in outputs])
errors = torch.stack([((o[1] - x) ** 2).sum() for o, x in zip(outputs, series)])
component = multi(h)
loss = (1 - alpha) * errors.mean() + alpha * component
optimizer = torch.optim.Adam(names.values(), lr=rate)
loss.backward()
tensors |= {"gradient." + name: p.grad.clone() for name, p in names.items()}
optimizer.step()
tensors |= {"after." + name: p.detach().clone() for name, p in names.items()}
with torch.no_grad():
    for name, p in names.items():
        p.copy_(tensors["before." + name])
groups = [{"params": [p for n, p in names.items() if ("bias" in n) == bias], "weight_decay": 0 if bias else decay}
          for bias in (False, True)]
torch.optim.AdamW(groups, lr=rate).step()
tensors |= {"decayed." + name: p.detach().clone() for name, p in names.items()}
tensors |= {"h": h, "errors": errors}
tensors = {k: v.detach().numpy().astype(np.float32) for k, v in tensors.items()}
tensors["losses"] = np.array([errors.mean().item(), component.item(), loss.item()])
assert (tensors["h"] > 0).any() and (tensors["h"] == 0).any()
save_file(tensors, sys.argv[1], metadata={"torch": torch.__version__})
