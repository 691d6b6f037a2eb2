"""Writes Tests/TensorsTests/FileOracle.swift: files of numpy and safetensors as bytes.
Run from the repository's root, with both installed: python3 Tests/Oracles/files.py
"""

import io
import struct

import numpy as np
from safetensors.numpy import save


def bfloat16(values):
    """A safetensors file by hand: numpy has no bfloat16."""
    data = b"".join(struct.pack("<f", v)[2:] for v in values)
    header = '{"x":{"dtype":"BF16","shape":[%d],"data_offsets":[0,%d]}}' % (len(values), len(data))
    return struct.pack("<Q", len(header)) + header.encode() + data


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return out.getvalue()


def npz(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def npz_compressed(**arrays):
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


GRID = np.arange(6, dtype=np.float64).reshape(2, 3)
HALVES = np.array([1.5, -0.0, 6.0e-8, 65504.0, np.inf, np.nan], dtype=np.float16)
FILES = {
    "safetensors": save(
        {"weight": GRID, "narrow": np.array([0.1], dtype=np.float32), "count": np.array(7),
         "flags": np.array([True, False, True]), "none": np.zeros((0, 3)), "half": HALVES,
         "bytes": np.array([0, 255], dtype=np.uint8), "short": np.array([-2, 3], dtype=np.int16),
         "signed": np.array([-128, 127], dtype=np.int8), "int": np.array([-5], dtype=np.int32)},
        metadata={"format": "np", "note": 'a "b" \u03b8'}),
    "bfloat16": bfloat16([1.0, -2.5, float("inf"), 2.0 ** -130]),
    "npy": npy(GRID),
    "npyFortran": npy(np.asfortranarray(GRID)),
    "npyVersion2": npy(GRID.astype(np.float32), (2, 0)),
    "npyVersion3": npy(np.array([[1], [-2]]), (3, 0)),
    "npyScalar": npy(np.array(2.5)),
    "npyEmpty": npy(np.zeros((0, 3))),
    "npyBools": npy(np.array([True, False])),
    "npyHalves": npy(HALVES),
    "npyBigEndian": npy(GRID.astype(">f8")),
    "npyText": npy(np.array(["a", "bc"])),
    "npyComplex": npy(np.array([1j])),
    "npyStructures": npy(np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])),
    "npyObjects": npy(np.array([None], dtype=object)),
    "npyLarge": npy(np.array([1, 2 ** 64 - 1], dtype=np.uint64)),
    "npz": npz(weight=GRID, count=np.array(7)),
    "npzCompressed": npz_compressed(weight=GRID),
}

with open("Tests/TensorsTests/FileOracle.swift", "w") as out:
    print("// Files of other programs; made by Tests/Oracles/files.py.\n", file=out)
    print("enum FileOracle {", file=out)
    for index, (name, data) in enumerate(FILES.items()):
        print(("\n" if index else "") + f"  static let {name}: [UInt8] = [", file=out)
        for i in range(0, len(data), 16):
            print("    " + ", ".join(str(b) for b in data[i:i + 16]) + ",", file=out)
        print("  ]", file=out)
    print("}", file=out)
