"""What bench/run shows: the screen, OUT/results.md, and the tables of docs/performance.md."""

import platform
import re
import sys
import textwrap

import goals
import results
from works import WORKS

FOREIGN_MOST = 0.5  # cores
REPEATS_LEAST = 5
BEGIN, END = "<!-- bench/run: begin -->", "<!-- bench/run: end -->"


def cpu_name():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def warn(text):
    print(f"bench/run: {text}", file=sys.stderr, flush=True)


# ==== Cells ====


def duration(seconds):
    for unit, scale in (("s", 1), ("ms", 1e3)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def spread(timing):
    """Median [lowest, highest], and how many turns where they are not the usual number."""
    low, high = min(timing.seconds), max(timing.seconds)
    turns = "" if len(timing.seconds) >= REPEATS_LEAST else f", {len(timing.seconds)} turns"
    return f"{duration(timing.median)} [{duration(low)}, {duration(high)}{turns}]"


def rate(timing):
    if not timing.amount:
        return ""
    return f"{timing.rate:,.0f} {timing.unit}/s" if timing.rate >= 100 else (
        f"{timing.rate:.3g} {timing.unit}/s")


def memory(timing):
    return "" if timing.grown is None else f"{timing.grown:.1f}"


def wrapped(text, indent=""):
    return textwrap.fill(text, 120, subsequent_indent=indent, break_on_hyphens=False)


def heading(name):
    work = WORKS[name]
    told = wrapped(f"{' '.join(work.__doc__.split())} `bench/run --works {name}`")
    return (f"\n### {name}\n\n{told}\n\n"
            f"| {work.size_names} | ours | rate | MiB | fastest peer | its time | MiB | peer / ours | "
            "all but ours |\n|---|---|---|---|---|---|---|---|---|")


def told_recall(timing):
    """ (recall 0.953, ours 0.951), where the check of an approximate search has it."""
    found = re.search(r"recall [0-9.]+, ours [0-9.]+", timing.check)
    return f" ({found.group()})" if found else ""


def row(line):
    ours, peers = line.ours, line.peers()
    best = peers[0] if peers else None
    others = sorted((t for t in line.timings.values() if t.who != "ours"), key=lambda t: t.median)
    return "| " + " | ".join((
        " ".join(map(str, line.size)), spread(ours), rate(ours), memory(ours),
        best.who if best else "", spread(best) if best else "", memory(best) if best else "",
        f"{best.median / ours.median:.2f}" if best else "",
        ", ".join(f"{t.who} {duration(t.median)}{told_recall(t)}" for t in others))) + " |"


def growth(lines):
    """How the cost of L_multi by KL depends on its sizes, as rows of a table; none where there is no
    such line."""
    found = sorted((key[1], line.ours) for key, line in lines.items() if key[0] == "kl")
    limit = lines.get(("fma", (0,)))
    rows = ["\n### How the cost of L_multi grows\n\nWith every pair computed, time by pairs of one label "
            "and by columns is the same everywhere.\n",
            "| N D labels | time | ps by pair and column | three dense products, by fma |",
            "|---|---|---|---|"]
    for (n, d, labels), ours in found:
        share = f"{ours.rate / limit.ours.rate:.2f}" if limit else ""
        rows.append(f"| {n} {d} {labels} | {duration(ours.median)} | "
                    f"{1e12 * ours.median / (n * n / labels * d):.2f} | {share} |")
    return rows if found else []


def conditions_text(header):
    return wrapped(f"- {header['run']}: {header['cpu']}, {header['cores']} cores, {header['threads']} threads "
                   f"for every contender, {header['system']}; forced-apart {header['version']} at "
                   f"{header['commit']} ({header['simd']} kernels); {header['peers']}; {header['waiting']}; "
                   f"strokes of the epoch: {header['strokes']}", "  ")


# ==== Pages ====


def page(conditions, lines):
    """Everything measured, as Markdown: conditions, goals, a table for each work."""
    used = sorted({line.run for line in lines.values()})
    turns = min((conditions[run]["repeats"] for run in used), default=0)
    parts = [conditions_text(conditions[run]) for run in used]
    parts.append(f"- median of {turns} turns [lowest, highest]; others kept at most "
                 f"{max((line.foreign for line in lines.values()), default=0):.2f} cores busy")
    parts.append("\n### Goals\n\n" + goals.table(lines))
    for name, work in WORKS.items():
        sizes = [s for s in work.sizes if (name, s) in lines]
        sizes += sorted(s for w, s in lines if w == name and s not in work.sizes)
        if sizes:
            parts.append(heading(name))
            parts += [row(lines[name, size]) for size in sizes]
    parts += growth(lines)
    return "\n".join(parts) + "\n"


def why_not(conditions, lines):
    """What keeps these lines from being published; None if nothing does."""
    if not lines:
        return "nothing was measured at full size"
    headers = [conditions[run] for run in {line.run for line in lines.values()}]
    for what in ("cpu", "threads"):
        if len({h[what] for h in headers}) > 1:
            return f"the lines are of several kinds of {what}"
    if min(h["repeats"] for h in headers) < REPEATS_LEAST:
        return f"some lines are of fewer than {REPEATS_LEAST} turns (--repeats)"
    busy = [f"{line.work} {' '.join(map(str, line.size))} ({line.foreign:.1f})"
            for line in lines.values() if not line.foreign <= FOREIGN_MOST]
    if busy:
        return (f"others kept more than {FOREIGN_MOST} cores busy: {', '.join(busy)}; "
                "--resume measures these again")
    return None


def publish(out, target):
    """Puts all that OUT has of the full sizes between the two marks of a page. True if it did."""
    conditions, lines = results.read(out / "results.csv")
    lines = {key: line for key, line in lines.items() if key[1] in WORKS[key[0]].sizes}
    reason = why_not(conditions, lines)
    before, _, rest = target.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if reason is None and not end:
        reason = f"{target} has no {BEGIN} ... {END}"
    if reason is not None:
        warn(f"nothing published: {reason}")
        return False
    target.write_text(f"{before}{BEGIN}\n{page(conditions, lines)}{END}{after}", encoding="utf-8")
    return True
