"""A contender of a line of bench/run: a process of its own that does one work when it is told to, and
waits while another works."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLOCK = os.sysconf("SC_CLK_TCK")


# ==== In the process of its own ====


def resident_kib(field):
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(field):
                return int(line.split()[1])
    return 0


def grown_by(run):
    """What the first run gives, and the MiB by which it raised the resident memory; None where
    the system does not tell."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = resident_kib("VmRSS:")
    except OSError:
        return run(), None
    result = run()
    return result, (resident_kib("VmHWM:") - before) / 1024


def timed(run, least):
    """Seconds of a run, over as many as last `least` seconds; by its own clock where it has one."""
    runs, own, start = 0, 0.0, time.perf_counter()
    while True:
        own += run().get("seconds", 0)
        runs += 1
        spent = time.perf_counter() - start
        if spent >= least:
            return (own or spent) / runs


def tell(answer):
    print(json.dumps(answer), flush=True)


def serve(spec):
    """Answers each line on standard input by one JSON line: "first FILE" does the work once and saves
    what it gave; "time LEAST" times it."""
    spec = json.loads(spec)
    import numpy as np
    from library import Library
    from works import WORKS
    library = Library(spec["library"], spec["threads"]) if spec["who"].startswith("ours") else None
    if spec["who"].startswith("torch"):
        import torch
        torch.set_num_threads(spec["threads"])
        torch.manual_seed(1)
    work = WORKS[spec["work"]](tuple(spec["size"]), spec["threads"], library, spec["context"])
    run = getattr(work, spec["who"])()
    tell({"amount": work.amount()})
    for line in sys.stdin:
        command, _, value = line.strip().partition(" ")
        if command == "first":
            start = time.perf_counter()
            result, grown = grown_by(run)
            seconds = result.pop("seconds", time.perf_counter() - start)
            grown = result.pop("peak_mib", grown)
            np.savez(value, **result)
            tell({"grown": grown, "seconds": seconds})
        else:
            tell({"seconds": timed(run, float(value))})


# ==== Seen from outside ====


class Contender:
    """Starts at once and sets up; ready() waits for it."""

    def __init__(self, args, work, size, who):
        self.who, self.seconds, self.grown, self.result = who, [], None, None
        self.amount, self.spent, self.out = 0, 0.0, False
        spec = {"library": str(args.library), "threads": args.threads, "work": work, "size": size,
                "who": who, "context": args.context}
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("run")), "--serve", json.dumps(spec)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            env=environment(args.threads))

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            lines = self.errors.read().strip().splitlines()
            why = lines[-1] if lines else f"ended with {self.process.returncode}"
            raise RuntimeError(f"{self.who}: {why}")
        return json.loads(line)

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # answer() says why it ended
        return self.answer()

    def ready(self):
        self.amount = self.answer()["amount"]

    def first(self, folder, counts_from):
        """Its first run, for the check; one that lasts counts as a turn."""
        import numpy as np
        path = os.path.join(folder, self.who + ".npz")
        answer = self.ask("first " + path)
        self.grown = answer["grown"]
        if answer["seconds"] >= counts_from:
            self.add(answer["seconds"])
        with np.load(path) as file:
            self.result = dict(file)

    def turn(self, least):
        self.add(self.ask(f"time {least}")["seconds"])

    def add(self, seconds):
        self.seconds.append(seconds)
        self.spent += seconds

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def environment(threads):
    env = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        env[name] = str(threads)
    if "OMP_WAIT_POLICY" not in env:
        env.setdefault("GOMP_SPINCOUNT", "10000")
    return env


# ==== Who else uses the machine ====


class Others:
    """Cores that processes other than these keep busy, from now on; 0 where the system does not
    tell."""

    def __init__(self, contenders=()):
        self.processes = [os.getpid(), *(c.process.pid for c in contenders)]
        self.start = self.now()

    def now(self):
        try:
            with open("/proc/stat", encoding="ascii") as file:
                user, nice, system = map(int, file.readline().split()[1:4])
            own = 0
            for process in self.processes:
                with open(f"/proc/{process}/stat", encoding="utf-8") as file:
                    own += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
        except OSError:
            return 0.0, time.monotonic()
        return (user + nice + system - own) / CLOCK, time.monotonic()

    def cores(self):
        (busy, then), (busy_now, now) = self.start, self.now()
        return max(0.0, busy_now - busy) / max(1e-3, now - then)


def idle_look():
    """The same over half a second in which nothing of ours works."""
    others = Others()
    time.sleep(0.5)
    return others.cores()
