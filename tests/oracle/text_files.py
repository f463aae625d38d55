#!/usr/bin/env python3
"""Fixtures for the tests of CSV and of words, by Python's csv and unicodedata.

usage: tests/oracle/text_files.py tests/data/text
    quoted.csv  quoted.rows     fields with quotes, commas and line breaks; the fields as hex
    words.txt                   a text as hex, then its words as hex, a line each
"""
import csv
import io
import random
import sys
import unicodedata

# Default-ignorable characters that occur here; Python has no table of them.
IGNORED = "\u00ad\u034f\u200b\u200c\u200d\u2060\ufe0f\ufeff"


def hexed(text):
    return text.encode().hex() or "-"


def write_csv(folder, rng):
    alphabet = ["a", "B", '"', '""', ",", "\n", "\r\n", " ", ";", "é", "中", "𝒳", "'", "1", "\t"]
    rows = [["1", "plain", "row"], ["", "", ""], ["2", 'say ""so""', "a,b"]]
    for _ in range(200):
        rows.append(["".join(rng.choices(alphabet, k=rng.randrange(12))) for _ in range(3)])
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    for _ in range(100):  # without quotes where none are needed; no blanks around a field then
        row = ["".join(rng.choices(alphabet, k=rng.randrange(8))).strip() for _ in range(3)]
        rows.append(row)
        csv.writer(text, lineterminator="\n").writerow(row)
    raw = text.getvalue()
    assert list(csv.reader(io.StringIO(raw, newline=""))) == rows
    with open(f"{folder}/quoted.csv", "wb") as out:
        out.write(raw.encode())
    with open(f"{folder}/quoted.rows", "w") as out:
        for row in rows:
            out.write(" ".join(hexed(field) for field in row) + "\n")


def folded(text):
    while True:
        kept = "".join(c for c in text if c not in IGNORED)
        again = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", kept).casefold())
        if again == text:
            return text
        text = again


def words(text):
    parts = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded(text))
    return parts.split(" ")


def write_words(folder, rng):
    texts = [
        "The quick brown Fox, the FOX!",
        "Straße STRASSE straſse",
        "ﬁne ﬃ Ⅷ ① ½ x² ｆｕｌｌ",
        "Ελλάς ΕΛΛΆΣ σοφός",
        "İstanbul ISTANBUL ıstanbul",
        "co\u00adoperate zero\u200bwidth joi\u200dner",
        "e\u0301cole école E\u0301COLE",
        "don't state-of-the-art 3.14 a_b",
        "日本語のテキスト、中文。",
        "हिन्दी ภาษาไทย العربية עברית",
        "\ufeffmark first",
        "😀 smile 👩‍🚀",
        "",
        " .,;- ",
        "ᾳ ᾼ Ǆ ǆ",
        "Å Å å",
    ]
    codes = [c for c in range(0x20, 0x2fa20) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Cf", "Co")]
    # U+0345 folds to a letter, so the order of folding and reordering shows; utf8proc folds first.
    for _ in range(400):  # runs of a random place, so that scripts meet their own marks
        at = rng.randrange(len(codes) - 12)
        text = "".join(chr(c) for c in codes[at:at + 12] if not 0x115f <= c <= 0x1160 and not 0x17b4 <= c <= 0x17b5
                       and not 0x180b <= c <= 0x180f and c not in (0x345, 0x3164, 0xffa0, 0x34f)
                       and not 0xfe00 <= c <= 0xfe0f)
        texts.append(text)
    with open(f"{folder}/words.txt", "w") as out:
        for text in texts:
            out.write(hexed(text) + " : " + " ".join(hexed(w) for w in words(text) if w) + "\n")


write_csv(sys.argv[1], random.Random(1))
write_words(sys.argv[1], random.Random(2))
