"""The form is kept while it is closed, without layers that were removed in the meantime."""

import pytest

from napari_oneshot_color.plugin.forms.colorize_form import ColorizeForm
from napari_oneshot_color.plugin.forms.form_state import fill_in, noted


@pytest.fixture
def make(viewer, layers, qtbot):
    def do():
        form = ColorizeForm(viewer)
        qtbot.addWidget(form)
        form.reset_choices()
        return form

    return do


def test_form_is_restored_from_its_note(make):
    form = make()
    form.preset.value, form.seed.value = "paper", 5
    form.settings.fields["epochs"].value = 2
    form.layers["merged"].value = form.update_layers.value = True
    again = make()
    fill_in(again, noted(form))
    assert noted(again) == noted(form)
    assert again.preset_choice.buttons["paper"].isChecked()


def test_note_keeps_no_layer_alive(make, viewer):
    note = noted(make())
    assert [chosen().name for chosen in note["chosen"]] == ["left", "right"]
