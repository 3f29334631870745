"""The curves of the losses."""

import numpy as np
import pytest

from napari_oneshot_color.plugin.forms.loss_plot import LossPlot
from napari_oneshot_color.progress import Losses, LossHistory

NAMES = ("discriminator", "generator", "cross_entropy", "reconstruction")


@pytest.fixture
def plot(qtbot):
    plot = LossPlot()
    qtbot.addWidget(plot)
    return plot


@pytest.fixture
def history():
    """Three steps; the cross-entropy is negative, as it saturates."""
    table = np.array([[1, 10, -1, 100], [2, 20, -2, 200], [3, 30, -3, 300]], np.float32)
    return LossHistory.from_table(table)


def test_history_is_drawn_step_by_step(plot, history, click):
    plot.log_scale.setChecked(False)
    plot.show_history(history)
    for name in NAMES:
        steps, values = plot.curves[name].getData()
        np.testing.assert_array_equal(steps, [1, 2, 3])
        np.testing.assert_array_equal(values, getattr(history, name))


def test_network_without_a_discriminator_has_one_curve(plot, history):
    alone = LossHistory.from_table(np.float32([[0, 9, 0, 9], [0, 8, 0, 8]]))
    plot.show_history(alone)
    assert [name for name in NAMES if plot.curves[name].isVisible()] == ["reconstruction"]
    assert "mean colour difference" in plot._legend.text()
    plot.show_history(history)
    assert all(plot.curves[name].isVisible() for name in NAMES)
    assert "D, eq. (1)" in plot._legend.text()


def test_logarithmic_scale_draws_magnitudes(plot, history):
    plot.show_history(history)
    assert plot.log_scale.isChecked()
    for name in NAMES:
        drawn = plot.curves[name].getData()[1]
        np.testing.assert_allclose(drawn, np.log10(np.abs(getattr(history, name))), atol=1e-5)


def test_switch_changes_the_scale(plot, history, qtbot):
    plot.show_history(history)
    plot.log_scale.toggle()
    np.testing.assert_array_equal(plot.curves["cross_entropy"].getData()[1], [-1, -2, -3])
    plot.log_scale.toggle()
    assert plot.curves["cross_entropy"].getData()[1][0] == pytest.approx(0, abs=1e-5)


def test_live_points_are_drawn_together_until_they_are_cleared(plot, until):
    plot.log_scale.setChecked(False)
    plot.add(4, Losses(1, 2, 3, 4))
    plot.add(9, Losses(5, 6, 7, 8))
    assert plot.curves["reconstruction"].getData() == (None, None)
    until(lambda: plot.curves["reconstruction"].getData()[0] is not None)
    steps, values = plot.curves["reconstruction"].getData()
    np.testing.assert_array_equal(steps, [4, 9])
    np.testing.assert_array_equal(values, [4, 8])
    plot.add(10, Losses(5, 6, 7, 8))
    plot.clear()
    assert plot.curves["reconstruction"].getData() == (None, None)


def test_run_ends_with_the_losses_of_every_step(colorize, run):
    run(colorize)
    steps, _ = colorize.loss_plot.curves["generator"].getData()
    np.testing.assert_array_equal(steps, np.arange(1, 9))


def test_second_run_starts_a_new_plot(colorize, run, hold, gate, finish, talkative, until):
    run(colorize)
    hold(colorize, step=3)
    until(lambda: colorize.controls.bar.value() == 2)
    drawn = colorize.loss_plot.curves["generator"]
    until(lambda: drawn.getData()[0] is not None and drawn.getData()[0].tolist() == [1, 2])
    gate.open()
    finish(colorize)
