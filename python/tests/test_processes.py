"""Forks, workers, threads, signals, and the order of imports."""

import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import forced_apart

ROWS = np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)
LABELS = (ROWS[:, 0] > 0).astype(int)


def found(seed=1):
    return forced_apart.discover(ROWS, LABELS, clusters=4, epochs=2, seed=seed).embeddings.tobytes()


def test_a_forked_child_computes_the_same():
    expected = found()  # the pool of threads is up
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if found() == expected else 2
        finally:
            os._exit(code)
    os.close(reader)
    os.close(writer)
    deadline = time.time() + 60
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid or time.time() > deadline:
            break
        time.sleep(0.02)
    if not pid:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.fail("the child hangs")
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.parametrize("backend", ["multiprocessing", "loky", "threading"])
def test_workers_of_joblib_compute_the_same(backend):
    joblib = pytest.importorskip("joblib")
    expected = [found(seed) for seed in (1, 2, 3, 4)]
    with joblib.parallel_config(backend=backend, n_jobs=2):
        # In a worker's module, so that loky's processes find it too.
        got = joblib.Parallel()(joblib.delayed(_of_seed)(ROWS, LABELS, seed) for seed in (1, 2, 3, 4))
    assert got == expected


def _of_seed(rows, labels, seed):
    import forced_apart as package

    return package.discover(rows, labels, clusters=4, epochs=2, seed=seed).embeddings.tobytes()


def test_workers_of_a_data_loader_compute_losses():
    torch = pytest.importorskip("torch")
    from forced_apart.losses import LMulti

    loss = LMulti(0.5)
    whole = [loss(torch.from_numpy(ROWS), torch.from_numpy(LABELS)).item()] * 4
    loader = torch.utils.data.DataLoader(_Losses(loss), num_workers=2, batch_size=None, multiprocessing_context="fork")
    assert [one for one in loader] == whole and len(loader) == 4


class _Losses:
    def __init__(self, loss):
        self.loss = loss

    def __len__(self):
        return 4

    def __getitem__(self, i):
        import torch

        if i >= 4:
            raise IndexError
        return self.loss(torch.from_numpy(ROWS), torch.from_numpy(LABELS)).item()


def test_threads_of_python_work_side_by_side():
    expected = [found(seed) for seed in (1, 2, 3)]
    got = [None] * 3

    def work(i):
        got[i] = found(i + 1)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert got == expected


# ==== Signals ====

LONG = {
    "discover": "forced_apart.discover(x, y, clusters=4, epochs=1000000, progress=tell)",
    "label_free": "forced_apart.discover(x, clusters=4, epochs=1000000, progress=tell)",
    "cluster": """tell(0); forced_apart.discover(np.random.default_rng(0).normal(size=(200000, 8)).astype(np.float32),
        np.arange(200000) % 2, clusters=100, epochs=1, recipe={"cluster.restarts": 10000, "train.batch": 10000})""",
    "progress": """forced_apart.discover(x, y, clusters=4, epochs=1000000,
        progress=lambda step: (tell(0), time.sleep(.01))[0])""",
    "estimator": "model = forced_apart.ForcedApart(4, epochs=1000000); tell(0); model.fit(x, y)",
    "silhouette": """model = forced_apart.ForcedApart(4, epochs=1).fit(x, y); tell(0)
    z = np.tile(x, (20, 1)) + np.random.default_rng(1).normal(size=(400000, 20))
    while True:
        model.score(z)""",
    "neighbours": """tell(0)
    forced_apart.discover(np.random.default_rng(0).normal(size=(190000, 100)), clusters=4, epochs=1)""",
    "assign": """run = forced_apart.discover(x[:500], y[:500], clusters=4, epochs=1, trainings=1,
        recipe={"network.layers": "linear 4000 relu, linear 16 relu target, linear out", "cluster.space": "layer"})
    tell(0); run.assign(np.tile(x, (100, 1)))""",
    # One call each.
    "LMulti": "rows(150000, 64); losses.LMulti()(h)",
    "LMulti of one label and pairs": "rows(150000, 64); losses.LMulti()(h, torch.zeros(150000).int(), pairs(1000))",
    "LMulti in double": "rows(60000, 64); losses.LMulti(margin=0.001)(h)",
    "LMulti by JS": "rows(60000, 64); losses.LMulti(divergence='js')(h)",
    "LSingle": "rows(60000, 1024); losses.LSingle()(h)",
    "Hold": "rows(1000, 256); losses.Hold()(h, pairs=pairs(10000000))",
    "Hold by JS": "rows(1000, 64); losses.Hold('js')(h, pairs=pairs(10000000))",
    "InfoNCE": "rows(60000, 64); losses.InfoNCE()(h, pairs=pairs(1000))",
    "DeCov": "rows(100000, 1500); losses.DeCov()(h)",
    "XCov": "rows(100000, 1500); losses.XCov()(h, h + 1)",
}
LOSSES = """
import torch
from forced_apart import losses
torch.manual_seed(0)
def pairs(count):
    return torch.randint(len(h), (count, 2))
def rows(n, d):
    global h
    h = torch.randn(n, d, requires_grad=True)
    tell(0)
"""


def processor_time(pid):
    """Seconds that all threads of a process have worked."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("inf")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("what", LONG)
def test_ctrl_c_ends_long_calls_within_a_second(what, tmp_path):
    if what in ("estimator", "silhouette"):
        pytest.importorskip("sklearn")
    if "losses." in LONG[what]:
        pytest.importorskip("torch")
    program = tmp_path / "long.py"
    program.write_text(f"""
import sys, time
import numpy as np
import forced_apart
x = np.random.default_rng(0).normal(size=(20000, 20)).astype(np.float32)
y = (x[:, 0] > 0).astype(int)
def tell(step):
    print("at work", flush=True)
{LOSSES if "losses." in LONG[what] else ""}
try:
    {LONG[what]}
except KeyboardInterrupt:
    print("stopped", flush=True)
    # Nothing is stopped for good.
    forced_apart.discover(x[:100], y[:100], clusters=2, epochs=1)
    print("again", flush=True)
""")
    child = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "at work\n"
        time.sleep(1.0)
        began, worked = time.time(), processor_time(child.pid)
        os.kill(child.pid, signal.SIGINT)
        for line in child.stdout:
            if line == "stopped\n":
                break
        # On a machine that is busy with other things a second may pass in which the child hardly works.
        took = min(time.time() - began, processor_time(child.pid) - worked)
        rest, error = child.communicate(timeout=60)
    finally:
        child.kill()
        child.wait()
    assert rest == "again\n" and error == "" and child.returncode == 0
    assert took < 1.0


def test_a_handler_of_another_signal_ends_a_call_too():
    class Alarm(Exception):
        pass

    def ring(number, frame):
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(Alarm):
            forced_apart.discover(ROWS, LABELS, clusters=4, epochs=10000000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert found() == found()


def test_python_goes_on_while_c_computes():
    """The GIL is released: another thread counts while a training runs."""
    count, end = [0], threading.Event()

    def tick():
        while not end.wait(0.001):
            count[0] += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    try:
        forced_apart.discover(np.tile(ROWS, (10, 1)), np.tile(LABELS, 10), clusters=4, epochs=40)
    finally:
        end.set()
        ticker.join()
    assert count[0] > 20


# ==== Imports ====


@pytest.mark.parametrize("order", ["import torch, forced_apart", "import forced_apart, torch", "import forced_apart"])
def test_torch_before_after_or_never(order):
    if "torch" in order:
        pytest.importorskip("torch")
    program = f"""
{order}
import sys
import numpy as np
x = np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)
run = forced_apart.discover(x, (x[:, 0] > 0).astype(int), clusters=4, epochs=2)
if "torch" in sys.modules:
    h = sys.modules["torch"].from_numpy(x).requires_grad_()
    (h @ h.T).sum().backward()
    from forced_apart.losses import LMulti
    LMulti()(h, None).backward()
import hashlib
print(hashlib.sha256(run.embeddings.tobytes()).hexdigest(), "torch" in sys.modules, "sklearn" in sys.modules)
"""
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert out[0] == hashlib.sha256(found()).hexdigest()
    assert (out[1] == "True") == ("torch" in order)


def test_only_functions_of_the_header_are_exported():
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("needs nm")
    path = pathlib.Path(forced_apart.__file__).with_name("libforced_apart.so")
    names = subprocess.run(
        [nm, "-D", "--defined-only", str(path)], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    names = {line.split()[-1].split("@")[0] for line in names if line}
    from forced_apart import _header

    assert names == set(_header.FUNCTIONS)
