"""A sentence that appears while background work is slow."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtWidgets import QLabel

from napari_oneshot_color.plugin.forms.form_parts import if_alive
from napari_oneshot_color.plugin.runs.jobs import Jobs

__all__ = ["WorkSign"]


class WorkSign(QLabel):
    """Shows a sentence while jobs are slow.

    Parameters
    ----------
    sentence : str
        What they are doing.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self._sentence = sentence
        self._jobs: list[Jobs] = []
        self.hide()

    def watch(self, jobs: Iterable[Jobs]) -> None:
        """Watch these jobs instead of earlier ones."""
        for one in self._jobs:
            one.changed.disconnect(self._show)
        self._jobs = list(jobs)
        for one in self._jobs:
            one.changed.connect(self._show)
        self._show()

    @if_alive
    def _show(self) -> None:
        is_slow = any(one.is_slow for one in self._jobs)
        self.setText(self._sentence if is_slow else "")
        self.setVisible(is_slow)
