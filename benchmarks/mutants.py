"""What can be changed in a module to see whether a test notices: one operator, number, word."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
RECKONED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
    ast.MatMult: ast.Mult,
}  # fmt: skip
CALLED = {
    "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "any": "all",
    "all": "any", "floor": "ceil", "ceil": "floor", "argmin": "argmax", "argmax": "argmin",
    "zeros": "ones", "ones": "zeros", "flatnonzero": "nonzero", "idxmin": "idxmax",
    "idxmax": "idxmin", "cumsum": "cumprod", "sum": "max", "left": "right",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A node of a tree, by its number in `ast.walk`, and how it is changed."""

    node: int
    change: str
    line: int
    end: int


def fruitless(tree: ast.Module) -> set[int]:
    """Return the nodes whose change nobody could see: types, docstrings, words of errors."""
    found: set[int] = set()

    def leave(node: ast.AST | None) -> None:
        if node is not None:
            found.update(id(one) for one in ast.walk(node))

    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(args=arguments, returns=returned, decorator_list=decorators):
                leave(returned)
                for decorator in decorators:
                    leave(decorator)
                for argument in (*arguments.args, *arguments.kwonlyargs, *arguments.posonlyargs):
                    leave(argument.annotation)
            case ast.ClassDef(decorator_list=decorators):
                for decorator in decorators:
                    leave(decorator)
            case ast.AnnAssign(annotation=annotation):
                leave(annotation)
            case ast.Expr(value=ast.Constant(value=str())) | ast.Import() | ast.ImportFrom():
                leave(node)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                leave(node)
            case ast.Raise() | ast.Assert() | ast.JoinedStr():
                leave(node)
            case ast.Assign(value=ast.Subscript(value=ast.Name(id="Literal"))):
                leave(node)
    return found


def statement_lines(tree: ast.Module) -> dict[int, tuple[int, int]]:
    """
    Return first and last line of the smallest statement, or its head, around each node.

    A default counts as run when the body of its function is. What is run on import, by whichever
    test comes first, has the lines of the whole module.
    """
    found: dict[int, tuple[int, int]] = {}
    whole = (1, tree.body[-1].end_lineno or 1)

    def visit(node: ast.AST, span: tuple[int, int], inside: bool) -> None:
        if isinstance(node, ast.stmt) and not inside:
            span = whole
        elif isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno - 1 if isinstance(body, list) else node.end_lineno or node.lineno
            span = (node.lineno, max(node.lineno, end))
        found[id(node)] = span
        for child in ast.iter_child_nodes(node):
            here = isinstance(node, ast.FunctionDef)
            default = here and isinstance(child, ast.arguments)
            body = (node.body[0].lineno, node.end_lineno) if default else span
            visit(child, body, inside or here)

    visit(tree, whole, False)
    return found


def changes(node: ast.AST) -> Iterator[str]:
    """Name what can be changed at a node."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARED:
            yield "compare"
            if isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                yield "turn"
        case ast.Compare(ops=[_, _]):
            yield "compare"
        case ast.BinOp(op=operator) if type(operator) in RECKONED:
            yield "reckon"
        case ast.AugAssign(op=operator) if type(operator) in RECKONED:
            yield "reckon"
        case ast.BoolOp():
            yield "boolean"
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
            yield "unary"
        case ast.Constant(value=bool()):
            yield "truth"
        case ast.Constant(value=int() | float()):
            yield "number"
        case ast.Constant(value=str(text)) if text.strip():
            yield "text"
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in CALLED:
            yield "call"
        case ast.Break() | ast.Continue():
            yield "loop"
        case ast.If() | ast.IfExp() | ast.While():
            yield "condition"
        case ast.Expr(value=ast.Call()):
            yield "drop"
        case ast.Assign(targets=[ast.Subscript()]) | ast.AugAssign():
            yield "drop"


def changed(node: ast.AST, change: str) -> ast.AST:
    """Return the node, which is a copy, changed."""
    match change, node:
        case "compare", ast.Compare():
            node.ops[0] = COMPARED[type(node.ops[0])]()
        case "turn", ast.Compare():
            less = isinstance(node.ops[0], ast.Lt | ast.LtE)
            node.ops[0] = ast.GtE() if less else ast.LtE()
        case "reckon", ast.BinOp() | ast.AugAssign():
            node.op = RECKONED[type(node.op)]()
        case "boolean", ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case "unary", ast.UnaryOp():
            return node.operand
        case "truth", ast.Constant():
            node.value = not node.value
        case "number", ast.Constant(value=float(number)):
            node.value = number + 1 if abs(number) < 1 else number * 1.5
        case "number", ast.Constant(value=int(number)):
            node.value = number + 1
        case "text", ast.Constant():
            node.value = f"X{node.value}X"
        case "call", ast.Call(func=ast.Attribute() as function):
            function.attr = CALLED[function.attr]
        case "call", ast.Call(func=ast.Name() as function):
            function.id = CALLED[function.id]
        case "loop", ast.Break():
            return ast.Continue()
        case "loop", ast.Continue():
            return ast.Break()
        case "condition", ast.If() | ast.IfExp() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case "drop", _:
            return ast.Pass()
    return node


class Change(ast.NodeTransformer):
    """Change one node of a tree."""

    def __init__(self, target: ast.AST, change: str) -> None:
        self.target, self.change = target, change
        self.before = self.after = ""

    def visit(self, node: ast.AST) -> ast.AST:
        if node is not self.target:
            return super().generic_visit(node)
        self.before = ast.unparse(node).splitlines()[0]
        new = ast.copy_location(changed(copy.deepcopy(node), self.change), node)
        self.after = ast.unparse(new).splitlines()[0]
        return new


def places(tree: ast.Module) -> list[Place]:
    """List all that can be changed in a module."""
    left, spans = fruitless(tree), statement_lines(tree)
    return [
        Place(number, change, *spans[id(node)])
        for number, node in enumerate(ast.walk(tree)) if id(node) not in left
        for change in changes(node)
    ]  # fmt: skip


def mutant(source: str, place: Place) -> tuple[ast.Module, Change, int]:
    """Return the changed tree, the change and its line."""
    tree = ast.parse(source)
    target = next(node for number, node in enumerate(ast.walk(tree)) if number == place.node)
    change = Change(target, place.change)
    tree = ast.fix_missing_locations(change.visit(tree))
    return tree, change, getattr(target, "lineno", place.line)
