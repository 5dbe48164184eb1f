"""Fast YAML reading, and the line of a place in a file when something is wrong there."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RuleFileError(ValueError):
    """A rule file that cannot be used: `path:line: reason`."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        """`line` counts from 1; 0 when the file itself is the problem."""
        super().__init__(f"{path}:{line}: {problem}")
        self.path, self.line, self.problem = path, line, problem


def read_yaml(path: Path, text: str) -> Any:
    """Parse `text`. Raises RuleFileError."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - both loaders are the safe ones
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not readable as YAML"
        raise RuleFileError(path, mark.line + 1 if mark else 0, problem) from None


def line_of(text: str, place: tuple[str | int, ...]) -> int:
    """The line where `place` (keys and list positions) stands; the deepest part that exists."""
    node = yaml.compose(text, Loader=_Loader)
    line = 1
    for step in place:
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = (node.value[step], node.value[step]) if step < len(node.value) else None
        if found is None:
            break
        line = found[0].start_mark.line + 1
        node = found[1]
    return line
