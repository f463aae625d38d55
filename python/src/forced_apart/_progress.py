"""Progress of a training as a bar of tqdm, or by a function of the caller."""

import sys


def shown(progress):
    """What is called with each step: a dict. progress: a function, True, False, or None: a bar where one is seen."""
    if callable(progress):
        return progress, lambda: None
    if progress is None:
        progress = "ipykernel" in sys.modules or sys.stderr.isatty()
    if not progress:
        return None, lambda: None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None, lambda: None
    bar = tqdm(total=0, unit="sample", unit_scale=True, desc="forced apart", leave=False)

    def show(step):
        total = step["total"] * max(step["epochs"], 1)
        if bar.total != total:
            bar.reset(total)
            bar.set_description(step["phase"])
        bar.update(max(0, step["total"] * max(step["epoch"] - 1, 0) + step["done"] - bar.n))
        if step["validation_loss"] is not None:
            bar.set_postfix(epoch=step["epoch"], loss=f"{step['validation_loss']:.3f}", refresh=False)

    return show, bar.close


def as_dict(step):
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
