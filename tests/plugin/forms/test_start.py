"""What a newcomer sees first."""

from qtpy.QtWidgets import QLabel

from napari_oneshot_color.plugin.forms.start import Start


def test_start_text_explains_the_input_and_offers_a_sample(qtbot):
    start = Start()
    qtbot.addWidget(start)
    [label] = start.findChildren(QLabel)
    assert label.text().startswith("Two images are needed: a grey one")
    with qtbot.waitSignal(start.sample_wanted):
        start.button.click()
