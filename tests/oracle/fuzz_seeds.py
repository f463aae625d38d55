#!/usr/bin/env python3
"""Small whole files of the formats that fuzz/ has no other seeds of. Needs Pillow.

usage: tests/oracle/fuzz_seeds.py tests/data/fuzz
    grey.png rgb.png palette.png bits.png    8 bits, RGB, a palette, one bit
    grey.jpg rgb.jpg progressive.jpg
    batch.bin batch.tar                      one CIFAR-10 record, alone and as data_batch_1.bin
    table.csv table.tsv long.csv             labels and gaps; tabs; series in the long form
    series.ts
"""
import io
import pathlib
import sys
import tarfile

from PIL import Image


def pictures(folder):
    rgb = Image.new("RGB", (9, 6))
    rgb.putdata([(x * 28, y * 40, (x * y * 5) % 256) for y in range(6) for x in range(9)])
    grey = rgb.convert("L")
    grey.save(folder / "grey.png")
    rgb.save(folder / "rgb.png")
    rgb.quantize(8).save(folder / "palette.png")
    grey.convert("1").save(folder / "bits.png")
    grey.save(folder / "grey.jpg", quality=60)
    rgb.save(folder / "rgb.jpg", quality=60)
    rgb.save(folder / "progressive.jpg", quality=60, progressive=True)


def batches(folder):
    record = bytes([3]) + bytes((i * 7) % 256 for i in range(3072))
    (folder / "batch.bin").write_bytes(record)
    member = tarfile.TarInfo("cifar-10-batches-bin/data_batch_1.bin")
    member.size = len(record)
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(record))
    # Without the empty blocks at its end it is no longer than the fuzzers' -max_len.
    (folder / "batch.tar").write_bytes(whole.getvalue()[:4096])


def tables(folder):
    (folder / "table.csv").write_text(
        "label,class,age,height\na,1,3,1.5\nb,2,,1e2\na,1,-4,0\n\"c, d\",3,5,?\n")
    (folder / "table.tsv").write_text("1\t2\t0.5\n3\tNA\t-2\n")
    (folder / "long.csv").write_text("id,time,x,y\nu,1,0.5,2\nv,1,3,4\nu,2,1.5,\nv,0,7,8\n")
    (folder / "series.ts").write_text(
        "# made\n@problemName Two\n@timeStamps false\n@classLabel true up down\n@data\n"
        "1,2,3:10,20,30:up\n4:-5e-1:down\n7,?:9,10:up\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    pictures(folder)
    batches(folder)
    tables(folder)


if __name__ == "__main__":
    main()
