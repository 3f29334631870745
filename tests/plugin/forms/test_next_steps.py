"""What comes after a run."""

import pytest

from napari_oneshot_color.plugin.forms.next_steps import NextSteps


@pytest.mark.parametrize("name", ["correct", "more", "stack"])
def test_each_step_has_a_button_that_says_what_it_does(qtbot, name):
    steps = NextSteps()
    qtbot.addWidget(steps)
    button = getattr(steps, name)
    assert button.text()
    assert button.toolTip().endswith(".")
