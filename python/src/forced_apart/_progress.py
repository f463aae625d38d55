"""Progress of trainings as a bar of tqdm, or by a function of the caller."""

import sys

from . import _header as h


class Shown:
    """The callbacks of a training. progress: a function of a dict, True, False, or None: a bar where one is seen.

    An exception of that function stops the training, and is raised at the end of the `with`.
    """

    def __init__(self, progress):
        self.training, self.failure, self.bar = "", [], None
        if progress is None:
            progress = "ipykernel" in sys.modules or sys.stderr.isatty()
        self.show = progress if callable(progress) else _bar() if progress else None
        self.begin = _begin_fn(self._begin)
        self.step = h.fa_progress_fn(self._step)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(self.show, _Bar):
            self.show.close()
        if self.failure:
            raise self.failure[0]

    def _begin(self, user, training):
        self.training = training.decode().rstrip(": ")
        return 0

    def _step(self, user, given):
        if self.show is None:
            return 0
        try:
            return 1 if self.show({"training": self.training, **_as_dict(given.contents)}) is False else 0
        except BaseException as error:
            self.failure.append(error)
            return 1


_begin_fn = dict(h.fa_discover_options._fields_)["begin"]


class _Bar:
    def __init__(self, tqdm):
        self.training = None
        self.bar = tqdm(total=0, unit="sample", unit_scale=True, desc="forced apart", leave=False)

    def __call__(self, step):
        total = step["total"] * max(step["epochs"], 1)
        if self.bar.total != total or self.training != step["training"]:
            self.training = step["training"]
            self.bar.reset(total)
            self.bar.set_description(", ".join(filter(None, (step["training"], step["phase"]))))
        self.bar.update(max(0, step["total"] * max(step["epoch"] - 1, 0) + step["done"] - self.bar.n))
        if step["validation_loss"] is not None:
            self.bar.set_postfix(epoch=step["epoch"], loss=f"{step['validation_loss']:.3f}", refresh=False)

    def close(self):
        self.bar.close()


def _bar():
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return _Bar(tqdm)


def _as_dict(step):
    row = step.finished.contents if step.finished else None
    return {
        "phase": step.phase.decode(),
        "epoch": step.epoch,
        "epochs": step.epochs,
        "done": step.done,
        "total": step.total,
        "samples_per_second": step.samples_per_second,
        "seconds_left": step.seconds_left,
        "validation_loss": row.validation_loss if row else None,
    }
