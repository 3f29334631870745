"""Links, commands and blocks of Python in the README and the docs work.

The blocks run with stand-ins for what they take for granted: small images under the names that they
use, the files that they read, and settings that train in a moment.
"""

import re
import shlex
import unicodedata
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import typer
from markdown.extensions.toc import slugify
from PIL import Image

from napari_oneshot_color import Settings, colorize
from napari_oneshot_color.cli import app

ROOT = Path(__file__).parents[1]
SITE = ROOT / "docs"
ON_SITE = sorted(SITE.rglob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *ON_SITE]
REPOSITORY = re.compile(
    r"https://(?:raw\.githubusercontent\.com/(\w[\w-]*)/\1/main"
    r"|github\.com/(\w[\w-]*)/\2/(?:blob|tree)/main)/"
)
LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+?)\s*#*$", re.M)
COMMAND = re.compile(r"^ {4}napari-oneshot-color (.+)$", re.M)
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
SMALL = {
    "working_size": 64,
    "tile_size": 64,
    "lattice_stride": 32,
    "base_width": 4,
    "epochs": 1,
    "patches_per_epoch": 8,
    "device": "cpu",
    "threads": 1,
    "precision": "float32",
}


def named(page):
    return str(page.relative_to(ROOT))


def blocks(page):
    return [code for language, code in FENCED.findall(page.read_text()) if language == "python"]


PAGES_WITH_CODE = [page for page in PAGES if blocks(page)]


def prose(page):
    """Return a page's text without code blocks, where brackets are not links."""
    return re.sub(r"^(?: {4}.*|\t.*)$", "", FENCED.sub("", page.read_text()), flags=re.M)


def titles(page):
    """List the headings of a page as a reader sees them."""
    found = HEADING.findall(prose(page))
    return [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "") for title in found]


def github_slug(title):
    """Make the anchor that GitHub gives a heading."""
    kept = [
        letter
        for letter in title.lower()
        if letter in " -_" or unicodedata.category(letter)[0] in "LNM"
    ]
    return "".join(kept).replace(" ", "-")


def fault(page, link):
    """Return what is wrong with a link on a page, or None."""
    place, _, anchor = link.partition("#")
    ours = REPOSITORY.match(place)
    if ours:
        file = ROOT / place[ours.end() :]
    elif re.match(r"\w+:", place):
        return None
    else:
        file = (page.parent / place).resolve() if place else page
    if not file.exists():
        return f"{link}: there is no {file.name}"
    if anchor and anchor not in {github_slug(title) for title in titles(file)}:
        return f"{link}: GitHub makes no such anchor"
    if anchor and anchor not in {slugify(title, "-") for title in titles(file)}:
        return f"{link}: the site makes no such anchor"
    return None


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_have_targets(page):
    faults = [fault(page, link) for link in LINK.findall(prose(page))]
    assert not [sentence for sentence in faults if sentence]


@pytest.mark.parametrize(
    "link", ["docs/nowhere.md", "docs/large.md#nowhere", "#nowhere", "docs/images/nowhere.png"]
)
def test_a_broken_link_is_found(link):
    assert fault(ROOT / "README.md", link)


@pytest.mark.parametrize("page", ON_SITE, ids=named)
def test_pages_of_the_site_link_only_to_its_pages(page):
    links = [link for link in LINK.findall(prose(page)) if not re.match(r"\w+:|#", link)]
    places = [(page.parent / link.partition("#")[0]).resolve() for link in links]
    assert all(place.is_relative_to(SITE) for place in places)


def test_every_page_of_the_site_is_in_its_menu():
    told = re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text())
    pages = {str(page.relative_to(SITE)) for page in ON_SITE}
    assert set(told) == pages


def parsed(line):
    """Parse a command like a shell and the command line, without running it."""
    name, *arguments = shlex.split(line.partition(" > ")[0], comments=True)
    return typer.main.get_command(app).commands[name].make_context(name, arguments)


COMMANDS = [
    (named(page), line)
    for page in PAGES
    for line in COMMAND.findall(page.read_text().replace("\\\n", " "))
]


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_commands_in_the_docs_are_valid(page, line):
    parsed(line)


def test_an_invalid_command_is_found():
    with pytest.raises(Exception, match="No such option"):
        parsed("demo --faster")


@pytest.fixture(scope="module")
def stand_ins(scene, grey):
    """Make the objects that the blocks presuppose."""
    labels = np.zeros(grey.shape, np.int32)
    labels[8:12, 8:12] = 1
    labels[40:44, 40:44] = 2
    settings = Settings.preset("best", **SMALL)
    return {
        "source": scene,
        "front": scene,
        "side": scene[:, ::-1],
        "target": grey,
        "labels": labels,
        "result": colorize(scene, grey, settings),
    }


@pytest.fixture
def folder(stand_ins, tmp_path, monkeypatch):
    """Work in a folder with the files that the blocks read, with small presets."""
    monkeypatch.chdir(tmp_path)
    own = Settings.preset
    monkeypatch.setattr(
        Settings, "preset", lambda name, **changes: own(name, **{**SMALL, **changes})
    )
    stand_ins["result"].colorizer.save(tmp_path / "mine.safetensors")
    slices = da.from_array(np.resize(stand_ins["target"], (121, 64, 96)), chunks=(1, 64, 96))
    slices.to_zarr(tmp_path / "volume.zarr")
    Image.fromarray((255 * stand_ins["source"]).astype(np.uint8)).save(tmp_path / "source.png")
    return tmp_path


@pytest.mark.parametrize("page", PAGES_WITH_CODE, ids=named)
def test_python_blocks_run(page, folder, stand_ins):
    namespace = dict(stand_ins)
    for number, code in enumerate(blocks(page), 1):
        exec(compile(code, f"{named(page)}, block {number}", "exec"), namespace)


def test_pages_with_code_are_found():
    assert {"README.md", "docs/large.md"} <= {named(page) for page in PAGES_WITH_CODE}


@pytest.mark.parametrize("script", sorted((SITE / "gallery").glob("*.py")), ids=named)
def test_scripts_are_shown_with_their_pictures(script):
    text = script.with_suffix(".md").read_text()
    assert f"<!-- script: {script.name} -->" in text
    assert f"](../images/gallery/{script.stem}.jpg)" in text
    assert (SITE / "images" / "gallery" / f"{script.stem}.jpg").stat().st_size < 150_000
