"""A heap of whole numbers inside kernels: the smallest is always at hand."""

from __future__ import annotations

from .compiled import Array, Int, kernel


@kernel
def push(heap: Array, count: Int, key: Int) -> Int:
    """Put a key into a heap of `count`; return how many there are."""
    at = count
    while at > 0:
        above = (at - 1) >> 1
        if heap[above] <= key:
            break
        heap[at] = heap[above]
        at = above
    heap[at] = key
    return count + 1


@kernel
def pop(heap: Array, count: Int) -> Int:
    """Take the smallest key, heap[0], out of a heap of `count`; return how many are left."""
    count -= 1
    last = heap[count]
    at, below = 0, 1
    while below < count:
        if below + 1 < count and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= last:
            break
        heap[at] = heap[below]
        at, below = below, 2 * below + 1
    heap[at] = last
    return count
