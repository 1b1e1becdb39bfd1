"""``python -m flows`` is ``iqa-spider``."""

from flows.cli import main

main()
