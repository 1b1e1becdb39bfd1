"""Mutants of a module: one small change each, of the kind that a slip of the hand makes."""

import ast
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from schemas.streams import Stream

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Mutant(NamedTuple):
    """A module with one change.

    Args:
        line: Where, from 1.
        text: What stands in that line.
        change: What was there and what is, one line.
        source: The whole module.
    """

    line: int
    text: str
    change: str
    source: str


def sample(source: str, name: str, number: int, seed: int) -> list[Mutant]:
    """``number`` mutants of a module, at most one a line; the same for the same arguments."""
    shuffled = Stream(seed, "mutants", name).shuffled(list(mutants(source)))
    chosen: dict[int, Mutant] = {}
    for mutant in shuffled:
        chosen.setdefault(mutant.line, mutant)
    return sorted(list(chosen.values())[:number])


def mutants(source: str) -> Iterator[Mutant]:
    """All of them, in the order of the tree."""
    tree, lines = ast.parse(source), source.splitlines()
    left_alone = _said_only(tree)
    for number, node in enumerate(ast.walk(tree)):
        if node in left_alone:
            continue
        for way in range(len(_changes(node))):
            other = ast.parse(source)
            twin = next(islice(ast.walk(other), number, None))
            changed = ast.copy_location(_changes(twin)[way], twin)
            ast.fix_missing_locations(changed)
            shown = f"{ast.unparse(node)}  ->  {ast.unparse(changed)}".replace("\n", " ")
            _put(other, twin, changed)
            line = getattr(node, "lineno", 1)
            yield Mutant(line, lines[line - 1].strip(), shown, ast.unparse(other))


def _changes(node: ast.AST) -> list[ast.AST]:
    """What may stand in the place of a node instead."""
    if isinstance(node, ast.Compare | ast.BinOp | ast.BoolOp | ast.UnaryOp):
        return _other_operators(node)
    if isinstance(node, ast.Constant):
        return _other_values(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        return [ast.Call(ast.Name(CALLS[node.func.id], ast.Load()), node.args, node.keywords)]
    if isinstance(node, ast.If | ast.IfExp):
        opposite = ast.UnaryOp(ast.Not(), node.test)
        return [type(node)(test=opposite, body=node.body, orelse=node.orelse)]
    if isinstance(node, ast.AugAssign):
        return [ast.Assign([node.target], node.value)]
    dropped = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return [ast.Pass()] if dropped or isinstance(node, ast.Continue | ast.Break) else []


def _other_operators(node: ast.Compare | ast.BinOp | ast.BoolOp | ast.UnaryOp) -> list[ast.AST]:
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return [ast.BoolOp(other, node.values), node.values[0]]
    if isinstance(node, ast.UnaryOp):
        return [] if isinstance(node.op, ast.UAdd) else [node.operand]
    if isinstance(node, ast.BinOp):
        swapped = OPERATORS.get(type(node.op))
        return [ast.BinOp(node.left, swapped(), node.right)] if swapped else []
    first = COMPARISONS[type(node.ops[0])]()
    return [ast.Compare(node.left, [first, *node.ops[1:]], node.comparators)]


def _other_values(value: object) -> list[ast.AST]:
    if isinstance(value, bool):
        return [ast.Constant(not value)]
    if not isinstance(value, int | float):
        return []
    step = 1 if isinstance(value, int) else abs(value) * 0.1 or 0.1
    return [ast.Constant(value + step), ast.Constant(value - step)]


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """Hang a node where another hangs; the old one may hang below the new one."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
                return
            if isinstance(value, list) and any(item is old for item in value):
                value[next(i for i, item in enumerate(value) if item is old)] = new
                return


def _said_only(tree: ast.AST) -> set[ast.AST]:
    """Nodes of annotations, of decorators and of what is said when something is refused."""
    found: set[ast.AST] = set()
    for parent in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(parent, ast.arg | ast.AnnAssign):
            parts = [parent.annotation]
        elif isinstance(parent, ast.FunctionDef):
            parts = [parent.returns, *parent.decorator_list]
        elif isinstance(parent, ast.ClassDef):
            parts = [*parent.decorator_list]
        elif isinstance(parent, ast.Raise | ast.JoinedStr):
            parts = [parent]
        for part in parts:
            found.update(ast.walk(part) if part else ())
    return found
