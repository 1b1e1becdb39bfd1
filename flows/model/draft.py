"""``pools draft``: a model proposes the wordings of questions; a pool file that ``build`` reads.

Beside the file lie ``NAME.draft.jsonl``, the ledger in which the same command goes on, and
``NAME.draft.json``: formats, counts and every refused wording with its reason.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from annotators.answers.drafting import Draft, Format, draft_pool, propose_formats
from annotators.chat.endpoints import Endpoints
from annotators.chat.protocol import ChatModel
from annotators.check.drafted import wording_flaw
from annotators.questions.pools import OPTIONAL, POOLS, SHARED, builtin_pools, load_pools
from distortions.registry import FAMILIES
from flows.model.choose import api_key
from flows.model.ledger import Ledger
from flows.model.probe import require_there
from flows.store.layout import write_text
from schemas.errors import ConfigError, UnknownNameError
from schemas.settings.config import AnswerConfig

FEWEST = 3
"""Wordings of a pool; where fewer are taken the built-in ones are added."""


class Drafted(NamedTuple):
    """What came of a draft.

    Args:
        formats: Formats the model proposed.
        pools: What came of each pool.
        added: Pools to which built-in wordings were added.
    """

    formats: tuple[Format, ...]
    pools: tuple[Draft, ...]
    added: tuple[str, ...]

    def reasons(self) -> Counter[str]:
        """Refusals by reason."""
        return Counter(one.reason for pool in self.pools for one in pool.refused)


def draft(
    answers: AnswerConfig,
    out: Path,
    wanted: int,
    rounds: int,
    formats: int,
    seed: int,
    only: Sequence[str] = (),
) -> Drafted:
    """Let the model at an endpoint propose wordings and write the pool file.

    Args:
        answers: Address, model, key, limits.
        out: The pool file; one that is there is replaced.
        wanted: Wordings of each pool.
        rounds: Requests for each pool, at most.
        formats: Formats to ask for.
        seed: Of the model's draws.
        only: Pools to draft; none means all. The others keep the built-in wordings.

    Raises:
        ConfigError: No such pool, nobody at the endpoint.
        EndpointError: It stops to answer; the same command goes on from there.
    """
    for pool in only:
        if pool not in POOLS:
            raise UnknownNameError("pool", pool, POOLS)
    if not answers.endpoints or not answers.model:
        raise ConfigError("pools draft needs --endpoint URL and --model NAME")
    for url in answers.endpoints:
        require_there(url, answers.wait_seconds)
    limits = (answers.in_flight, answers.timeout, answers.retries)
    model = Endpoints(answers.endpoints, answers.model, api_key(answers.api_key_env), *limits)
    ledger = Ledger(model, _beside(out, ".draft.jsonl"))
    try:
        names = [pool for pool in POOLS if not only or pool in only]
        made = ask(ledger, names, wanted, rounds, formats, seed, answers.in_flight)
    finally:
        ledger.close()
        model.close()
    text = as_toml(made, answers.model)
    load_pools(text, out.name)  # what is written is what build takes
    write_text(out, text)
    write_text(_beside(out, ".draft.json"), json.dumps(told(made), indent=1, ensure_ascii=False))
    return made


def ask(
    model: ChatModel,
    names: Sequence[str],
    wanted: int,
    rounds: int,
    formats: int,
    seed: int,
    at_once: int,
) -> Drafted:
    """The formats, then every pool, several at once; the outcome does not depend on how many."""

    def flaw(pool: str, text: str, taken: Sequence[str]) -> str:
        return wording_flaw(pool, text, FAMILIES, taken)

    def one(pool: str) -> Draft:
        line = model.line()
        try:
            return draft_pool(pool, line, proposed, wanted, rounds, seed, flaw)
        finally:
            line.close()

    line = model.line()
    try:
        proposed = propose_formats(line, formats, seed)
    finally:
        line.close()
    with ThreadPoolExecutor(max(1, min(at_once, len(names)))) as threads:
        made = tuple(threads.map(one, names))
    few = tuple(pool.pool for pool in made if len(pool.taken) < FEWEST)
    return Drafted(proposed, made, few)


def as_toml(made: Drafted, model: str) -> str:
    """A pool file, in the form of the built-in one."""
    drafts = {one.pool: one for one in made.pools}
    built_in = _own_wordings()
    lines = [
        f"# Question wordings proposed by {json.dumps(model)}, each checked before it was taken."
    ]
    for pool, rule in POOLS.items():
        if pool not in drafts and pool in (*OPTIONAL, *SHARED) and not built_in[pool]:
            continue
        taken = list(drafts[pool].taken) if pool in drafts else []
        more = [text for text in built_in[pool] if text not in taken]
        more = more if pool not in drafts or pool in made.added else []
        lines += ["", f"[{pool}]"]
        lines += [f'polarity = "{rule.polarity}"'] if rule.polarity else []
        lines += [f"slots = {json.dumps(list(rule.slots))}"]
        lines += ["counted = true"] if pool.endswith(("_multi", "_set")) else []
        lines += ["questions = ["]
        lines += [f"  {json.dumps(text, ensure_ascii=False)}," for text in taken]
        lines += ["  # built-in wordings"] if more else []
        lines += [f"  {json.dumps(text, ensure_ascii=False)}," for text in more]
        lines += ["]"]
    return "\n".join(lines) + "\n"


def _own_wordings() -> Mapping[str, list[str]]:
    """Built-in wordings of each pool, those that it shares with others left out."""
    every = builtin_pools().wordings
    shared = {pool: name for name, targets in SHARED.items() for pool in targets}
    return {
        pool: [text for text in texts if text not in every.get(shared.get(pool, ""), ())]
        for pool, texts in every.items()
    }


def told(made: Drafted) -> dict[str, Any]:
    """Counts by pool and reason, and what was refused."""
    return {
        "formats": [one._asdict() for one in made.formats],
        "refused_by_reason": dict(sorted(made.reasons().items())),
        "built_in_added": list(made.added),
        "pools": {
            one.pool: {
                "taken": one.taken,
                "refused": [refused._asdict() for refused in one.refused],
                "replies_without_a_list": dict(sorted(one.failed.items())),
            }
            for one in made.pools
        },
    }


def _beside(out: Path, ending: str) -> Path:
    return out.with_name(out.stem + ending)
