"""What ``vllm serve`` looks like from outside: a command with a port, a worker, ``/health``.

    python -m tests.doubles.fake_vllm FOLDER MOOD serve MODEL --host HOST --port PORT ...

``loading`` never gets well, ``ready`` answers slowly, ``stubborn`` does, too, and hears no SIGTERM.
The numbers of both its processes go to ``FOLDER/pids``.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.doubles.chat_server import ChatServer, allowed_words

WORKER = "import time, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def reply(body, number):
    time.sleep(0.3)
    answer = (allowed_words(body) or ["No."])[0]
    return json.dumps({"decision": "keep", "label": "", "answer": answer})


def main(folder, mood, *command):
    port = int(command[command.index("--port") + 1])
    worker = subprocess.Popen([sys.executable, "-c", WORKER])
    heard = signal.SIG_IGN if mood == "stubborn" else lambda *_: (worker.kill(), os._exit(0))
    signal.signal(signal.SIGTERM, heard)
    file = Path(folder, "pids")
    file.with_suffix(".part").write_text(f"{os.getpid()} {worker.pid}")
    file.with_suffix(".part").rename(file)
    if mood == "loading":
        worker.wait()
    with ChatServer(reply, port=port) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
