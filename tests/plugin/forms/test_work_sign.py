"""The message during slow work."""

import threading

from napari_oneshot_color.plugin.forms.work_sign import WorkSign
from napari_oneshot_color.plugin.runs.jobs import Jobs


def test_sentence_is_shown_while_a_job_is_slow(qtbot, until):
    sign, jobs, end = WorkSign("Wait…"), Jobs(holds_viewer=False), threading.Event()
    qtbot.addWidget(sign)
    sign.watch([jobs])
    jobs.ask(end.wait, lambda found: None)
    assert sign.isHidden()
    until(lambda: sign.text() == "Wait…")
    assert not sign.isHidden()
    end.set()
    until(sign.isHidden)


def test_jobs_that_are_no_longer_watched_show_nothing(qtbot, until):
    sign, jobs, end = WorkSign("Wait…"), Jobs(holds_viewer=False), threading.Event()
    qtbot.addWidget(sign)
    sign.watch([jobs])
    sign.watch([])
    jobs.ask(end.wait, lambda found: None)
    until(lambda: jobs.is_slow)
    assert sign.isHidden()
    end.set()
    until(lambda: not jobs.is_busy)
