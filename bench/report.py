"""Where bench/run writes: a CSV of every turn, Markdown tables, and the screen."""

import csv
import os
import platform
import statistics
import sys
import warnings

FOREIGN_MOST = 0.5  # cores
BEGIN, END = "<!-- bench/run: begin -->", "<!-- bench/run: end -->"

# Whose version stands in the header.
PEERS = ("numpy", "torch", "sklearn")


def cpu_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def duration(seconds):
    for unit, scale in (("s", 1), ("ms", 1e3)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def memory(mib):
    return "" if mib is None else f"{mib:.1f}"


def publish(results, page, foreign):
    """Puts the tables between the two marks of a page. True if it did."""
    if not foreign <= FOREIGN_MOST:
        print(f"bench/run: nothing published: others kept {foreign:.1f} cores busy", file=sys.stderr)
        return False
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        print(f"bench/run: {page} has no {BEGIN} ... {END}", file=sys.stderr)
        return False
    page.write_text(f"{before}{BEGIN}\n{results.read_text(encoding='utf-8')}{END}{after}",
                    encoding="utf-8")
    return True


class Report:
    def __init__(self, args, foreign):
        self.args, self.most_foreign = args, foreign

    def __enter__(self):
        self.csv_file = open(self.args.out / "results.csv", "w", newline="", encoding="utf-8")
        self.csv = csv.writer(self.csv_file, lineterminator="\n")
        self.csv.writerow(("work", "size", "who", "repeat", "seconds", "load_before",
                           "foreign_cores"))
        self.markdown = open(self.args.out / "results.md", "w", encoding="utf-8")
        self.header()
        return self

    def __exit__(self, *_):
        self.say(f"\nLoad average at the end {os.getloadavg()[0]:.2f}; others kept at most "
                 f"{self.most_foreign:.2f} cores busy while ours waited.")
        self.csv_file.close()
        self.markdown.close()

    def say(self, text):
        print(text, flush=True)
        self.markdown.write(text + "\n")
        self.markdown.flush()

    def header(self):
        from library import Library
        library = Library(str(self.args.library), self.args.threads)
        versions = []
        for name in PEERS:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                versions.append(f"{name} {__import__(name).__version__}")
        import torch
        load = os.getloadavg()[0]
        waiting = ", ".join(f"{name}={os.environ[name]}" for name in ("OMP_WAIT_POLICY",
                            "GOMP_SPINCOUNT") if name in os.environ) or "GOMP_SPINCOUNT=10000"
        self.say(f"- {cpu_name()}, {os.cpu_count()} cores, {self.args.threads} threads for every "
                 f"contender, {platform.platform()}\n"
                 f"- forced-apart {library.text('fa_version')} ({library.text('fa_simd_name')} kernels); "
                 f"{', '.join(versions)}; PyTorch's kernels: {torch.backends.cpu.get_cpu_capability()}; "
                 f"Python {platform.python_version()}; {waiting}\n"
                 f"- command: bench/run {' '.join(sys.argv[1:])}\n"
                 f"- median of {self.args.repeats} turns [lowest, highest]; load average at the "
                 f"start {load:.2f}")
        self.warn(self.most_foreign)

    def warn(self, foreign):
        self.most_foreign = max(self.most_foreign, foreign)
        if foreign > FOREIGN_MOST:
            print(f"bench/run: others keep {foreign:.1f} cores busy: the times mean little",
                  file=sys.stderr)

    def heading(self, name, work):
        self.say(f"\n### {name}: {' '.join(work.__doc__.split())}\n\n"
                 f"| {work.size_names} | ours | GFLOP/s | extra MiB | fastest peer | | extra MiB | "
                 "peer / ours | all but ours |\n|---|---|---|---|---|---|---|---|---|")

    def turn(self, name, size, who, repeat, seconds, load, foreign):
        self.csv.writerow((name, " ".join(map(str, size)), who, repeat, f"{seconds:.9g}",
                           f"{load:.2f}", f"{foreign:.2f}"))
        self.csv_file.flush()

    def line(self, line):
        self.warn(line["foreign"])
        timed = {c.who: c for c in line["contenders"] if c.seconds}
        medians = {who: statistics.median(c.seconds) for who, c in timed.items()}
        ours = timed.get("ours")
        others = sorted((who for who in timed if who != "ours"), key=medians.get)
        peers = [who for who in others if not who.startswith("ours")]

        def cell(contender):
            if contender is None:
                return ""
            return (f"{duration(medians[contender.who])} [{duration(min(contender.seconds))}, "
                    f"{duration(max(contender.seconds))}]")
        best = timed[peers[0]] if peers else None
        rate = f"{1e-9 * ours.flops / medians['ours']:.1f}" if ours and ours.flops else ""
        ratio = f"{medians[best.who] / medians['ours']:.2f}" if best and ours else ""
        self.say("| " + " | ".join((
            " ".join(map(str, line["size"])), cell(ours), rate, memory(ours.grown if ours else None),
            best.who if best else "", cell(best), memory(best.grown if best else None), ratio,
            ", ".join(f"{who} {duration(medians[who])}" for who in others))) + " |")
        for trouble in line["trouble"] + line["notes"]:
            print(f"bench/run: {line['work']} {line['size']}: {trouble}", file=sys.stderr)
        worst = {}
        for who, what, difference, allowed in line["checks"]:
            if what not in worst or not difference <= worst[what][1]:
                worst[what] = (who, difference, allowed)
        for what, (who, difference, allowed) in worst.items():
            print(f"  check: {what} differs by at most {difference:.1e} ({who}; allowed {allowed:.0e})")

    def epoch(self, text, data):
        with open(self.args.out / "epoch.md", "w", encoding="utf-8") as file:
            file.write(text)
        self.say(f"\n### epoch: one epoch of training on {data}, bench/epoch_vs_pytorch.py\n\n{text}")
