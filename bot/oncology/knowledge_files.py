"""Loads knowledge files into dataclasses; a mistake names the file, the line and the field.

    @dataclass(frozen=True)
    class Flag:
        id: str
        phrases: tuple[str, ...]
        review: Literal["pending", "approved"] = "pending"

    flags = load(KNOWLEDGE / "red_flags.yml", dict[str, Flag])

A schema is a type: a dataclass, `str`, `int`, `float`, `bool`, `date`, `Literal[...]`, an enum,
`tuple[X, ...]`, `list[X]`, `frozenset[X]`, `dict[str, X]`, a union with `None`, or `Any`.
Where text is expected the characters as written are kept, so `no` and `3.10` stay text.
A single text is accepted where a sequence of texts is expected.
"""

from __future__ import annotations

import gc
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from difflib import get_close_matches
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import yaml

T = TypeVar("T")

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def set_apart() -> None:
    """What is loaded stays: looking for garbage among it would hold answers up, again and again."""
    gc.collect()
    gc.freeze()


class KnowledgeError(ValueError):
    """A knowledge file does not say what it should; the message names file, line and field."""

    def __init__(self, path: Path, line: int, field: str, problem: str) -> None:
        self.path, self.line, self.field = path, line, field
        super().__init__(f"{path}:{line}: {field or 'file'}: {problem}")


def load(path: Path, schema: type[T]) -> T:
    """Read one YAML file as `schema`; raises KnowledgeError."""
    return typing.cast(T, _File(path).read(schema))


def load_folder(folder: Path, schema: type[T]) -> dict[Path, T]:
    """Every `*.yml` of a folder, by path, in order of file name; raises KnowledgeError."""
    found = sorted(folder.glob("*.yml"))
    if not found:
        raise KnowledgeError(folder, 0, "", "no .yml file in this folder")
    return {path: load(path, schema) for path in found}


class _File:
    """One file being read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise KnowledgeError(path, 0, "", error.strerror or "cannot be read") from None
        self._loader = _Loader(text)

    def read(self, schema: Any) -> Any:
        try:
            node = self._loader.get_single_node()
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or "not readable as YAML"
            raise KnowledgeError(self.path, mark.line + 1 if mark else 0, "", problem) from None
        if node is None:
            raise KnowledgeError(self.path, 1, "", "the file is empty")
        return self.convert(node, schema, "")

    def fail(self, node: yaml.Node, field: str, problem: str) -> KnowledgeError:
        return KnowledgeError(self.path, node.start_mark.line + 1, field, problem)

    def convert(self, node: yaml.Node, schema: Any, field: str) -> Any:
        if schema is Any:
            return self._loader.construct_object(node, deep=True)
        if is_dataclass(schema):
            return self._dataclass(node, schema, field)
        origin = get_origin(schema)
        if origin is None:
            return self._plain(node, schema, field)
        if origin is Literal:
            return self._literal(node, get_args(schema), field)
        if origin in (Union, types.UnionType):
            return self._union(node, get_args(schema), field)
        if origin is dict:
            return self._dict(node, get_args(schema)[1], field)
        if origin in (tuple, list, frozenset, set):
            return self._sequence(node, schema, origin, field)
        raise TypeError(f"schema not supported: {schema!r}")

    def _dataclass(self, node: yaml.Node, schema: Any, field: str) -> Any:
        wanted, hints = _shape(schema)
        values: dict[str, Any] = {}
        for key, key_node, value in self._pairs(node, field):
            at = f"{field}.{key}" if field else key
            if key not in wanted:
                near = get_close_matches(key, wanted, n=1)
                known = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(wanted)}"
                raise self.fail(key_node, at, f"no such field; {known}")
            values[key] = self.convert(value, hints[key], at)
        for name, spec in wanted.items():
            if name not in values and _required(spec):
                raise self.fail(node, f"{field}.{name}" if field else name, "is missing")
        try:
            return schema(**values)
        except (TypeError, ValueError) as error:
            raise self.fail(node, field, str(error)) from None

    def _pairs(self, node: yaml.Node, field: str) -> list[tuple[str, yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, field, f"should be a mapping, is {_kind(node)}")
        pairs: list[tuple[str, yaml.Node, yaml.Node]] = []
        seen: set[str] = set()
        for key_node, value in node.value:
            key = str(key_node.value)
            if key in seen:
                raise self.fail(key_node, f"{field}.{key}" if field else key, "is given twice")
            seen.add(key)
            pairs.append((key, key_node, value))
        return pairs

    def _dict(self, node: yaml.Node, schema: Any, field: str) -> dict[str, Any]:
        return {
            key: self.convert(value, schema, f"{field}.{key}" if field else key)
            for key, _, value in self._pairs(node, field)
        }

    def _sequence(self, node: yaml.Node, schema: Any, origin: Any, field: str) -> Any:
        inner = get_args(schema)[0]
        if isinstance(node, yaml.ScalarNode) and inner is str and node.value:
            return origin([node.value])
        if not isinstance(node, yaml.SequenceNode):
            raise self.fail(node, field, f"should be a list, is {_kind(node)}")
        if inner is str and all(isinstance(item, yaml.ScalarNode) for item in node.value):
            return origin([item.value for item in node.value])
        return origin(
            [self.convert(item, inner, f"{field}[{n}]") for n, item in enumerate(node.value)]
        )

    def _union(self, node: yaml.Node, schemas: tuple[Any, ...], field: str) -> Any:
        if type(None) in schemas and node.tag == "tag:yaml.org,2002:null":
            return None
        failure: KnowledgeError | None = None
        for schema in schemas:
            if schema is type(None):
                continue
            try:
                return self.convert(node, schema, field)
            except KnowledgeError as error:
                failure = failure or error
        raise failure or self.fail(node, field, "has no allowed type")

    def _literal(self, node: yaml.Node, allowed: tuple[Any, ...], field: str) -> Any:
        for value in allowed:
            if isinstance(node, yaml.ScalarNode) and node.value == str(value):
                return value
        told = ", ".join(str(value) for value in allowed)
        raise self.fail(node, field, f"should be one of: {told}; is {_kind(node)}")

    def _plain(self, node: yaml.Node, schema: Any, field: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            raise self.fail(node, field, f"should be {schema.__name__}, is {_kind(node)}")
        if schema is str:
            return node.value
        reader = _PLAIN.get(schema)
        try:
            return reader(node.value) if reader else schema(node.value)
        except (KeyError, ValueError):
            if isinstance(schema, type) and issubclass(schema, Enum):
                told = "one of: " + ", ".join(str(member.value) for member in schema)
            else:
                told = schema.__name__
            raise self.fail(node, field, f"should be {told}, is {_kind(node)}") from None


_PLAIN: dict[Any, Callable[[str], Any]] = {
    bool: lambda text: {"true": True, "yes": True, "false": False, "no": False}[text.lower()],
    date: date.fromisoformat,
}


@cache
def _shape(schema: Any) -> tuple[dict[str, Field[Any]], dict[str, Any]]:
    """The fields a dataclass is made from, and their resolved types."""
    hints = typing.get_type_hints(schema)
    return {f.name: f for f in fields(schema) if f.init}, hints


def _required(spec: Field[Any]) -> bool:
    return spec.default is MISSING and spec.default_factory is MISSING


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value)
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
