"""What bench/run makes of its results: read back, judged, published or refused. Counts in TAP.

usage: tests/bench_tables.py BENCH WORK      (the folder bench/, and one to write in)
"""

import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import goals  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402

work, count, failed = Path(sys.argv[2]), 0, 0


def that(name, holds):
    global count, failed
    count, failed = count + 1, failed + (not holds)
    print(f"{'ok' if holds else 'not ok'} {count} - {name}")


def header(run, **changes):
    return {"run": run, "cpu": "C", "cores": 2, "threads": 2, "system": "S", "version": "0", "simd":
            "portable", "commit": "c", "peers": "torch", "waiting": "", "strokes": "", "repeats": 5, **changes}


def line(run, name, size, seconds, foreign=0.0):
    """A line of contenders with these seconds, five turns each, ours 50 MiB."""
    timings = {who: results.Timing(who, [s * f for f in (1, 1.1, 0.9, 1.2, 0.8)], 10, "GFLOP", 50.0,
                                   "loss 1e-9; gradient 2e-8") for who, s in seconds.items()}
    return results.Line(name, size, run, foreign, timings)


def written(name, *parts):
    path = work / name
    path.mkdir(exist_ok=True)
    (path / "results.csv").unlink(missing_ok=True)
    for part in parts:
        (results.append_header if isinstance(part, dict) else results.append_line)(
            path / "results.csv", part)
    return path


def published(path):
    """Whether it was, and the page then."""
    page = work / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    return report.publish(path, page), page.read_text(encoding="utf-8")


paper = line("r1", "kl", (512, 15, 2), {"ours": 0.001, "torch_paper": 0.7, "torch_whole": 0.002})
large = line("r1", "kl", (65536, 64, 2), {"ours": 3.0, "torch_blocks_256": 9.0})
fine = written("fine", header("r1"), paper, large)
conditions, lines = results.read(fine / "results.csv")
back = lines["kl", (512, 15, 2)]
that("results_are_read_back", back.ours.median == 0.001 and back.ours.grown == 50 and
     back.timings["torch_paper"].check == "loss 1e-9; gradient 2e-8" and
     len(back.ours.seconds) == 5 and conditions["r1"]["repeats"] == 5)
that("fastest_peer_comes_first", back.peers()[0].who == "torch_whole")

table = goals.table(lines).splitlines()


def goal(start):
    return next(row for row in table if row.startswith(f"| {start}"))


that("goal_reached", goal("N = 512, D = 15").endswith("| 700x | yes |"))
that("goal_missed", goal("N = 65,536, D = 64: 5x").endswith("| 3x | **missed** |"))
that("goal_of_memory", goal("the same in 100 MiB").endswith("| 50 MiB | yes |"))
that("goal_not_measured", goal("AMI, n = 70,000").endswith("| not measured | |"))

good, page = published(fine)
that("quiet_lines_are_published", good and page.startswith("before\n") and page.endswith("after\n")
     and "\nold\n" not in page and "| 65536 64 2 | 3 s | 21.83 |" in page and "700x" in page and "--works kl`" in page)
lists = line("r1", "neighbours-lists", (200000, 64, 10), {"ours": 1.0, "ours_exact": 4.0, "faiss_ivf": 2.0})
lists.timings["faiss_ivf"].check = "recall 0.953, ours 0.951, below by 2.0e-03"
good, page = published(written("lists", header("r1"), lists))
that("recall_stands_in_the_table", good and "| 2.00 | faiss_ivf 2 s (recall 0.953, ours 0.951), ours_exact 4 s |"
     in page)
quick = line("r1", "kl", (16, 4, 2), {"ours": 1.0})
good, page = published(written("quick", header("r1"), paper, quick))
that("other_sizes_are_not_published", good and "| 16 4 2 |" not in page)
for name, parts in {
    "busy_lines_are_refused": (header("r1"), line("r1", "ami", (70000, 100), {"ours": 1}, 0.7)),
    "few_turns_are_refused": (header("r1", repeats=4), paper),
    "two_machines_are_refused": (header("r1"), paper, header("r2", cpu="D"),
                                 line("r2", "ami", (70000, 100), {"ours": 1})),
    "nothing_is_refused": (header("r1"),),
}.items():
    good, page = published(written(name, *parts))
    that(name, not good and "\nold\n" in page)
again = line("r2", "kl", (512, 15, 2), {"ours": 0.002, "torch_paper": 0.7})
_, lines = results.read(written("again", header("r1"), paper, header("r2"), again) / "results.csv")
that("later_run_takes_the_place", lines["kl", (512, 15, 2)].ours.median == 0.002 and
     "torch_whole" not in lines["kl", (512, 15, 2)].timings)

print(f"1..{count}")
sys.exit(failed > 0)
