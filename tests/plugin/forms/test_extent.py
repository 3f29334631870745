"""How much of a stack is coloured."""

from napari_oneshot_color.plugin.forms.extent import Extent


def test_whole_stack_is_chosen_until_the_slice_is(qtbot):
    extent = Extent()
    qtbot.addWidget(extent)
    assert extent.is_whole
    with qtbot.waitSignal(extent.changed):
        extent.in_view.click()
    assert not extent.is_whole
