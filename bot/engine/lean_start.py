"""Starts the engine without TensorFlow: `python -m bot.engine.lean_start run --model ...`.

Rasa imports every component it has, and with those that no pipeline of ours names comes TensorFlow:
300 MB of memory and most of the time to start. Here its modules are stand-ins: classes of Rasa can
be derived from theirs, but nothing can be made of them. Guarantee: a pipeline that needs TensorFlow
does not start, and the error says why.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Final

ABSENT: Final = frozenset(
    {"keras", "tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text"}
)


class LeftOut(ImportError):
    """Something needs a library that the engine does without."""


class _Kind(type):
    """The type of stand-ins: any attribute is another one, and what they decorate stays itself."""

    def __getattr__(cls, name: str) -> Any:
        return _stand_in(name)

    def __call__(cls, *values: Any, **named: Any) -> Any:
        if cls.__module__ != __name__:
            raise LeftOut(f"{cls.__qualname__} needs TensorFlow, which this engine leaves out")
        if len(values) == 1 and callable(values[0]) and not named:
            return values[0]
        return lambda decorated: decorated


class _StandIn(metaclass=_Kind):
    """A class or function of a library that is not there."""


def _stand_in(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Kind(name, (_StandIn,), {"__module__": __name__})


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return _stand_in(name)


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of libraries that are left out, and makes empty ones."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Ours, if the module belongs to a library that is left out."""
        if fullname.partition(".")[0] not in ABSENT:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """An empty module."""
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


def install() -> None:
    """From now on the libraries are stand-ins; those that are imported already stay."""
    if not any(isinstance(finder, StandIns) for finder in sys.meta_path):
        sys.meta_path.insert(0, StandIns())


def main() -> None:
    """Rasa's own command line, lean."""
    install()
    from rasa.__main__ import main as rasa_main

    rasa_main()


if __name__ == "__main__":
    main()
