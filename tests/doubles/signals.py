"""How tests start what they send signals to."""

import signal


def hear_ctrl_c():
    """Run in a new process: it takes SIGINT even where a shell put the test run in the background.

    Shells make their background jobs deaf to it, and children inherit that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
