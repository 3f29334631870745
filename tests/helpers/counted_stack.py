"""A lazy stack that records which parts are read."""

import dask.array as da
import numpy as np


class Counted:
    """A lazy stack, one chunk per slice, that notes which ones are read."""

    def __init__(self, stack):
        self.stack, self.read = stack, []
        ones = tuple((1,) * length for length in stack.shape[:-2])
        self.array = da.map_blocks(
            self._block,
            chunks=(*ones, *((side,) for side in stack.shape[-2:])),
            dtype=stack.dtype,
            meta=np.empty((0,) * stack.ndim, stack.dtype),
        )

    def _block(self, block_id):
        index = block_id[:-2]
        self.read.append(index)
        return self.stack[index][(np.newaxis,) * len(index)]
