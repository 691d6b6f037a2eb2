"""Has Mos write files of every kind and reads them with NumPy, safetensors, gzip and zlib; says what differs.
Run from the repository's root, with numpy and safetensors installed: python3 Tests/Oracles/read_back.py .build/release/mos
"""

import csv
import gzip
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np
from safetensors.numpy import load as load_safetensors

PROGRAM = """
let grid = ((arange(6) - 2) / 7.0).reshape(2, 3)
let bytes = arange(24).reshape(2, 3, 4) * 10
for end in ("", ".gz") {
    save(grid, "grid.npy" + end)
    save(grid.T.to(f32), "turned.npy" + end)
    save(grid > 0.0, "flags.npy" + end)
    save(tensor(7), "one.npy" + end)
    save(zeros(0, 3), "none.npy" + end)
    save({a: grid, "b/c": bytes}, "stored.npz" + end)
    save({a: grid, b: zeros(300, 300)}, "packed.npz" + end, compress=true)
    save({w: grid, n: bytes, t: [true]}, "tree.safetensors" + end)
    save(grid, "grid.csv" + end)
    save(grid, "grid.tsv" + end)
    save({x: [1, 2], "a,b": ("x;y", "say \\"z\\"")}, "names.csv" + end)
    save({a: (1, 2.5, "x")}, "tree.json" + end)
    save(bytes, "images-idx3-ubyte" + end)
    save(bytes[0], "grey.png" + end)
    save(stack([bytes[0], bytes[1], bytes[0]], axis=2), "colors.png" + end)
    save(stack([bytes[0], bytes[1]], axis=2), "grey-alpha.png" + end)
    save(ones(2, 2, 4), "alpha.png" + end)
}
"""
GRID = ((np.arange(6) - 2) / 7).reshape(2, 3)
BYTES = np.arange(24).reshape(2, 3, 4) * 10
COUNT = 0


def same(name, found, wanted):
    global COUNT
    COUNT += 1
    ok = np.array_equal(found, wanted) and getattr(found, "dtype", None) == getattr(wanted, "dtype", None)
    if not ok:
        sys.exit(f"{name}: {found!r}, not {wanted!r}")


def pixels(data):
    """The samples of a PNG file of bytes that is not interlaced."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, packed = 8, b""
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 8:place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length:][:4])[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            width, height, depth, color, *rest = struct.unpack(">IIBBBBB", body)
            assert depth == 8 and not any(rest)
        packed += body if kind == b"IDAT" else b""
        place += 12 + length
    assert kind == b"IEND"
    channels = {0: 1, 4: 2, 2: 3, 6: 4}[color]
    raw, row = zlib.decompress(packed), width * channels
    lines = np.zeros((height + 1, row + channels), dtype=int)
    for y in range(height):
        how, *line = raw[y * (row + 1):(y + 1) * (row + 1)]
        for x, value in enumerate(line):
            left, up, corner = lines[y + 1, x], lines[y, x + channels], lines[y, x]
            nearest = min((left, up, corner), key=lambda v: abs(left + up - corner - v))
            lines[y + 1, x + channels] = (value + [0, left, up, (left + up) // 2, nearest][how]) % 256
    samples = lines[1:, channels:].reshape(height, width, channels)
    return samples[..., 0] if channels == 1 else samples


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([os.path.abspath(sys.argv[1]), "-e", PROGRAM],
                   cwd=folder, check=True)
    for end, opened in (("", open), (".gz", gzip.open)):
        def read(name):
            with opened(f"{folder}/{name}{end}", "rb") as file:
                return file.read()

        def load(name):
            with opened(f"{folder}/{name}{end}", "rb") as file:
                found = np.load(file)
                return {key: found[key] for key in found} if name.endswith("npz") else found

        same("grid.npy", load("grid.npy"), GRID)
        same("turned.npy", load("turned.npy"), GRID.T.astype("f4"))
        same("flags.npy", load("flags.npy"), GRID > 0)
        same("one.npy", load("one.npy"), np.array(7))
        same("none.npy", load("none.npy"), np.zeros((0, 3)))
        same("stored.npz", load("stored.npz")["a"], GRID)
        same("stored.npz", load("stored.npz")["b/c"], BYTES)
        same("packed.npz", load("packed.npz")["a"], GRID)
        same("packed.npz", load("packed.npz")["b"], np.zeros((300, 300)))
        tree = load_safetensors(read("tree.safetensors"))
        same("safetensors w", tree["w"], GRID)
        same("safetensors n", tree["n"], BYTES)
        same("safetensors t", tree["t"], np.array([True]))
        same("grid.csv", np.loadtxt(f"{folder}/grid.csv{end}", delimiter=","), GRID)
        same("grid.tsv", np.loadtxt(f"{folder}/grid.tsv{end}", delimiter="\t"), GRID)
        rows = list(csv.reader(read("names.csv").decode().splitlines()))
        same("names.csv", rows, [["x", "a,b"], ["1", "x;y"], ["2", 'say "z"']])
        same("tree.json", json.loads(read("tree.json"))["a"], [1, 2.5, "x"])
        images = read("images-idx3-ubyte")
        same("idx", np.frombuffer(images[:16], ">u4"), np.array([0x803, 2, 3, 4], ">u4"))
        same("idx", np.frombuffer(images[16:], "u1").reshape(2, 3, 4), BYTES.astype("u1"))
        same("grey.png", pixels(read("grey.png")), BYTES[0])
        same("colors.png", pixels(read("colors.png")), np.stack([BYTES[0], BYTES[1], BYTES[0]], axis=2))
        same("grey-alpha.png", pixels(read("grey-alpha.png")), np.stack([BYTES[0], BYTES[1]], axis=2))
        same("alpha.png", pixels(read("alpha.png")), np.full((2, 2, 4), 255))
print(f"{COUNT} files and arrays are read back")
