"""Sixty payloads of other formats: each would make a file, were it ever loaded the careless way."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import marshal
import pickle
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch


class _Call:
    """Unpickled, it calls."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


class _System:
    """`os.system`, by its C name."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        import os

        return os.system, (self.command,)


def _gadgets(marker: Path) -> dict[str, Any]:
    code = f"open({str(marker)!r}, 'w').close()"
    return {
        "eval": _Call(eval, code),
        "exec": _Call(exec, code),
        "open": _Call(open, str(marker), "w"),
        "os.system": _System(f"touch '{marker}'"),
    }


def pickles(marker: Path) -> Iterator[tuple[str, bytes]]:
    """Every protocol, four gadgets: 24."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for name, gadget in _gadgets(marker).items():
            yield f"pickle {protocol} {name}", pickle.dumps(gadget, protocol)


def _saved_by_torch(marker: Path) -> Iterator[tuple[str, bytes]]:
    gadget = _gadgets(marker)["exec"]
    for name, thing in (("alone", gadget), ("in a state dict", {"head.bias": torch.zeros(2), "x": gadget})):
        for zipped in (True, False):
            file = io.BytesIO()
            torch.save(thing, file, _use_new_zipfile_serialization=zipped)
            yield f"torch.save {name} {'zip' if zipped else 'legacy'}", file.getvalue()
    script = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), script)
    yield "TorchScript", script.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(script) as old, zipfile.ZipFile(changed, "w") as new:
        for item in old.namelist():
            new.writestr(item, pickle.dumps(gadget, 2) if item.endswith(".pkl") else old.read(item))
    yield "TorchScript with a pickle", changed.getvalue()


def _like_joblib(marker: Path) -> Iterator[tuple[str, bytes]]:
    data = pickle.dumps(_gadgets(marker)["exec"], 4)
    packers = {"zlib": zlib.compress, "gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
    for name, pack in packers.items():
        yield f"joblib {name}", pack(data)
    yield "joblib ZFile", b"ZF" + hex(len(data)).ljust(19).encode() + zlib.compress(data)


def _by_numpy(marker: Path) -> Iterator[tuple[str, bytes]]:
    things = np.array([_gadgets(marker)["exec"]], dtype=object)
    file, files = io.BytesIO(), io.BytesIO()
    np.save(file, things, allow_pickle=True)
    yield "npy of objects", file.getvalue()
    np.savez(files, weights=things)
    yield "npz of objects", files.getvalue()
    yield "npy with a header that calls", file.getvalue().replace(b"'descr': '|O'", b"'descr': exit")


def _as_text(marker: Path) -> Iterator[tuple[str, bytes]]:
    code = f"open({str(marker)!r}, 'w')"
    for tag in (
        "object/apply:builtins.eval",
        "object/apply:os.system",
        "object/new:builtins.exec",
        "name:builtins.eval",
    ):
        yield f"YAML {tag}", f"!!python/{tag} [{json.dumps(code)}]\n".encode()
    yield (
        "YAML aliases",
        b"a: &a [x, x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (i + 1, i + 1, i, i) for i in range(97, 120)),
    )
    for name, value in {
        "jsonpickle": {"py/reduce": [{"py/function": "builtins.eval"}, {"py/tuple": [code]}]},
        "jsonpickle object": {"py/object": "subprocess.Popen", "args": ["touch", str(marker)]},
        "auto_map": {"auto_map": {"AutoModel": "evil.Model"}, "trust_remote_code": True, "code": code},
        "class name": {"__class__": "os.system", "model": {"encoder": code}, "vocabulary_size": code},
        "Keras lambda": {"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__", "config": code}}},
        "hydra": {"_target_": "builtins.eval", "_args_": [code]},
        "a template": {"chat_template": "{{ cycler.__init__.__globals__.os.system('touch " + str(marker) + "') }}"},
    }.items():
        yield name, json.dumps(value).encode()
    yield "Python", code.encode()
    yield "a shell script", f"#!/bin/sh\ntouch '{marker}'\n".encode()
    yield "XML entities", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


def _other(marker: Path) -> Iterator[tuple[str, bytes]]:
    code = f"open({str(marker)!r}, 'w').close()"
    yield "marshal", marshal.dumps(compile(code, "x", "exec"))
    yield "a shared library", b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00" + bytes(200)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("__main__.py", code)
        archive.writestr("../../../marker", "x")
    yield "a zip of Python", package.getvalue()
    header = json.dumps({"__metadata__": {"code": code, "format": "pt", "pickle": pickle.dumps(code, 0).decode()}})
    yield "safetensors with a code", len(header).to_bytes(8, "little") + header.encode()
    yield "ONNX", b"\x08\x07\x12\x04evil" + code.encode()
    yield "HDF5", b"\x89HDF\r\n\x1a\n" + bytes(64) + code.encode()
    yield "GGUF", b"GGUF\x03\x00\x00\x00" + b"\xff" * 16 + code.encode()


def every(marker: Path) -> list[tuple[str, bytes]]:
    """All of them, by name."""
    found = [
        *pickles(marker),
        *_saved_by_torch(marker),
        *_like_joblib(marker),
        *_by_numpy(marker),
        *_as_text(marker),
        *_other(marker),
    ]
    assert len(found) == 60, len(found)
    return found
