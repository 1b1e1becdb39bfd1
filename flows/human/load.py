"""Put this project into a running Label Studio: its page, the pictures, the tasks, what to do.

    LABEL_STUDIO_API_KEY=KEY python load.py [http://localhost:8080]

KEY is the token that Label Studio shows under "Account & Settings". Needs nothing but Python;
``annotate-project`` leaves a copy of this file in every project.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

LOCAL = "/data/local-files/?d="
"""Under which Label Studio serves files of the folder that it was started for."""


class RefusedError(Exception):
    """One line for the person at the terminal."""


class Server:
    """A Label Studio that knows us."""

    def __init__(self, address: str, key: str) -> None:
        """Take the key as it is, or as a personal token, which is traded for a short one."""
        if not address.startswith(("http://", "https://")):
            raise RefusedError(f"{address} is no address: expected http://... or https://...")
        self._address = address.rstrip("/")
        self._proof = f"Token {key}"
        if key.count(".") == 2:
            self._proof = ""
            found = self.call("POST", "/api/token/refresh/", json.dumps({"refresh": key}).encode())
            self._proof = f"Bearer {found['access']}"

    def call(self, method: str, path: str, body: bytes = b"") -> Any:
        """What it answers, as JSON.

        Raises:
            RefusedError: It is not there, or says no.
        """
        headers = {"Content-Type": "application/json"}
        if self._proof:
            headers["Authorization"] = self._proof
        where = self._address + path
        request = urllib.request.Request(where, body or None, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=600) as answer:  # noqa: S310  http alone
                text = answer.read()
        except urllib.error.HTTPError as error:
            detail = error.read(500).decode("utf-8", "replace")
            raise RefusedError(f"{path}: {error.code}: {detail}") from None
        except OSError as error:
            raise RefusedError(
                f"{self._address} does not answer ({error}); start it first"
            ) from None
        return json.loads(text or b"null")


def load(server: Server, folder: Path) -> int:
    """Make the project; returns its number.

    What was made is taken away again when a later step is refused.

    Args:
        server: Where.
        folder: What ``annotate-project`` wrote.

    Raises:
        RefusedError: Label Studio takes a part of it not.
    """
    told = (folder / "instructions.html").read_text(encoding="utf-8")
    settings = {
        "title": f"Flaws in {folder.name}"[:50],
        "label_config": (folder / "config.xml").read_text(encoding="utf-8"),
        "expert_instruction": told.replace('src="', f'src="{LOCAL}'),
        "show_instruction": True,
        "enable_empty_annotation": False,
    }
    number = int(server.call("POST", "/api/projects/", json.dumps(settings).encode())["id"])
    try:
        for name in ("images", "examples"):
            # without a storage over them Label Studio shows no local pictures
            storage = {"project": number, "path": str(folder / name), "title": name}
            server.call("POST", "/api/storages/localfiles/", json.dumps(storage).encode())
        for part in sorted(folder.glob("tasks*.json")):
            done = server.call("POST", f"/api/projects/{number}/import", part.read_bytes())
            sys.stdout.write(f"{part.name}: {done['task_count']} pictures\n")
    except BaseException:
        server.call("DELETE", f"/api/projects/{number}/")
        raise
    return number


def main() -> None:
    """Load the project that this file lies in."""
    key = os.environ.get("LABEL_STUDIO_API_KEY", "").strip()
    address = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8080"
    if not key:
        sys.exit("LABEL_STUDIO_API_KEY is empty: set it to the token under Account & Settings")
    try:
        number = load(Server(address, key), Path(__file__).resolve().parent)
    except RefusedError as error:
        sys.exit(f"Label Studio: {error}")
    sys.stdout.write(f"label here: {address.rstrip('/')}/projects/{number}/data\n")


if __name__ == "__main__":
    main()
