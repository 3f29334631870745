"""The command ``apply``, which colours files with a trained colorizer."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from napari_oneshot_color.cli.console import err, say
from napari_oneshot_color.cli.options import LargestMegapixels
from napari_oneshot_color.cli.running import watch
from napari_oneshot_color.errors import BadFileError, DeviceError
from napari_oneshot_color.files import places

if TYPE_CHECKING:
    from napari_oneshot_color.batch.run import Summary

__all__ = ["apply"]

_PATIENCE = 20  # seconds that a scheduler has to answer


def apply(
    model: Annotated[Path, typer.Argument(help="The colorizer's file, as 'train' wrote it.")],
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET",
            help="Grey images, TIFF stacks, zarr, OME-Zarr, folders of them, or patterns such "
            "as 'scans/*.tif'.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the results; for a single target also a name that ends in .zarr.",
        ),
    ],
    key: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="N=FILE",
            help="An image of slice N of the stack in colour, counted from 0; can be given several "
            "times. The slices around it take their colours from it.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a run that was interrupted.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Allow existing results to be replaced.")
    ] = False,
    target_limits: Annotated[
        Optional[tuple[float, float]],  # noqa: UP045
        typer.Option(metavar="LOW HIGH", help="The target values that become black and white."),
    ] = None,
    target_luminance: Annotated[
        bool,
        typer.Option(
            "--target-luminance",
            help="Use the luminance of targets that are in colour, such as toned prints.",
        ),
    ] = False,
    largest_megapixels: LargestMegapixels = None,
    scheduler: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="ADDRESS",
            help="Address of a dask cluster that colours stacks, such as tcp://10.0.0.1:8786. Its "
            "workers must see the files under the same names; each uses its best device. "
            "Whoever runs the scheduler can run programs here: name only one that you trust.",
        ),
    ] = None,
    tls_ca: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--tls-ca",
            metavar="FILE",
            help="The certificate of who signed the cluster's: for a scheduler at tls://.",
        ),
    ] = None,
    tls_cert: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--tls-cert", metavar="FILE", help="Your own certificate for it."),
    ] = None,
    tls_key: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--tls-key", metavar="FILE", help="The key of your certificate."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="Where to compute: auto, cpu, cuda, cuda:1, mps.")
    ] = "auto",
) -> None:
    """Colour TARGETs with the colorizer in MODEL: one file or thousands, images or stacks."""
    if resume and overwrite:
        raise typer.BadParameter("Give either --resume or --overwrite, not both.")
    keys = dict(_key(one) for one in key or ())
    if len(keys) < len(key or ()):
        raise typer.BadParameter("Give each slice one key.", param_hint="--key")
    paths = [path for target in targets for path in _matching(target)]
    from napari_oneshot_color.batch.run import apply_files_steps  # torch takes a while to import
    from napari_oneshot_color.colorizer.colorizer import Colorizer

    colorizer = Colorizer.load(model, device=device)
    with _cluster(scheduler, (tls_ca, tls_cert, tls_key)) as client:
        steps_of = partial(
            apply_files_steps,
            colorizer,
            paths,
            output,
            limits=target_limits,
            luminance=target_luminance,
            resume=resume,
            overwrite=overwrite,
            client=client,
            keys=keys,
        )
        summary = watch(lambda stop: steps_of(stop=stop), err, "finished files are kept")
    _report(summary, output)


def _key(text: str) -> tuple[int, Path]:
    """Take apart what stands after ``--key``."""
    number, _, name = text.partition("=")
    if not (number.isascii() and number.isdecimal() and name):
        raise typer.BadParameter(
            f"'{text}' is no key. Write the slice's number, '=', and the file: 40=frame.png.",
            param_hint="--key",
        )
    return int(number), Path(name)


def _matching(target: str) -> Sequence[Path]:
    """List what a pattern stands for, where the shell has not done it."""
    path = Path(target)
    if not glob.has_magic(target) or places.is_there(path):
        return [path]
    found = sorted(glob.glob(target, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise BadFileError(f"No file matches '{target}'. Check the name.")
    return [Path(name) for name in found]


@contextmanager
def _cluster(address: str | None, tls: tuple[Path | None, ...]) -> Iterator[Any]:
    """Connect to a dask cluster; None without an address."""
    if any(tls) and not (all(tls) and address and address.startswith("tls://")):
        raise typer.BadParameter(
            "Give --tls-ca, --tls-cert and --tls-key together, and a --scheduler tls://ADDRESS."
        )
    if address is None:
        yield None
        return
    for file in filter(None, tls):
        places.check_file(file)
    try:
        from distributed import Client
        from distributed.security import Security
    except ImportError as error:
        raise DeviceError(
            "The option --scheduler needs the package 'distributed'. Install it with "
            'pip install "napari-oneshot-color[cluster]".'
        ) from error
    try:
        ca, certificate, key = (None if file is None else str(file) for file in tls)
        security = Security(  # what is not said here, dask's own configuration may say
            **({"require_encryption": True} if ca else {}),
            **(
                {"tls_ca_file": ca, "tls_client_cert": certificate, "tls_client_key": key}
                if ca
                else {}
            ),
        )
        client = Client(address, timeout=_PATIENCE, security=security)
    except (OSError, ValueError, ImportError, TypeError) as error:
        raise DeviceError(
            f"No dask scheduler answers at '{address}'. Start one, or check the address; it looks "
            "like tcp://10.0.0.1:8786. One with TLS, at tls://, needs certificates that it knows."
        ) from error
    from napari_oneshot_color.stacks.cluster import check_cluster

    with client:
        if not client.nthreads():
            raise DeviceError(f"The cluster at '{address}' has no workers. Start some.")
        check_cluster(client)
        yield client


def _report(summary: Summary, output: Path) -> None:
    """Say what became of the targets, and end the program as that deserves."""
    for path, sentence in summary.notes:
        say(sentence if f"'{path.name}'" in sentence else f"'{path.name}': {sentence}")
    for path, sentence in summary.failed:
        say(f"'{path}' was not coloured. {sentence}", err)
    parts = [f"{len(summary.done)} coloured"]
    parts += [f"{len(summary.skipped)} there already"] * bool(summary.skipped)
    parts += [f"{len(summary.failed)} failed"] * bool(summary.failed)
    say(f"{', '.join(parts)}. The results are in {output}")
    if summary.passed_over:
        others = len(summary.done) + len(summary.skipped) + len(summary.failed)
        names = ", ".join(one.name + "/" * one.is_dir() for one in summary.passed_over)
        count = len(summary.passed_over)
        say(f"{count} of {others + count} files were skipped: {names}.", err)
    if summary.stopped:
        say("Stopped before the end. Run the command again with --resume to continue.", err)
        raise typer.Exit(130)
    if summary.failed:
        raise typer.Exit(1)
