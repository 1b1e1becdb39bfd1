"""Addresses and keys of servers, looked at before anything is sent."""

import re
from urllib.parse import urlsplit

from schemas.errors import ConfigError


def base_address(url: str) -> str:
    """The address without ``/v1`` and slashes at its end.

    Raises:
        ConfigError: It is no address, or holds a name and a password.
    """
    # a password is not for the screen, and neither are control characters
    shown = re.sub(r"[^ -~]", "?", re.sub(r"//[^/]*@", "//...@", url))
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, brackets without an end
        sound = False
    else:
        if "@" in parts.netloc:
            raise ConfigError(
                f"--endpoint {shown}: a name and a password in an address would be stored with the "
                "dataset; put the key into an environment variable and name it by --api-key-env"
            )
        sound = sound and parts.scheme in ("http", "https") and not (parts.query or parts.fragment)
    if not sound or not url.isascii() or re.search(r"[\s\x00-\x1f\\]", url):
        raise ConfigError(f"--endpoint {shown}: no address; expected http://HOST:PORT")
    return url.rstrip("/").removesuffix("/v1")


def authorization(api_key: str) -> dict[str, str]:
    """The header that carries a key; none without one.

    Raises:
        ConfigError: The key holds what no header may hold.
    """
    if not api_key:
        return {}
    if not re.fullmatch(r"[\x21-\x7e]+", api_key):
        raise ConfigError(
            "the key that --api-key-env names holds a blank, a line break or a letter that is not "
            "ASCII; no server takes such a key"
        )
    return {"Authorization": f"Bearer {api_key}"}
