"""The smallest p that so many permutations can give, and draws counted by plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from kepu.coverage import clusters
from kepu.coverage.clusters import FEWEST_PLACES, local_clusters


@pytest.mark.parametrize("sign", [1, -1])
def test_what_no_draw_reaches_has_the_smallest_p(sign):
    """Two-sided: twice (none + 1) of (permutations + 1)."""
    size = max(FEWEST_PLACES, 40)
    values = np.linspace(0.0, 1.0, size)
    values[:4] += 1000.0
    near = np.array([[j for j in range(i - 4, i + 5) if j != i][:6] for i in range(4, size - 5)])
    table = np.zeros((size, size))
    for place, others in enumerate(near, 4):
        table[place, others] = 1
    table[0] = 0
    table[0, 1:4] = 1  # its neighbours are the three greatest of all others
    found = local_clusters(sign * values, csr_matrix(table), seed=1, permutations=99)
    assert found.at[0, "p"] == pytest.approx(2 / 100)


@given(st.lists(st.integers(0, 6), min_size=4, max_size=12), st.integers(1, 3), st.data())
def test_draws_are_counted_as_by_loops_whoever_is_left_out(values, size, data):
    """Means and lags are thirds of whole numbers: many tie, and a tie is on both sides."""
    ordered = sorted(values)
    others = range(len(values) - 1)
    draw = st.lists(st.sampled_from(others), min_size=size, max_size=size, unique=True)
    draws = data.draw(st.lists(draw, min_size=1, max_size=8))
    ranks = data.draw(st.lists(st.integers(0, len(values) - 1), min_size=1, max_size=5))
    sums = [data.draw(st.integers(0, 6 * size)) for _ in ranks]
    block = data.draw(st.sampled_from([1, 3, 5_000_000]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clusters, "BLOCK_CELLS", block)
        above, below = clusters._counts(
            np.array(ordered, float), np.array(draws).T, np.array(ranks), np.array(sums) / size, 0.0
        )
    for number, (rank, own) in enumerate(zip(ranks, sums, strict=True)):
        left = ordered[:rank] + ordered[rank + 1 :]
        drawn = [sum(left[other] for other in one) for one in draws]
        assert above[number] == sum(found >= own for found in drawn)
        assert below[number] == sum(found <= own for found in drawn)
