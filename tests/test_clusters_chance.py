"""The smallest p that so many permutations can give, on either side."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

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
