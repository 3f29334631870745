"""Slices that the user gives in colour: layers that are added, checked, removed and looked at."""

import numpy as np
import pytest
import zarr
from moving_films import looking_colorizer, tiny_film
from qtpy.QtWidgets import QAbstractButton

from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.plugin.forms.form_parts import CONTROLS
from napari_oneshot_color.plugin.layers.snapshot import truth_metadata
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.stacks.lazy import colorize_stack

PLUGIN = "napari-oneshot-color"
FRAMES = 5
LIMITS = (0, 1)


@pytest.fixture(scope="module")
def film():
    """Frames in colour as bytes, and their grey."""
    colors, grey = tiny_film(FRAMES)
    return np.rint(colors * 255).astype(np.uint8), grey


@pytest.fixture(scope="module")
def looking():
    return looking_colorizer(tiny_film(1, seed=9)[0][0])


@pytest.fixture
def tab(viewer, film, looking, open_widget, shown):
    """The tab with a film, two of its frames in colour, and a colorizer that looks at them."""
    colors, grey = film
    viewer.add_image(grey, name="film", contrast_limits=LIMITS)
    for number in (0, 4):
        viewer.add_image(colors[number], rgb=True, name=f"frame {number}")
    Session.of(viewer).add_colorizer("looking", looking)
    tab = shown(open_widget("Apply to more images"))
    tab.target.value = viewer.layers["film"]
    tab.keys.unfold()
    return tab


@pytest.fixture
def add(viewer, tab, click, until):
    """Turn to a slice, choose a layer, click, and wait for the answer."""

    def add_one(name, number):
        viewer.dims.set_current_step(0, number)
        until(lambda: tab.keys.number.value == number)
        tab.keys.layer.value = viewer.layers[name]
        click(tab.keys.add_button)
        until(tab.keys.add_button.isEnabled)

    return add_one


@pytest.fixture
def both(add):
    add("frame 4", 4)
    add("frame 0", 0)


def listed(tab):
    rows = [row.label for _, row in sorted(tab.keys.rows.items())]
    return [label.toolTip() for label in sorted(rows, key=lambda label: label.parent().y())]


def colored(looking, film, keys):
    return colorize_stack(looking, film[1], limits=LIMITS, keys=keys).compute()


def test_list_is_empty_and_folded_and_of_whole_stacks_alone(viewer, tab, film):
    assert listed(tab) == []
    assert tab.keys.button.accessibleName() == "Coloured slices"
    assert "Give some slices in colour" in tab.keys.help.text()
    assert tab.controls.button.isEnabled()
    tab.extent.in_view.click()
    assert not tab.keys.isVisible()
    tab.extent.whole.click()
    assert tab.keys.isVisible()
    tab.target.value = viewer.add_image(film[1][0], name="single")
    assert not tab.keys.isVisible()


def test_slice_in_view_is_suggested(viewer, tab, until):
    for step in (3, 1):
        viewer.dims.set_current_step(0, step)
        until(lambda step=step: tab.keys.number.value == step)


def test_layers_in_color_are_offered_but_no_truth(viewer, tab, film):
    colors, grey = film
    viewer.add_image(colors, rgb=True, name="coloured film")
    viewer.add_image(colors[0], rgb=True, name="true", metadata=truth_metadata())
    viewer.add_image(grey[0], name="grey")
    viewer.add_image(colors[1], rgb=True, name="final", metadata={PLUGIN: {"note": "a result"}})
    assert [layer.name for layer in tab.keys.layer.choices] == ["frame 0", "frame 4", "final"]


def test_every_slice_looks_at_the_keys_as_in_python(
    viewer, tab, both, click, finish, film, looking, state_of, names
):
    assert listed(tab) == ["0 · frame 0", "4 · frame 4"]
    assert tab.keys.button.accessibleName() == "Coloured slices (2)"
    before = state_of()
    click(tab.controls.button)
    finish(tab)
    final = viewer.layers["final · film"]
    expected = colored(looking, film, {0: film[0][0], 4: film[0][4]})
    np.testing.assert_array_equal(np.asarray(final.data), expected)
    assert (expected != colored(looking, film, {0: film[0][0]})).any()
    after = state_of()
    assert {name: after[name] for name in before} == before
    assert final.metadata[PLUGIN]["keys"] == [
        {
            "name": f"frame {number}",
            "height": 64,
            "width": 80,
            "sha256": checksum(film[0][number]),
            "slice": number,
        }
        for number in (0, 4)
    ]


def test_key_is_taken_as_it_is_displayed(viewer, tab, add, click, finish, film, looking):
    viewer.layers["frame 0"].contrast_limits = (0, 200)
    add("frame 0", 0)
    click(tab.controls.button)
    finish(tab)
    expected = colored(looking, film, {0: Source(film[0][0], limits=(0, 200))})
    final = viewer.layers["final · film"]
    np.testing.assert_array_equal(np.asarray(final.data), expected)
    assert final.metadata[PLUGIN]["keys"][0]["limits"] == [0, 200]


def test_key_that_was_removed_is_not_looked_at(viewer, tab, both, click, finish, film, looking):
    click(tab.keys.rows[4].button)
    assert listed(tab) == ["0 · frame 0"]
    assert "frame 4" in viewer.layers
    click(tab.controls.button)
    finish(tab)
    expected = colored(looking, film, {0: film[0][0]})
    np.testing.assert_array_equal(np.asarray(viewer.layers["final · film"].data), expected)


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("frame 4", 5, "There is no slice 5 for the key 'frame 4': the stack has slices 0 to 4."),
        ("frame 4", 0, "Slice 0 has a key already, 'frame 0'. Remove that one first"),
        ("small", 1, "The key 'small' has 78 x 64 px, and the slices 80 x 64."),
        ("grey", 1, "The key 'grey' has no colour"),
        ("other", 1, "The key 'other' does not look like slice 1."),
    ],
)
def test_what_is_no_key_is_reported_in_the_panel(
    viewer, tab, add, click, until, film, said, name, number, words
):
    viewer.add_image(film[0][1][:, :78], rgb=True, name="small")
    viewer.add_image(np.repeat(film[0][1][..., :1], 3, axis=-1), rgb=True, name="grey")
    viewer.add_image(tiny_film(1, seed=5)[0][0], rgb=True, name="other", contrast_limits=LIMITS)
    add("frame 0", 0)
    tab.keys.layer.value = viewer.layers[name]
    tab.keys.number.value = number
    click(tab.keys.add_button)
    until(lambda: words in tab.keys.sentence.text())
    assert tab.keys.sentence.isVisible()
    assert listed(tab) == ["0 · frame 0"]
    assert said() == []
    assert tab.controls.button.isEnabled()
    tab.keys.number.value = 2
    assert not tab.keys.sentence.isVisible()


def test_layer_that_vanishes_is_no_key_any_more(viewer, tab, both):
    viewer.layers["frame 0"].name = "first"
    assert listed(tab) == ["0 · first", "4 · frame 4"]
    viewer.layers.remove("first")
    assert listed(tab) == ["4 · frame 4"]
    assert tab.keys.sentence.text() == (
        "'first' was removed, so slice 0 is not given in colour any more."
    )
    assert tab.controls.button.isEnabled()


def test_layer_that_vanishes_while_it_is_checked_does_not_come_back(viewer, tab, click, until):
    click(tab.keys.add_button)
    viewer.layers.remove("frame 0")
    until(tab.keys.add_button.isEnabled)
    assert listed(tab) == []


def test_each_stack_has_its_own_keys(viewer, tab, both, film):
    other = viewer.add_image(film[1][::-1], name="backwards", contrast_limits=LIMITS)
    tab.target.value = other
    assert listed(tab) == []
    tab.target.value = viewer.layers["film"]
    assert listed(tab) == ["0 · frame 0", "4 · frame 4"]


def test_where_no_keys_can_be_used_the_list_says_so(viewer, tab, both, film, result):
    Session.of(viewer).add_colorizer("blind", result.colorizer)
    tab.colorizer.value = result.colorizer
    assert "This colorizer does not search its source" in tab.keys.help.text()
    assert "This colorizer does not search its source" in tab.controls.sentence.text()
    assert not tab.controls.button.isEnabled()
    assert not tab.keys.add_button.isVisible()
    for row in list(tab.keys.rows.values()):
        row.button.click()
    assert tab.controls.button.isEnabled()
    tab.colorizer.value = next(iter(tab.colorizer.choices))
    tab.target.value = viewer.add_image(film[1][None].repeat(2, 0), name="films")
    assert "one axis besides height and width" in tab.keys.help.text()
    assert not tab.keys.add_button.isVisible()
    assert tab.controls.button.isEnabled()


def test_stack_without_slices_is_refused_with_a_sentence(viewer, tab, film):
    with np.errstate(invalid="ignore"):  # napari divides by the number of slices
        tab.target.value = viewer.add_image(film[0][:0, ..., 0], name="nothing")
    assert "not of shape (0, 64, 80)" in tab.controls.sentence.text()
    assert not tab.controls.button.isEnabled()


def test_without_color_layers_the_list_says_what_is_missing(viewer, tab):
    for name in ("frame 0", "frame 4"):
        viewer.layers.remove(name)
    assert "Open a slice in colour" in tab.keys.help.text()
    assert not tab.keys.add_button.isVisible()


def test_keys_that_do_not_fit_a_changed_stack_are_reported_before_a_run(viewer, tab, both, film):
    viewer.layers["film"].data = film[1][:3]
    tab.check()
    assert "There is no slice 4 for the key 'frame 4'" in tab.controls.sentence.text()
    assert not tab.controls.button.isEnabled()


def test_key_that_was_repainted_is_checked_again(viewer, tab, both, click, finish, said, names):
    before = names()
    viewer.layers["frame 0"].data = tiny_film(1, seed=5)[0][0]
    click(tab.controls.button)
    finish(tab)
    assert "The key 'frame 0' does not look like slice 0" in said()[0]
    assert names() == before


def test_store_records_the_keys_and_goes_on_with_no_others(
    viewer, tab, both, click, finish, into, tmp_path, film, looking, monkeypatch, said
):
    into(tmp_path / "film.zarr")
    click(tab.controls.button)
    finish(tab)
    click(tab.compute_all)
    finish(tab)
    stored = zarr.open_array(tmp_path / "film.zarr", mode="r")
    expected = colored(looking, film, {0: film[0][0], 4: film[0][4]})
    np.testing.assert_array_equal(stored[:], expected)
    assert [key["slice"] for key in stored.attrs[PLUGIN]["keys"]] == [0, 4]
    assert stored.attrs[PLUGIN]["keys"] == viewer.layers["final · film"].metadata[PLUGIN]["keys"]
    monkeypatch.setattr(tab.compute_all, "ask_whether_to_go_on", lambda path: True)
    click(tab.keys.rows[4].button)
    click(tab.controls.button)
    finish(tab)
    click(tab.compute_all)
    finish(tab)
    assert "or with other keys" in said()[-1]


@pytest.mark.parametrize("is_again", [False, True], ids=["once", "after another stack"])
def test_tab_key_goes_on_in_order_through_the_rows(viewer, tab, both, film, until, is_again):
    if is_again:
        viewer.add_image(film[1][::-1], name="backwards", contrast_limits=LIMITS)
        for name in ("backwards", "film"):
            tab.target.value = viewer.layers[name]
        until(tab.keys.rows[4].isVisible)
    order, now = [], tab.colorizer.native
    for _ in range(200):
        if isinstance(now, CONTROLS) and now.isVisible() and tab.isAncestorOf(now):
            order.append(now)
        now = now.nextInFocusChain()
        if now is tab.colorizer.native:
            break
    wanted = [
        tab.extent.whole,
        tab.extent.in_view,
        tab.keys.button,
        tab.keys.rows[0].button,
        tab.keys.rows[4].button,
        tab.keys.layer.native,
        tab.keys.number.native,
        tab.keys.add_button,
        tab.controls.button,
    ]
    assert [one for one in order if one in wanted] == wanted
    first = order.index(tab.keys.button)
    assert order[first : first + 7] == [*wanted[2:8], tab.controls.button]


def test_every_control_has_a_name_and_a_tooltip(tab, both):
    controls = [one for one in tab.keys.findChildren(QAbstractButton) if one.isVisible()]
    names = {one.accessibleName() or one.text() for one in controls}
    assert names == {"Coloured slices (2)", "Remove slice 0", "Remove slice 4", "Add"}
    assert all(one.toolTip() for one in controls)
    assert tab.keys.layer.native.accessibleName() == "Layer"
    assert tab.keys.number.native.accessibleName() == "As slice"


def test_focus_stays_in_the_list_when_a_row_goes(tab, both, qtbot, until):
    tab.activateWindow()
    tab.keys.rows[0].button.setFocus()
    until(tab.keys.rows[0].button.hasFocus)
    tab.keys.rows[0].button.click()
    until(tab.keys.add_button.hasFocus)
