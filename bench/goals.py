"""What the project set out to reach, as lines of bench/run tell it. A goal is a text and a function
of all lines that gives (what was reached, whether that is enough), or raises Missing."""


class Missing(Exception):
    """A line that a goal needs was not measured."""


class Lines:
    def __init__(self, lines):
        self.lines = lines

    def at(self, work, *size):
        line = self.lines.get((work, size))
        if line is None or line.ours is None:
            raise Missing
        return line

    def ratio(self, work, *size, against=""):
        """How many times as long the fastest of these peers takes."""
        line = self.at(work, *size)
        peers = line.peers(against)
        if not peers:
            raise Missing
        return peers[0].median / line.ours.median


def times(ratio):
    return f"{ratio:.3g}x" if ratio < 1000 else f"{ratio:,.0f}x"


def ratios(wanted, cases, work, against=""):
    """Every case (its name, its size) at least `wanted`."""
    def of(lines):
        found = {name: lines.ratio(work, *size, against=against) for name, size in cases.items()}
        return ("; ".join(f"{name}: {times(r)}" if name else times(r) for name, r in found.items()),
                min(found.values()) >= wanted)
    return of


def share_of_fma(wanted):
    def of(lines):
        limit = lines.at("fma", 0).ours.rate
        found = [lines.at("kl", n, d, 2).ours.rate / limit for n in (8192, 16384)
                 for d in (64, 128, 512)]
        return f"{min(found):.2f} to {max(found):.2f}x of {limit:.0f} GFLOP/s", min(found) >= wanted
    return of


def memory(most, work, *size):
    def of(lines):
        grown = lines.at(work, *size).ours.grown
        if grown is None:
            raise Missing
        return f"{grown:,.0f} MiB", grown <= most
    return of


def pruning(wanted, *size):
    def of(lines):
        line = lines.at("kl-clustered", *size)
        if "ours_all_pairs" not in line.timings:
            raise Missing
        ratio = line.timings["ours_all_pairs"].median / line.ours.median
        return times(ratio), ratio >= wanted
    return of


def either_precision(wanted, works, *size):
    """Ours and PyTorch each in the faster of float32 and bfloat16."""
    def of(lines):
        found = {}
        for name, work in works.items():
            line = lines.at(work, *size)
            if "ours_float32" not in line.timings or not line.peers(""):
                raise Missing
            ours = min(line.ours.median, line.timings["ours_float32"].median)
            found[name] = line.peers("")[0].median / ours
        return "; ".join(f"{name}: {times(r)}" for name, r in found.items()), min(found.values()) >= wanted
    return of


def share_of_step(most, batches):
    """Of the LSTM alone, forward and backward; a training step has more, so its share is lower."""
    def of(lines):
        found = {n: lines.at("kl", n, 64, 2).ours.median /
                 lines.at("lstm", n, 50, 4, 128).ours.median for n in batches}
        return ("; ".join(f"N = {n}: {100 * share:.2f} %" for n, share in found.items()),
                max(found.values()) <= most)
    return of


def held_share(most):
    """Of L_hold and L_information, 128 samples in two views, in the LSTM alone, forward and backward, and in a step of
    the CNN."""
    def of(lines):
        held = lines.at("held", 256, 64).ours.median
        found = {"LSTM": held / lines.at("lstm", 256, 50, 4, 128).ours.median,
                 "CNN": held / (2 * lines.at("cnn", 128, 4).ours.median)}
        return "; ".join(f"{name}: {100 * share:.2f} %" for name, share in found.items()), max(found.values()) <= most
    return of


def cost_of_views(most, works):
    def of(lines):
        found = {}
        for name, work in works.items():
            line = lines.at(work, 10000)
            if "ours_without" not in line.timings:
                raise Missing
            found[name] = line.ours.median / line.timings["ours_without"].median
        return "; ".join(f"{name}: {times(r)}" for name, r in found.items()), max(found.values()) <= most
    return of


def kl_sizes(d):
    return {f"N = {n:,}": (n, d, 2) for n in (8192, 16384)}


LSTM = {"256": (256, 50, 4, 128), "512": (512, 50, 4, 128)}

GOALS = (
    *((f"L_multi by KL, loss + gradient, 2 labels, D = {d}: {want}x PyTorch",
       ratios(want, kl_sizes(d), "kl")) for d, want in ((15, 11), (64, 5), (128, 3.5), (512, 2.2))),
    ("its rate as three dense products, D >= 64, against multiply-adds alone: 1.4x",
     share_of_fma(1.4)),
    ("N = 512, D = 15 against the paper's way: 600x",
     ratios(600, {"": (512, 15, 2)}, "kl", "torch_paper")),
    ("N = 65,536, D = 64: 5x PyTorch", ratios(5, {"": (65536, 64, 2)}, "kl")),
    ("the same in 100 MiB beside the rows", memory(100, "kl", 65536, 64, 2)),
    ("N = 262,144, D = 64 in 400 MiB", memory(400, "kl", 262144, 64, 2)),
    ("clustered rows, N = 65,536, D = 15, bounds on against off: 5x", pruning(5, 65536, 15, 2)),
    ("N = 128 and 512, D = 64: 5x PyTorch",
     ratios(5, {"N = 128": (128, 64, 2), "N = 512": (512, 64, 2)}, "kl")),
    ("the same: below 2 % of a training step (here of its LSTM alone)",
     share_of_step(0.02, (128, 512))),
    ("L_hold and L_information: below 2 % of a training step", held_share(0.02)),
    ("an epoch with two views of each sample: at most 2.0x one without",
     cost_of_views(2.0, {"strokes": "views-strokes", "images": "views-images"})),
    ("an epoch of an MLP in PyTorch with ours: faster than with the matrix form",
     ratios(1, {"batch 512": (512,), "4,096": (4096,)}, "mlp-epoch", "torch_matrix")),
    ("LSTM, batch 256 and 512, 50 steps, 128 units: 4x nn.LSTM (its faster form)",
     ratios(4, LSTM, "lstm")),
    ("the same: 1.6x nn.LSTM by oneDNN", ratios(1.6, LSTM, "lstm", "torch_onednn")),
    ("KMeans, k = 10, 10 starts: 12x scikit-learn",
     ratios(12, {"10,000 x 64": (10000, 64, 10), "50,000 x 15": (50000, 15, 10)}, "kmeans")),
    ("AMI, n = 70,000, 100 x 100 classes: 400x scikit-learn",
     ratios(400, {"": (70000, 100)}, "ami")),
    ("AMI, n = 1,000,000, 1000 x 1000: 3,500x", ratios(3500, {"": (1000000, 1000)}, "ami")),
    ("an epoch on strokes, our whole process: 4x PyTorch's epoch",
     ratios(4, {"": (10000,)}, "epoch")),
    ("CNN of Figure 4, batch 128: 2x PyTorch", ratios(2, {"": (128, 4)}, "cnn")),
    ("the same and the small network with batch norm, each side in its faster precision: 1.3x PyTorch",
     either_precision(1.3, {"Figure 4": "cnn-bfloat16", "batch norm": "cnn-batchnorm-bfloat16"}, 128, 4)),
    ("CIFAR-10 training at batch 512, whole process: 3 GiB",
     memory(3 * 1024, "cnn-memory", 512)),
)


def table(lines):
    """Markdown rows of all goals."""
    rows = ["| goal | reached | |", "|---|---|---|"]
    for text, judge in GOALS:
        try:
            reached, enough = judge(Lines(lines))
            rows.append(f"| {text} | {reached} | {'yes' if enough else '**missed**'} |")
        except Missing:
            rows.append(f"| {text} | not measured | |")
    return "\n".join(rows)
