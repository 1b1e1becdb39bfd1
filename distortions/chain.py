"""Chains: what is laid on one region, in order."""

import re
from typing import NamedTuple

from distortions.registry import FAMILIES, Distortion, Value, get
from schemas.errors import ConfigError, UnknownNameError


class Link(NamedTuple):
    """One planned distortion: the type, its severity and the key of its randomness."""

    type: Distortion
    severity: int
    key: int

    @property
    def params(self) -> dict[str, Value]:
        """Resolved parameters."""
        return self.type.resolve(self.severity, self.key)


_LINK = re.compile(r"(?:(?P<family>[a-z0-9_]+):)?(?P<type>[a-z0-9_]+):(?P<severity>-?\d+)")


def parse_chain(text: str) -> list[tuple[Distortion, int]]:
    """Read ``family:type:severity,...`` (the family may be left out).

    Raises:
        ConfigError: Malformed, a type of another family, a family twice, a severity outside
            1 to 5.
        UnknownNameError: No such family or type.
    """
    chain: list[tuple[Distortion, int]] = []
    for part in text.split(","):
        match = _LINK.fullmatch(part.strip())
        if not match:
            raise ConfigError(f"chain {text!r}: expected family:type:severity, got {part!r}")
        family, severity = match["family"], int(match["severity"])
        if family and family not in FAMILIES:
            raise UnknownNameError("family", family, FAMILIES)
        entry = get(match["type"])
        if family and entry.family != family:
            raise ConfigError(f"{entry.name} belongs to family {entry.family!r}, not {family!r}")
        if any(entry.family == earlier.family for earlier, _ in chain):
            raise ConfigError(f"chain {text!r}: two of family {entry.family!r}, allowed is one")
        entry.resolve(severity)
        chain.append((entry, severity))
    return chain
