"""The command ``rank``, which finds the best source for a target."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_oneshot_color.cli.console import err, say
from napari_oneshot_color.errors import BadFileError, OneshotColorError
from napari_oneshot_color.files.decoding import READABLE, read_image

if TYPE_CHECKING:
    from napari_oneshot_color.matching.ranking import Match, Ranking

__all__ = ["rank"]


@dataclass(frozen=True)
class _Candidate:
    """A file with its match with the target, or the reason why it cannot be a source."""

    path: Path
    match: Match | None = None
    problem: str | None = None

    @property
    def place(self) -> float:
        return self.match.score if self.match else -1.0

    def to_dict(self) -> dict[str, Any]:
        if self.match is None:
            return {"file": str(self.path), "score": None, "problem": self.problem}
        score = round(self.match.score, 4)
        return {"file": str(self.path), "score": score, "words": self.match.words}


def rank(
    target: Annotated[Path, typer.Argument(help="The grey image to colour.")],
    candidates: Annotated[
        list[Path], typer.Argument(help="Colour images, or folders of them.", metavar="CANDIDATES")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Sort CANDIDATES by how much they have in common with TARGET, the best source first."""
    wanted = read_image(target)
    paths = list(_files(candidates, target))
    if not paths:
        raise BadFileError("There is no candidate: the folders contain no image that can be read.")
    from napari_oneshot_color.matching.ranking import Ranking  # torch takes a while to import

    ranking = Ranking(wanted)
    found = []
    for number, path in enumerate(paths, start=1):
        found.append(_compared(ranking, path))
        if err.is_terminal:
            err.print(f"{number} of {len(paths)}", end="\r")
    found.sort(key=lambda one: one.place, reverse=True)
    if as_json:
        print(json.dumps([one.to_dict() for one in found], indent=2))  # noqa: T201
    else:
        _say(found)


def _say(found: Sequence[_Candidate]) -> None:
    for one in found:
        if one.match is not None:
            say(f"{one.match.score:.2f}  {one.match.words:<20}  {one.path}")
    for one in found:
        if one.problem is not None:
            say(f"'{one.path}' was skipped. {one.problem}")
    if found[0].match is None:
        raise BadFileError("None of the candidates can be used as a source.")
    say(f"The best is '{found[0].path.name}'. {found[0].match.advice}")


def _compared(ranking: Ranking, path: Path) -> _Candidate:
    from napari_oneshot_color.pair.prepare import Source

    try:
        return _Candidate(path, ranking.match(Source(read_image(path), path.name)))
    except OneshotColorError as error:
        return _Candidate(path, problem=str(error))


def _files(candidates: Sequence[Path], target: Path) -> Iterator[Path]:
    """Yield each file once; a folder stands for the images in it, except the target."""
    seen = set()
    for given in candidates:
        if not given.exists():
            raise BadFileError(f"There is no file '{given}'.")
        inside = [given]
        if given.is_dir():
            inside = [
                path
                for path in sorted(given.iterdir())
                if path.suffix.lower() in READABLE
                and not path.name.startswith(".")
                and path.is_file()
                and not path.samefile(target)
            ]
        for path in inside:
            if path.absolute() not in seen:
                seen.add(path.absolute())
                yield path
