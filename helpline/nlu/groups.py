"""Near-duplicates, and folds that never part them: the honest way to measure and calibrate."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

SIMILAR = 0.5
"""Cosine from which two examples are near-duplicates."""
_ROWS = 200


def near_duplicates(matrix: sp.csr_matrix, similar: float = SIMILAR) -> NDArray[np.int32]:
    """The group of each row: connected components of cosine similarity."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(1)).ravel())
    lengths[lengths == 0] = 1
    scaled = sp.diags(1 / lengths).dot(matrix).tocsr().astype(np.float32)
    turned = scaled.T.tocsr()
    links = []
    for start in range(0, scaled.shape[0], _ROWS):
        part = (scaled[start : start + _ROWS] @ turned).tocoo()
        near = part.data >= similar
        links.append((part.row[near] + start, part.col[near]))
    rows, columns = (np.concatenate(side) for side in zip(*links, strict=True))
    graph = sp.coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(scaled.shape[0],) * 2)
    return np.asarray(connected_components(graph, directed=False)[1], np.int32)


def folds(groups: NDArray[np.int32], count: int, seed: int = 20) -> NDArray[np.int32]:
    """The fold of each row, whole groups together."""
    numbers = int(groups.max()) + 1 if len(groups) else 0
    order = np.random.RandomState(seed).permutation(numbers)
    return np.asarray(order[groups] % count, np.int32)
