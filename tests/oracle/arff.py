#!/usr/bin/env python3
"""ARFF files and what scipy.io.arff reads out of them: tests/data/arff/*.arff and figures.txt (tests/test_arff.c).

A line of figures.txt: the file, rows, then a column each: a sum, or of words their counts.
usage: tests/oracle/arff.py    (scipy 1.10 and later; writes the same bytes each time)
"""
import pathlib
import numpy as np
from scipy.io import arff

folder = pathlib.Path(__file__).parent.parent / "data" / "arff"
folder.mkdir(exist_ok=True)
draw = np.random.default_rng(20)


def write(name, head, rows):
    (folder / name).write_text(head + "@data\n" + "".join(row + "\n" for row in rows))


numbers = draw.normal(size=(12, 3)).round(4)
write("plain.arff", "% made by tests/oracle/arff.py\n@relation plain\n@attribute a numeric\n@attribute 'b c' REAL\n"
      "@ATTRIBUTE d Integer\n@attribute e {x, y, z}\n@attribute class {yes,no}\n",
      [f"{a},{b},{round(c * 10)},{['x', 'y', 'z'][i % 3]},{['yes', 'no'][i % 5 == 0]}"
       for i, (a, b, c) in enumerate(numbers)])
write("missing.arff", "@relation missing\n@attribute a numeric\n@attribute b numeric\n",
      ["1.5,2", "?,3", "% a remark", "2.5, 4.25", "-1e3,?"])
write("dates.arff", "@relation dates\n@attribute when date 'yyyy-MM-dd HH:mm:ss'\n@attribute v numeric\n",
      [f"'2021-03-{28 - 2 * i:02d} 0{i}:30:{i:02d}',{i * i}" for i in range(9)])
write("series.arff", "@relation series\n@attribute bag relational\n"
      + "".join(f"  @attribute t{i} numeric\n" for i in range(4)) + "@end bag\n@attribute class {up,down}\n",
      ["'" + "\\n".join(",".join(f"{v:.3f}" for v in dimension) for dimension in draw.normal(size=(3, 4)))
       + f"',{['up', 'down'][i % 2]}" for i in range(5)])

lines = []
for name in ("plain", "missing", "dates", "series"):
    data, meta = arff.loadarff(folder / f"{name}.arff")
    fields = []
    for column in meta.names():
        values = data[column]
        kind = meta[column][0]
        if kind == "nominal":
            fields.append(" ".join(f"{word}:{count}" for word, count in
                                   zip(*np.unique(values.astype(str), return_counts=True))))
        elif kind == "date":
            fields.append(repr(float(values.astype("datetime64[s]").astype("int64").sum())))
        elif kind == "relational":  # a sum a dimension
            fields.append(" ".join(repr(float(sum(sum(row[k][j] for j in range(4)) for row in values)))
                                   for k in range(3)))
        else:
            fields.append(repr(float(np.nansum(values))))
    lines.append("\t".join([name, str(len(data))] + fields))
(folder / "figures.txt").write_text("\n".join(lines) + "\n")
