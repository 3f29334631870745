"""What comes after a run."""

import pytest

from napari_oneshot_color.plugin.forms.next_steps import NextSteps


@pytest.mark.parametrize("name", ["correct", "more", "stack"])
def test_each_step_has_a_button_with_an_explanation(qtbot, name):
    steps = NextSteps()
    qtbot.addWidget(steps)
    button = getattr(steps, name)
    assert button.text()
    assert button.toolTip().endswith(".")
