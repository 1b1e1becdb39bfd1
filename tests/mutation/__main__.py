"""Can the tests fail? ``python -m tests.mutation``, see ``tests/mutation/README.md``."""

import argparse
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.mutants import Mutant, sample

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EQUIVALENT = "equivalent.toml"


def targets(chosen: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Modules as ``room/path`` and their tests, those whose name begins as one of ``chosen``."""
    for room, modules in tomllib.loads((HERE / "modules.toml").read_text()).items():
        for path, tests in modules.items():
            name = f"{room}/{path}"
            if not chosen or any(name.startswith(wanted) for wanted in chosen):
                folder = ROOT / "tests" / room
                yield name, [os.path.relpath((folder / t).resolve(), ROOT) for t in tests]


def equivalents(name: str) -> set[tuple[str, str]]:
    """Lines and changes of a module that no test can notice."""
    listed = tomllib.loads((HERE / EQUIVALENT).read_text())["mutant"]
    return {(one["line"], one["change"]) for one in listed if one["module"] == name}


def outcomes(name: str, tests: list[str], found: list[Mutant]) -> Iterator[dict]:
    """What became of each mutant of a module; the first is about the module as it is."""
    file = ROOT / f"{name}.py"
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    if "numba" in file.read_text():  # compiled, a changed number would be read from the cache
        environment["NUMBA_DISABLE_JIT"] = "1"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.mutation.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    job = {"name": name.replace("/", "."), "file": str(file), "tests": tests}
    process.stdin.write(json.dumps(job | {"sources": [mutant.source for mutant in found]}))
    process.stdin.close()
    yield from map(json.loads, process.stdout)
    process.wait()


def tried(name: str, tests: list[str], found: list[Mutant]) -> tuple[int, int, int]:
    """Killed, survived, equivalent; survivors are printed as they are found."""
    known = equivalents(name)
    told = outcomes(name, tests, found)
    first = next(told)
    if first["sound"] != "survived":
        print(f"{name}: without a change its tests are {first['sound']}: {' '.join(tests)}")
        return 0, len(found), 0
    killed = survived = equivalent = 0
    for line in told:
        mutant = found[line["number"]]
        if line["outcome"] != "survived":
            killed += 1
        elif (mutant.text, mutant.change) in known:
            equivalent += 1
        else:
            survived += 1
            print(f"  {name}.py:{mutant.line}  {mutant.change}", flush=True)
    share = f"{killed}/{killed + survived}"
    print(f"{name:32}{share:>8}  ({equivalent} equivalent, {first['seconds']} s)", flush=True)
    return killed, survived, equivalent


def main() -> None:
    """Try the sample and print the share that was killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", help="beginnings of names, e.g. distortions/gate")
    parser.add_argument("--each", type=int, default=12, help="mutants of a module")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--least", type=float, default=0.0, help="status 1 below this share")
    asked = parser.parse_args()
    killed = survived = equivalent = 0
    for name, tests in targets(asked.modules):
        found = sample((ROOT / f"{name}.py").read_text(), name, asked.each, asked.seed)
        done = tried(name, tests, found)
        killed, survived, equivalent = (killed + done[0], survived + done[1], equivalent + done[2])
    share = killed / max(1, killed + survived)
    print(f"killed {killed} of {killed + survived} = {share:.1%}; {equivalent} equivalent")
    sys.exit(share < asked.least)


if __name__ == "__main__":
    main()
