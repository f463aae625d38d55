#!/usr/bin/env python3
"""Small whole files of the formats that fuzz/ has no other seeds of. Needs Pillow.

usage: tests/oracle/fuzz_seeds.py tests/data/fuzz [RUN]
    grey.png rgb.png palette.png bits.png    8 bits, RGB, a palette, one bit
    grey.jpg rgb.jpg progressive.jpg
    batch.bin batch.tar                      one CIFAR-10 record, alone and as data_batch_1.bin
    table.csv table.tsv long.csv             labels and gaps; tabs; series in the long form
    series.ts
    folder.txt folder-splits.txt             what fuzz_image_folder makes folders of
    checkpoint.safetensors                   of the three parameters of fuzz_run
    made.bin                                 what fuzz_npz_made makes series of
With RUN, what discover left of a table a,b,kind by --labels kind -k 2 --epochs 2
--set network.layers="linear 2 relu target, linear out":
    model.safetensors clusters.safetensors recipe.ini history.csv scores.json
    schema.txt                               how the table was read, and a table
"""
import io
import json
import pathlib
import shutil
import struct
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
    # a zero byte is the end of the word beside it, too
    (folder / "zeros.csv").write_bytes(b'"1","a",nan' + bytes(40) + b'\n"2","b",nan\n')
    (folder / "table.tsv").write_text("1\t2\t0.5\n3\tNA\t-2\n")
    (folder / "long.csv").write_text("id,time,x,y\nu,1,0.5,2\nv,1,3,4\nu,2,1.5,\nv,0,7,8\n")
    (folder / "series.ts").write_text(
        "# made\n@problemName Two\n@timeStamps false\n@classLabel true up down\n@data\n"
        "1,2,3:10,20,30:up\n4:-5e-1:down\n7,?:9,10:up\n")


def folders(folder):
    (folder / "folder.txt").write_text("b/2.png P\na/1.png P\na/bad.jpg no image\nnotes.txt x\n")
    (folder / "folder-splits.txt").write_text("train/a/1.png P\ntrain/b/1.png P\ntest/b/2.png P\n")


def checkpoint(folder):
    columns = 9  # of the history, at least those of the first version
    tensors, data = {}, b""
    for name, dtype, shape, values in [
            ("other", "F64", [3], struct.pack("<3d", 1, 2, 3)),
            ("history", "F64", [1, columns], struct.pack(f"<{columns}d", *range(columns))),
            ("parameters", "F32", [3], struct.pack("<3f", 4, 5, 6))]:
        tensors[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    tensors["__metadata__"] = {"format": "forced-apart checkpoint 1", "epoch": "1", "best_epoch": "1", "adam_step": "2"}
    header = json.dumps(tensors).encode()
    header += b" " * (-len(header) % 8)
    (folder / "checkpoint.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)


def made(folder):
    def array(name, dtype, values, columns=0):  # as fuzz_npz_made reads it
        rows = len(values) // max(columns, 1)
        return bytes([name, dtype, rows, columns, 0, 0]) + bytes(values)
    (folder / "made.bin").write_bytes(bytes([2]) + array(0, 1, range(12), 3) + array(1, 4, [0, 1, 4])
                                      + array(2, 2, [7, 9]))


def left_by(folder, run):
    for name in ["model.safetensors", "clusters.safetensors", "recipe.ini", "history.csv", "scores.json"]:
        shutil.copy(run / name, folder / name)
    bytes_ = (run / "model.safetensors").read_bytes()
    metadata = json.loads(bytes_[8:8 + struct.unpack("<Q", bytes_[:8])[0]])["__metadata__"]
    (folder / "schema.txt").write_text(metadata["schema"].rstrip("\n") + "\n---\na,b,kind\n1.5,3,p\n2,,q\n0,1,p\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    pictures(folder)
    batches(folder)
    tables(folder)
    folders(folder)
    checkpoint(folder)
    made(folder)
    if len(sys.argv) > 2:
        left_by(folder, pathlib.Path(sys.argv[2]))


if __name__ == "__main__":
    main()
