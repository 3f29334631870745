"""Names that are longer than there is room for."""

from napari_oneshot_color.plugin.forms.elided import ElidedCheckBox


def test_long_name_is_shortened_in_its_middle_and_whole_in_the_tooltip(qtbot):
    box = ElidedCheckBox()
    qtbot.addWidget(box)
    name = "a very long name of a layer & of nothing else"
    box.set_name(name)
    box.resize(90, 20)
    box.show()
    assert "…" in box.text()
    assert box.toolTip() == name
    box.resize(900, 20)
    qtbot.waitUntil(lambda: box.text() == name.replace("&", "&&"))
