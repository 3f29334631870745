"""What the command line says, and where."""

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
def test_what_could_steer_a_terminal_is_escaped(text, shown):
    assert printable(text) == shown


def test_errors_go_to_stderr_and_long_lines_are_not_broken(capsys):
    out.print("a" * 300, markup=False)
    err.print("[bold] is shown as it is", markup=False)
    said = capsys.readouterr()
    assert said.out == "a" * 300 + "\n"
    assert said.err == "[bold] is shown as it is\n"
