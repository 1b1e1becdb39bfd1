"""A finished dataset to the Hugging Face Hub: what the manifest lists, and nothing else."""

from pathlib import Path
from typing import Any, NamedTuple

from flows.dataset.card import CARD
from flows.store.layout import MANIFEST, FileEntry, is_intact, require_dataset
from schemas.errors import ConfigError, EndpointError
from schemas.extras import import_extra


class Push(NamedTuple):
    """What would be, or was, sent.

    Args:
        repo: ``owner/name``.
        files: Paths inside the dataset.
        size: Bytes of them.
        title: Of the card.
        address: Of the commit; empty for a dry run.
    """

    repo: str
    files: list[str]
    size: int
    title: str
    address: str = ""


def push(out: Path, repo: str, private: bool = True, dry_run: bool = False) -> Push:
    """Send a dataset; what has arrived already is not sent again, so the same command goes on.

    Args:
        out: The dataset.
        repo: ``owner/name`` on the Hub.
        private: Whether a new repository is.
        dry_run: Check everything and send nothing; needs no network.

    Raises:
        ConfigError: It is no dataset, a file is not as the manifest says, the card's head is not
            valid, or the extra is missing.
        EndpointError: The Hub refused, or is not there.
    """
    hub = import_extra("huggingface_hub", "push", "hub")
    _check_name(repo)
    files, size = _files(out)
    title = _title(hub, out)
    plan = Push(repo, files, size, title)
    if dry_run:
        return plan
    api = hub.HfApi()
    try:
        api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        done = api.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=out,
            allow_patterns=files,
            commit_message=f"{title}: {len(files)} files",
        )
    # its errors have no common base: some are of the network library, some are ValueErrors
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise EndpointError(f"push to {repo}: {said[0]}") from None
    return plan._replace(address=str(getattr(done, "commit_url", done)))


def _check_name(repo: str) -> None:
    parts = repo.split("/")
    if len(parts) != 2 or not all(parts):
        raise ConfigError(f"push: expected OWNER/NAME, got {repo!r:.80}")


def _files(out: Path) -> tuple[list[str], int]:
    manifest = require_dataset(out)
    entries = [FileEntry(p, e["size"], e["sha256"]) for p, e in sorted(manifest["files"].items())]
    for entry in entries:
        if not is_intact(out, entry):
            raise ConfigError(f"{out / entry.path}: not as the manifest says; see validate")
    size = sum(entry.size for entry in entries) + (out / MANIFEST).stat().st_size
    return [*(entry.path for entry in entries), MANIFEST], size


def _title(hub: Any, out: Path) -> str:
    """The card's name; raises where its head is not what the Hub reads."""
    try:
        data = hub.DatasetCard.load(out / CARD).data
        names = [config["config_name"] for config in data.configs]
        if data.pretty_name and data.license and len(set(names)) == len(names):
            return str(data.pretty_name)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(f"{out / CARD}: its head is not valid: {error}") from None
    raise ConfigError(f"{out / CARD}: its head has no pretty_name, no license or a name twice")
