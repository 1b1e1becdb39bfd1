"""``python -m flows`` is ``iqa-spider``."""

import sys

from flows import stranger


def main() -> None:
    """Say in one line what stands in the way, else run a command."""
    if found := stranger():
        sys.stderr.write(f"iqa-spider: {found}\n")
        sys.exit(2)
    from flows.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
