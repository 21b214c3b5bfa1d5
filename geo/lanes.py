"""
Sixteen times at once: vectors of whole numbers as values inside kernels.

numba knows no vectors; a loop over 16 numbers of 16 bits is left to the compiler's luck (a third of
the speed). Here a kernel holds them in a register: `take` and `put` move them, `later` adds a time
to all of them and stops at the largest number, which means unreached; `sooner` keeps the smaller.

Of an array of 16-bit numbers a vector holds 16 times; of 32-bit numbers 16 wide times, or 16 times
with the number of the venue in the lower half: the smaller of two such is the sooner, and of
equally near venues that of the lower number.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import models, register_model

from .compiled import instruction

LANES = 16


class Lanes(types.Type):
    """Sixteen numbers of so many bits, as numba sees them."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        super().__init__(name=f"Lanes({bits})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """Sixteen numbers, as the processor sees them."""

    def __init__(self, manager: Any, lanes: Lanes) -> None:
        super().__init__(manager, lanes, _vector(lanes.bits))  # type: ignore[no-untyped-call]


def _vector(bits: int) -> Any:
    return ir.VectorType(ir.IntType(bits), LANES)


def _full(vector: Any) -> Any:
    return ir.Constant(vector, [(1 << vector.element.width) - 1] * LANES)


def _splat(builder: Any, number: Any, vector: Any) -> Any:
    """Repeat a 64-bit number in every lane."""
    nothing = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(
        nothing, builder.trunc(number, vector.element), ir.Constant(ir.IntType(32), 0)
    )
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(one, nothing, zeros)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """Return the address of array[at] as that of a vector."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), _vector(kind.dtype.bitwidth).as_pointer())


def _both(builder: Any, name: str, one: Any, other: Any) -> Any:
    """Call an instruction of two vectors."""
    vector = one.type
    function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module,
        ir.FunctionType(vector, [vector, vector]),
        f"llvm.{name}.v{LANES}i{vector.element.width}",
    )
    return builder.call(function, [one, other])


@instruction
def take(typing: Any, array: Any, at: Any) -> Any:
    """Read 16 numbers from array[at] on."""
    kind = Lanes(array.dtype.bitwidth)

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        loaded = builder.load(_pointer(context, builder, signature.args[0], *values))
        loaded.align = signature.args[0].dtype.bitwidth // 8
        return loaded

    return kind(array, types.int64), write


@instruction
def put(typing: Any, array: Any, at: Any, lanes: Any) -> Any:
    """Write 16 numbers to array[at] and on."""

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        stored = builder.store(
            values[2], _pointer(context, builder, signature.args[0], *values[:2])
        )
        stored.align = signature.args[0].dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(array, types.int64, lanes), write


@instruction
def send(typing: Any, array: Any, at: Any, lanes: Any) -> Any:
    """
    Write 16 numbers past the caches, where nobody reads them soon.

    `array[at]` must lie at a multiple of the vector's size.
    """

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        stored = builder.store(
            values[2], _pointer(context, builder, signature.args[0], *values[:2])
        )
        stored.align = signature.args[0].dtype.bitwidth // 8 * LANES
        one = ir.Constant(ir.IntType(32), 1)
        stored.set_metadata("nontemporal", builder.module.add_metadata([one]))
        return context.get_dummy_value()

    return types.void(array, types.int64, lanes), write


@instruction
def nothing(typing: Any, array: Any) -> Any:
    """Return 16 times unreached, of the kind that `array` holds."""
    kind = Lanes(array.dtype.bitwidth)

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _full(_vector(signature.return_type.bits))

    return kind(array), write


@instruction
def later(typing: Any, lanes: Any, number: Any) -> Any:
    """Add a number to every lane; what would be too large is unreached."""

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _both(builder, "uadd.sat", values[0], _splat(builder, values[1], values[0].type))

    return lanes(lanes, types.int64), write


@instruction
def sooner(typing: Any, one: Any, other: Any) -> Any:
    """Keep the smaller number of each lane."""

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _both(builder, "umin", *values)

    return one(one, other), write


@instruction
def within(typing: Any, lanes: Any, bound: Any) -> Any:
    """Make unreached what is above a bound."""

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vector = values[0].type
        inside = builder.icmp_unsigned("<=", values[0], _splat(builder, values[1], vector))
        return builder.select(inside, values[0], _full(vector))

    return lanes(lanes, types.int64), write


@instruction
def reached(typing: Any, lanes: Any) -> Any:
    """Tell whether any lane is reached."""

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        found = builder.icmp_unsigned("!=", values[0], _full(values[0].type))
        mask = builder.bitcast(found, ir.IntType(LANES))
        return builder.icmp_unsigned("!=", mask, ir.Constant(mask.type, 0))

    return types.boolean(lanes), write


@instruction
def fetch(typing: Any, array: Any, at: Any) -> Any:
    """Ask the memory for what stands at array[at], without waiting for it."""

    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte, number, number, number]),
            "llvm.prefetch.p0",
        )
        place = builder.bitcast(builder.gep(data, [values[1]]), byte)
        builder.call(function, [place, *(ir.Constant(number, value) for value in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, types.int64), write
