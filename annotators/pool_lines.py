"""Where in a TOML text a pool or one of its wordings stands, for messages.

The TOML parser of the standard library keeps no positions, so the few shapes a pool file has are
looked up again in the text.
"""

import re

_PIECE = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*'
    r"|[\[\]{},\n]|[^\s\[\]{},#\"']+",
    re.DOTALL,
)


def pool_line(text: str, pool: str) -> int:
    """Line, from 1, of the head of a pool; 1 when it is not found."""
    return _line(text, _head(text, pool)[0])


def wording_line(text: str, pool: str, index: int) -> int:
    """Line of the ``index``-th entry of a pool's list; the pool's line when it is not found."""
    start, after = _head(text, pool)
    questions = re.compile(r"^[ \t]*[\"']?questions[\"']?[ \t]*=\s*\[", re.MULTILINE)
    opening = questions.search(text, after)
    found = _entry(text, opening.end(), index) if opening else None
    return _line(text, start if found is None else found)


def _head(text: str, pool: str) -> tuple[int, int]:
    """Start and end of ``[pool]``, or of ``pool`` at the start of a line."""
    name = rf"[\"']?{re.escape(pool)}[\"']?"
    for pattern in (rf"^[ \t]*\[[ \t]*{name}[ \t]*\]", rf"^[ \t]*\[*{name}(?![\w-])"):
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            return found.span()
    return 0, 0


def _entry(text: str, start: int, index: int) -> int | None:
    """Position of an entry of the list that opens just before ``start``."""
    depth = passed = 0
    for match in _PIECE.finditer(text, start):
        part = match.group()
        if part == "\n" or part.startswith("#"):
            continue
        if depth == 0 and part == ",":
            passed += 1
        elif passed == index:
            return match.start()
        depth += (part in ("[", "{")) - (part in ("]", "}"))
        if depth < 0:
            break
    return None


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
