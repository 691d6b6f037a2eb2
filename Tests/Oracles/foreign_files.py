"""Writes Tests/Scripts/tensors/files/foreign/: small files of NumPy, PyTorch, zlib and spreadsheets, and the golden
script beside the folder that reads each back exactly.
Run from the repository's root, with numpy, torch and safetensors installed: python3 Tests/Oracles/foreign_files.py
"""

import gzip
import io
import os
import struct
import zipfile
import zlib

import numpy as np
import torch
from safetensors.torch import save_file

FOLDER = "Tests/Scripts/tensors/files/foreign"
os.makedirs(FOLDER, exist_ok=True)
GRID = np.sin(np.arange(6) * 0.7 + 0.3).reshape(2, 3)
WHOLE = np.arange(24).reshape(2, 3, 4)
LINES = []


def write(name, data):
    with open(f"{FOLDER}/{name}", "wb") as out:
        out.write(data)


def array(data):
    out = io.BytesIO()
    np.save(out, data)
    return out.getvalue()


def packed(data):
    return gzip.compress(data, mtime=0)


def literal(value):
    if isinstance(value, str):
        return '"' + value.replace('"', '\\"') + '"'
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(literal(v) for v in value) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "b":
            text = str(value.tolist()).lower()
        else:
            text = str(value.tolist())
        dtype = {"b": "bool", "i": "i64", "u": "i64"}.get(
            value.dtype.kind, "f64" if value.dtype.itemsize == 8 else "f32")
        return f"tensor({text}, dtype={dtype})"
    return repr(value)


def check(call, value):
    LINES.append(f"check({literal(call)}, {call.replace('@', 'folder + ')}, {literal(value)})")


def load(name):
    return f'load(@"{name}")'


def npy(name, data, value=None):
    write(name, array(data))
    check(load(name), data if value is None else value)


# Both byte orders, both orders of elements, every type that is read.
npy("little.npy", GRID)
npy("big.npy", GRID.astype(">f8"), GRID)
npy("fortran.npy", np.asfortranarray(GRID), GRID)
npy("big-fortran.npy", np.asfortranarray(WHOLE.astype(">i2")), WHOLE)
for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"):
    values = np.array([0, 1, 100 if kind[0] == "u" else -100], dtype=kind)
    npy(f"{kind}.npy", values)
    write(f"big-{kind}.npy", array(values.astype(">" + kind)))
    check(load(f"big-{kind}.npy"), values)
halves = np.array([1.5, -0.25, 65504.0], dtype="f2")
npy("f2.npy", halves, halves.astype("f4"))
npy("big-f4.npy", GRID.astype(">f4"), GRID.astype("f4"))
npy("bool.npy", np.array([[True], [False]]))
write("none.npy", array(np.zeros((0, 3))))
check('load(@"none.npy").shape', (0, 3))
# Texts.
npy("texts.npy", np.array([["a", "bé"], ["", "日本語"]]), (("a", "bé"), ("", "日本語")))
npy("big-texts.npy", np.array(["a", "bc"]).astype(">U2"), ("a", "bc"))
npy("bytes.npy", np.array([b"x", b"yz"]), ("x", "yz"))
npy("fortran-texts.npy", np.asfortranarray([["a", "b"], ["c", "d"]]), (("a", "b"), ("c", "d")))
npy("word.npy", np.array("word"), "word")
# Archives.
np.savez(f"{FOLDER}/stored.npz", a=GRID, b=np.array(7))
np.savez_compressed(f"{FOLDER}/packed.npz", a=GRID, zeros=np.zeros((50, 50)), t=np.array(["x"]))
check('load(@"stored.npz").a', GRID)
check('load(@"packed.npz").a', GRID)
check('load(@"packed.npz").zeros.shape', (50, 50))
check('load(@"packed.npz").t', ("x",))
with zipfile.ZipFile(f"{FOLDER}/mixed.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    with archive.open("wide.npy", "w", force_zip64=True) as out:
        out.write(array(GRID))
    archive.writestr(zipfile.ZipInfo("folder/"), b"")
    archive.writestr(zipfile.ZipInfo("stored.npy"), array(WHOLE))
check('load(@"mixed.npz").wide', GRID)
check('load(@"mixed.npz").stored', WHOLE)
# gzip: one stream, and two with zeros behind them.
write("little.npy.gz", packed(array(GRID)))
check(load("little.npy.gz"), GRID)
whole = array(WHOLE)
write("two.npy.gz", packed(whole[:70]) + packed(whole[70:]) + bytes(30))
check(load("two.npy.gz"), WHOLE)
# PyTorch.
save_file({"w": torch.from_numpy(GRID), "half": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
           "n": torch.tensor([1, 2], dtype=torch.uint8)}, f"{FOLDER}/torch.safetensors")
check('load(@"torch.safetensors").w', GRID)
check('load(@"torch.safetensors").half', np.array([1.5, -2.0], dtype="f4"))
check('load(@"torch.safetensors").n', np.array([1, 2]))
with open(f"{FOLDER}/torch.safetensors", "rb") as file:
    write("torch.safetensors.gz", packed(file.read()))
check('load(@"torch.safetensors.gz").w', GRID)


def idx(code, data):
    extents = b"".join(struct.pack(">I", n) for n in data.shape)
    return bytes([0, 0, code, data.ndim]) + extents + data.astype(data.dtype.newbyteorder(">")).tobytes()


images = (WHOLE * 10).astype("u1")
write("train-images-idx3-ubyte", idx(8, images))
check(load("train-images-idx3-ubyte"), images)
write("train-images-idx3-ubyte.gz", packed(idx(8, images)))
check(load("train-images-idx3-ubyte.gz"), images)
write("t10k-labels.idx1-ubyte", idx(8, np.array([5, 0, 255], dtype="u1")))
check(load("t10k-labels.idx1-ubyte"), np.array([5, 0, 255]))
write("single.idx2", idx(0x0d, GRID.astype("f4")))
check(load("single.idx2"), GRID.astype("f4"))

# PNG: depths, kinds of colour, interlaced and not.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def scanlines(rows, depth):
    lines = []
    for row in rows:
        flat = row.reshape(-1)
        if depth == 16:
            data = flat.astype(">u2").tobytes()
        else:
            bits = "".join(format(int(v), f"0{depth}b") for v in flat)
            bits += "0" * (-len(bits) % 8)
            data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
        lines.append(b"\0" + data)
    return b"".join(lines)


def png(pixels, depth, color, interlaced=False, extra=b""):
    height, width = pixels.shape[:2]
    pixels = pixels.reshape(height, width, -1)
    parts = [pixels[y::dy, x::dx] for x, y, dx, dy in PASSES] if interlaced else [pixels]
    data = b"".join(scanlines(part, depth) for part in parts if part.size)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data))
            + chunk(b"IEND", b""))


GREY = np.arange(15).reshape(3, 5)
COLORS = np.arange(45).reshape(3, 5, 3) * 5
PALETTE = np.arange(48).reshape(16, 3)
for name, data, value in [
        ("grey-1", png(GREY % 2, 1, 0), GREY % 2 * 255), ("grey-2", png(GREY % 4, 2, 0), GREY % 4 * 85),
        ("grey-4-interlaced", png(GREY, 4, 0, True), GREY * 17), ("grey-8", png(GREY * 17, 8, 0), GREY * 17),
        ("grey-16", png(GREY * 4369, 16, 0), GREY * 17),
        ("colors-8", png(COLORS, 8, 2), COLORS), ("colors-8-interlaced", png(COLORS, 8, 2, True), COLORS),
        ("colors-16-interlaced", png(COLORS * 257, 16, 2, True), COLORS),
        ("grey-alpha", png(COLORS[..., :2], 8, 4), COLORS[..., :2]),
        ("alpha", png(np.arange(60).reshape(3, 5, 4), 8, 6), np.arange(60).reshape(3, 5, 4)),
        ("palette", png(GREY, 4, 3, False, chunk(b"PLTE", bytes(range(48)))), PALETTE[GREY]),
        ("gamma", png(GREY * 17, 8, 0, False, chunk(b"gAMA", struct.pack(">I", 100000))), GREY * 17),
        ("dot", png(np.array([[9]]), 8, 0), np.array([[9]])),
]:
    write(f"{name}.png", data)
    check(load(f"{name}.png"), value)


def table(name, text, *checks):
    write(name, text.encode() if isinstance(text, str) else text)
    for call, value in checks:
        check(call.replace("@", f'load(@"{name}")'), value)


# Tables of NumPy and of spreadsheets.
out = io.StringIO()
np.savetxt(out, GRID)
table("savetxt.csv", out.getvalue(), ("@", GRID))
out = io.StringIO()
np.savetxt(out, GRID, delimiter=",", header="x,y,z")
table("savetxt-names.csv", out.getvalue(), ("@.y", GRID[:, 1].copy()))
out = io.StringIO()
np.savetxt(out, GRID, delimiter=";", header="made by a program\nof two lines", footer="the end")
table("savetxt-comments.csv", out.getvalue(), ("@", GRID))
table("excel.csv", "\ufeffname;size;share\r\n\"a;b\";1;0.5\r\n\"say \"\"x\"\"\";2;\r\n",
      ("@.name", ("a;b", 'say "x"')), ("@.size", np.array([1, 2])))
table("told.csv", "sep=|\na|b\n1|2\n", ("@.b", np.array([2])))
table("tabs.tsv", "a\tb\n1\tx y\n2\t,\n", ("@.a", np.array([1, 2])), ("@.b", ("x y", ",")))
table("packed.tsv.gz", packed(b"1\t2\n3\t4\n"), ("@", np.array([[1, 2], [3, 4]])))

# What is sound and not read, and what is damaged.
UNREAD = []


def unread(name, data, message):
    write(name, data)
    said = message.split('"@" ')[-1].split('"@": ')[-1].split(' of "@", ')
    UNREAD.extend(f"check({literal(name)}, {literal(part)})" for part in [message.split(":")[0] + ":"] + said)


unread("complex.npy", array(np.array([1j])), 'io: "@" holds complex numbers, which are not read')
unread("objects.npy", array(np.array([None], dtype=object)),
       'io: "@" holds objects of Python, pickled, which are not read')
unread("structures.npy", array(np.array([(1, 2.0)], dtype=[("a", "i4"), ("b, [c", "f8")])),
       'io: "@" holds structures of several fields, which are not read')
unread("days.npy", array(np.array(["2020-01-01"], dtype="M8[D]")), 'io: "@" holds times, which are not read')
unread("long.npy", array(np.array([1], dtype=np.longdouble)),
       'io: "@" holds numbers of more than 64 bits, which are not read')
unread("large.npy", array(np.array([1, 2 ** 64 - 1], dtype="u8")),
       'value: 18446744073709551615, element 1 of "@", does not fit i64')
unread("twice.npy.gz", packed(packed(array(GRID))), 'io: "@" holds a gzip file, not a .npy array')
unread("packed.npy", packed(array(GRID)), 'io: "@" is a gzip file, not a .npy array')
unread("plain.npy.gz", array(GRID), 'io: "@" is a .npy array, not a gzip file')
unread("utf-16.csv", "a,b\n1,2\n".encode("utf-16"), 'io: "@" is a UTF-16 text, not a table')
unread("latin.csv", "a\né\n".encode("latin1"), 'io: cannot read "@": byte 2 is not UTF-8 text')
unread("photo.png", b"\xff\xd8\xff\xe0" + bytes(30), 'io: "@" is a JPEG picture, not a PNG picture')
unread("empty.npy", b"", 'io: "@" is empty, and no .npy array')
for name, entry, data, method, message in [
        ("lzma.npz", "a.npy", array(GRID), zipfile.ZIP_LZMA, 'io: "a.npy" in "@" is packed by LZMA, which is not read'),
        ("text.npz", "a.txt", b"hello", zipfile.ZIP_DEFLATED, 'io: "@" holds "a.txt", which is no .npy array')]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(entry, data)
    unread(name, out.getvalue(), message)
gz = packed(array(GRID))
unread("cut.npy.gz", gz[:-20], f'io: "@" is damaged: it ends at byte {len(gz) - 20}, before its packed data do')
unread("checksum.npy.gz", gz[:-8] + b"abcd" + gz[-4:],
       f'io: "@" is damaged: its packed data are wrong before byte {len(gz) - 4}: incorrect data check')
unread("rest.npy.gz", gz + b"rest", f'io: "@" is damaged: after its packed data, at byte {len(gz)}, come others')
grey = png(GREY, 8, 0)
unread("cut.png", grey[:-20], 'io: "@" is damaged: it ends too early, before byte 41')
unread("checksum.png", grey[:-16] + b"abcd" + grey[-12:],
       f'io: "@" is damaged: IDAT: CRC error, before byte {len(grey) - 12}')
header = struct.pack(">IIBBBBB", 2 ** 31 - 1, 2 ** 31 - 1, 8, 0, 0, 0, 0)
unread("huge.png", grey[:8] + chunk(b"IHDR", header) + grey[33:],
       f'io: "@" is damaged: it claims 2147483647 × 2147483647 pixels, more than its {len(grey)} bytes can hold')
unread("short-idx1-ubyte", bytes([0, 0, 8, 1, 0, 0, 0, 5, 1, 2]),
       'io: "@" is damaged: its elements of shape [5] need other than 2 bytes')

HEAD = """# Files that NumPy, PyTorch, zlib and spreadsheets wrote come back exactly; made by Tests/Oracles/foreign_files.py.
let folder = source_folder() + "/foreign/"
fn same(a, b) { type(a) == type(b) and (if type(a) == "Tensor" { a.dtype == b.dtype and array_equal(a, b) } else { a == b }) }
fn check(name, found, wanted) { if not same(found, wanted) { print(name, "is", repr(found), "not", repr(wanted)) } }
"""
with open("Tests/Scripts/tensors/files/foreign-files.mos", "w") as out:
    out.write(HEAD + "\n".join(LINES) + f'\nprint("{len(LINES)} checks")    # expect: {len(LINES)} checks\n')

HEAD = """# What is sound and of a kind that is not read says so; what is damaged says where. Made by
# Tests/Oracles/foreign_files.py.
let folder = source_folder() + "/foreign/"
fn check(name, said) {
  let found = try { repr(load(folder + name)) } catch e { "{e.kind}: {e.message}" }
  if not contains(found, said) { print(name, found, "and not", said) }
}
"""
with open("Tests/Scripts/tensors/files/foreign-files-not-read.mos", "w") as out:
    out.write(HEAD + "\n".join(UNREAD) + f'\nprint("{len(UNREAD)} checks")    # expect: {len(UNREAD)} checks\n')
