"""What the functions ask of a database."""

from typing import Any, NamedTuple, Protocol, Sequence


class Result(NamedTuple):
    """What a statement answered: the rows of a SELECT, and how many rows any other one changed."""

    rows: Sequence[Sequence[Any]]
    rows_affected: int


class Client(Protocol):
    """Runs a statement and commits it. Each `?` stands for the value at its place; what fails raises."""

    def execute(self, sql: str, args: Sequence[str], /) -> Result: ...
