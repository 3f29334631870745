"""Messages are short, and unfold if there is more text."""

import pytest

from napari_oneshot_color.plugin.forms.message import Message


@pytest.fixture
def message(qtbot):
    made = Message()
    qtbot.addWidget(made)
    return made


def test_one_sentence_does_not_unfold(message):
    message.say("Add a grayscale image.")
    assert message.text() == "Add a grayscale image."
    assert message.more.isHidden()
    assert not message.isHidden()


def test_text_after_the_first_sentence_unfolds(message, click):
    message.say("Do not trust it. Choose another source. It is too far away.")
    assert message.label.text() == "Do not trust it."
    assert message.rest.isHidden()
    click(message.more)
    assert not message.rest.isHidden()
    assert message.rest.text() == "Choose another source. It is too far away."
    assert message.more.text() == "Less"
    message.say("Do not trust it. Choose another source. It is too far away.")
    assert not message.rest.isHidden()  # said again, it stays as it was
    message.say("Done.", "In time.")
    assert message.rest.isHidden()
    assert message.text() == "Done. In time."


def test_empty_message_shows_nothing(message):
    message.say("Done.")
    message.say("")
    assert message.isHidden()
    assert message.text() == ""
