"""Messages of the command line, and where they go."""

import pytest

from napari_oneshot_color.cli.console import err, out, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zürich ✓", "Zürich ✓"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("two\nlines\ttabbed\r", r"two\nlines\ttabbed\r"),
        ("\u202eright to left", r"\u202eright to left"),
    ],
)
def test_terminal_control_characters_are_escaped(text, shown):
    assert printable(text) == shown


def test_errors_go_to_stderr_without_line_breaks(capsys):
    out.print("a" * 300, markup=False)
    err.print("[bold] is shown as it is", markup=False)
    said = capsys.readouterr()
    assert said.out == "a" * 300 + "\n"
    assert said.err == "[bold] is shown as it is\n"
