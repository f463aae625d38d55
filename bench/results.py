"""results.csv: every turn of every run of bench/run, one run below the other.

A run begins by a comment, "# " and its conditions as JSON, among them "run", the time it began. The
columns:

  run            which of the comments holds
  work, size     the line
  who            the contender
  turn, seconds  one turn
  amount, unit   of work in it; amount / seconds is the rate
  extra_mib      what the first run took at most beside the inputs
  foreign_cores  cores that others kept busy during the line
  check          how far from ours its results were
"""

import csv
import json
import statistics
from dataclasses import dataclass, field

COLUMNS = ("run", "work", "size", "who", "turn", "seconds", "amount", "unit", "extra_mib",
           "foreign_cores", "check")


@dataclass
class Timing:
    """One contender of a line."""
    who: str
    seconds: list = field(default_factory=list)
    amount: float = 0
    unit: str = ""
    grown: float = None
    check: str = ""

    @property
    def median(self):
        return statistics.median(self.seconds)

    @property
    def rate(self):
        return self.amount / self.median


@dataclass
class Line:
    """One work at one size: contenders in the order of their first turns."""
    work: str
    size: tuple
    run: str
    foreign: float
    timings: dict = field(default_factory=dict)

    @property
    def ours(self):
        return self.timings.get("ours")

    def peers(self, start=""):
        """Those that are not ours and begin so, the fastest first."""
        found = [t for who, t in self.timings.items()
                 if not who.startswith("ours") and who.startswith(start)]
        return sorted(found, key=lambda t: t.median)


def append_header(path, conditions):
    new = not path.exists() or path.stat().st_size == 0
    with open(path, "a", newline="", encoding="utf-8") as file:
        if new:
            file.write(",".join(COLUMNS) + "\n")
        file.write("# " + json.dumps(conditions) + "\n")


def append_line(path, line):
    with open(path, "a", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        for t in line.timings.values():
            for turn, seconds in enumerate(t.seconds):
                rows.writerow((line.run, line.work, " ".join(map(str, line.size)), t.who, turn,
                               f"{seconds:.9g}", f"{t.amount:.9g}", t.unit,
                               "" if t.grown is None else f"{t.grown:.1f}", f"{line.foreign:.2f}",
                               t.check))


def read(path):
    """({run: conditions}, {(work, size): the Line of the last run that has it})."""
    conditions, lines = {}, {}
    if not path.exists():
        return conditions, lines
    with open(path, newline="", encoding="utf-8") as file:
        text = file.read().splitlines()
    for comment in (line for line in text if line.startswith("# ")):
        header = json.loads(comment[2:])
        conditions[header["run"]] = header
    for row in csv.DictReader(line for line in text if not line.startswith("# ")):
        size = tuple(map(int, row["size"].split()))
        line = lines.get((row["work"], size))
        if line is None or line.run != row["run"]:
            line = Line(row["work"], size, row["run"], float(row["foreign_cores"]))
            lines[row["work"], size] = line
        t = line.timings.setdefault(row["who"], Timing(
            row["who"], amount=float(row["amount"]), unit=row["unit"], check=row["check"],
            grown=float(row["extra_mib"]) if row["extra_mib"] else None))
        t.seconds.append(float(row["seconds"]))
    return conditions, lines
