"""``ostinato doctor``."""

from __future__ import annotations

import importlib.metadata

from ostinato._native.library import status
from ostinato._version import __version__
from ostinato.cli.console import show
from ostinato.datasets.cache import home

PACKAGES = ("numpy", "tokenizers", "pyarrow", "scikit-learn", "accelerate", "safetensors")
OPTIONAL = {
    "spacy": "spacy",
    "jieba": "chinese",
    "tensorboard": "tensorboard",
    "datasets": "datasets",
    "soundfile": "audio",
    "soxr": "audio",
    "kaldi-native-fbank": "audio",
    "jiwer": "audio",
    "pandas": "series",
    "holidays": "series",
    "statsforecast": "smoothing",
}


def doctor() -> None:
    """Tell versions, devices, and which kernels are in use and why."""
    import torch

    from ostinato.ops import dispatch
    from ostinato.tasks.environment import environment

    machine = environment()
    show(f"ostinato {__version__}, python {machine['python']}, torch {machine['torch']}")
    show(f"machine: {machine['platform']}, {machine['cpu']}, {machine['cpus']} processors")
    show(f"devices: cpu ({machine['threads']} threads), {machine['cuda'] or 'no CUDA device'}")
    show(f"packages: {', '.join(f'{name} {_version(name)}' for name in PACKAGES)}")
    for name, extra in OPTIONAL.items():
        found = _version(name)
        show(f"optional: {name} {found or f'not installed; pip install ostinato[{extra}]'}")
    native = status()
    where = f"{native.path}, instruction set {native.instruction_set}"
    show(f"native library: {where if native.loaded else f'not in use: {native.reason}'}")
    show(f"oneDNN: {'yes' if torch.backends.mkldnn.is_available() else 'no'}")
    for row in dispatch.explain():
        kinds = "/".join(row.dtypes)
        show(f"kernel: {row.cell} on {row.device} in {kinds}: {row.implementation}; {row.why}")
    show(f"home: {home()}")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
