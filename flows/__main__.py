"""``python -m flows`` is ``iqa-spider``."""

import atexit
import os
import sys

from flows import stranger

_ends_with = 1


def main() -> None:
    """Say in one line what stands in the way, else run a command."""
    global _ends_with
    atexit.register(_leave_no_thread_behind)  # the first registered is the last to run
    if found := stranger():
        sys.stderr.write(f"iqa-spider: {found}\n")
        sys.exit(2)
    from flows.cli import main as command_line

    try:
        command_line()
    except SystemExit as end:
        _ends_with = int(end.code or 0)
        raise


def _leave_no_thread_behind() -> None:
    """End before Python takes itself apart, where an object store has been used.

    The store's threads ask for the interpreter's lock once more after each answer. If that comes
    too late, Python ends the thread in the middle of Rust, and the process aborts: status 134
    instead of its own, in one of sixty commands.
    """
    if "obstore" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_ends_with)


if __name__ == "__main__":
    main()
