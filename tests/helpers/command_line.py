"""The command line in tests: settings as options, and the message of an error."""

from tiny_run import TINY


def options(**values):
    """Write settings as options of the command line."""
    words = []
    for name, value in values.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", str(value)]
    return words


QUICKLY = options(**TINY)


def one_sentence(err):
    """Return the only line on stderr."""
    [_] = err.strip().splitlines()
    return last_sentence(err)


def last_sentence(err):
    """Return the last line on stderr, which otherwise contains only progress."""
    assert "Traceback" not in err
    line = err.strip().splitlines()[-1]
    assert line.startswith("Error: ")
    assert line.endswith(".")
    return line
