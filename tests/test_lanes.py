"""Sixteen times at once: what the processor does is what is meant."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepu.geo.lanes import (
    LANES,
    fetch,
    later,
    nothing,
    put,
    reached,
    send,
    sooner,
    take,
    within,
)  # fmt: skip
from kepu.geo.rows import aligned

from . import plain_lanes as plain


@numba.njit(boundscheck=False)
def compiled(array, number, bound, found):
    """Write one result of every instruction after the other; tell what is reached."""
    fetch(array, 0)
    one, other = take(array, 0), take(array, LANES)
    put(found, 0, sooner(one, other))
    put(found, LANES, later(one, number))
    put(found, 2 * LANES, within(other, bound))
    send(found, 3 * LANES, nothing(array))
    send(found, 4 * LANES, take(array, 3))
    return reached(within(one, bound)), reached(nothing(array))


def meant(array, number, bound):
    one, other = plain.take(array, 0), plain.take(array, LANES)
    parts = [
        plain.sooner(one, other), plain.later(one, number), plain.within(other, bound),
        plain.nothing(array), plain.take(array, 3),
    ]  # fmt: skip
    return np.concatenate(parts), (plain.reached(plain.within(one, bound)), False)


@pytest.mark.parametrize("bits", [16, 32])
@given(st.data())
def test_the_processor_does_what_is_meant(bits, data):
    largest = 2**bits - 1
    number = st.one_of(
        st.integers(0, 9), st.integers(largest - 9, largest), st.integers(0, largest)
    )
    array = aligned(2 * LANES, bits)
    array[:] = data.draw(st.lists(number, min_size=2 * LANES, max_size=2 * LANES))
    more, bound = data.draw(number), data.draw(number)
    found = aligned(5 * LANES, bits)
    told = compiled(array, np.int64(more), np.int64(bound), found)
    expected, reaches = meant(array, more, bound)
    np.testing.assert_array_equal(found, expected)
    assert tuple(map(bool, told)) == reaches


def test_what_would_be_too_late_is_unreached_and_never_early():
    """By hand: an addition that ran over would be the worst of errors, a time that is too short."""
    array, found = aligned(2 * LANES, 16), aligned(5 * LANES, 16)
    array[:] = 65_530
    compiled(array, np.int64(7), np.int64(65_529), found)
    np.testing.assert_array_equal(found[LANES : 2 * LANES], 65_535)
    np.testing.assert_array_equal(found[2 * LANES : 3 * LANES], 65_535)
    compiled(array, np.int64(4), np.int64(65_530), found)
    np.testing.assert_array_equal(found[LANES : 2 * LANES], 65_534)
    np.testing.assert_array_equal(found[2 * LANES : 3 * LANES], 65_530)
