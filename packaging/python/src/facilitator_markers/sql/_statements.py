"""The texts."""

from importlib.resources import files
from types import MappingProxyType
from typing import Mapping

_NAMES = ("ensure", "outcome", "due", "skipped", "report", "page", "last_page", "whole", "audit", "triggers")


def _text(name: str) -> str:
    file = files(__package__) / f"{name}.sql"
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RuntimeError(
            f"there is no {file}: packaging/sdist of the repository puts the statements into the package, so install what it has built"
        ) from None


statements: Mapping[str, str] = MappingProxyType({name: _text(name) for name in _NAMES})
"""Each statement by its name, for a loop of one's own."""
