"""Builds the C part of textrnn where there is a compiler for it; an installation without one is whole all the same."""

import importlib.util
import platform
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = {"textrnn": "textrnn", "pipelines": "pipelines", "configs": "textrnn/configs"}  # folder: place in a wheel
TRAINING_ALONE = ("configs/*.jsonl", "configs/*.csv", "textrnn/encoder/*.py")  # what textrnn-core has no use for


class NativeHook(BuildHookInterface):  # type: ignore[type-arg]
    """Libraries beside their sources; a wheel that holds them is for this machine's kind alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a wheel, or an editable installation, is put together."""
        tree = next(folder for folder in (Path(self.root), *Path(self.root).parents) if (folder / "textrnn").is_dir())
        path = tree / "textrnn" / "kernels" / "build.py"
        spec = importlib.util.spec_from_file_location("textrnn_native_build", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        built, why = module.build()
        if why:
            self.app.display_warning(f"textrnn: the faster part in C is not built: {why}")
        for_browsers, _ = module.build_wasm()  # what `export --html` lacks without it, that says
        if version != "editable":
            build_data["artifacts"] += [f"/textrnn/kernels/{path.name}" for path in for_browsers]
        if built and version != "editable":
            build_data["pure_python"] = False
            build_data["infer_tag"] = False
            build_data["tag"] = f"py3-none-{_platform(module.MIN_MACOS_VERSION)}"
            build_data["artifacts"] += [f"/textrnn/kernels/{library.name}" for library in built]
        if tree != Path(self.root):  # textrnn-core, which has a folder of its own and the files of the whole
            build_data["force_include"] |= _files(tree, {library.name for library in (*built, *for_browsers)})


def _files(tree: Path, libraries: set[str]) -> dict[str, str]:
    """The files of textrnn-core by path, with their places in the wheel; of compiled ones the `libraries` alone."""
    found = {}
    for folder, place in PACKAGES.items():
        for path in sorted((tree / folder).rglob("*")):
            compiled = path.suffix in (".so", ".dylib", ".dll", ".wasm") and path.name not in libraries
            unused = any(path.relative_to(tree).match(pattern) for pattern in TRAINING_ALONE)
            if path.is_file() and path.suffix != ".pyc" and not compiled and not unused:
                found[str(path)] = f"{place}/{path.relative_to(tree / folder).as_posix()}"
    return found


def _platform(macos: str) -> str:
    """The platform's part of the tag. `macos` is the first macOS that the libraries run on, for this machine alone."""
    if sys.platform == "darwin":
        return f"macosx_{macos.replace('.', '_')}_{platform.machine()}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
