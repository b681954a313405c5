"""Operations of deep-learning frameworks on tensors; see `polyregions.networks.tensor`.

The leading axis of every tensor is the batch, of size 1, so that axes are numbered as in the frameworks.
"""

from polyregions.networks.operators.arithmetic import (
    add,
    divide,
    linear,
    matmul,
    mean,
    multiply,
    negate,
    subtract,
    total,
)
from polyregions.networks.operators.convolution import conv
from polyregions.networks.operators.extremes import group_sort, max_along, maximum, min_along, minimum
from polyregions.networks.operators.normalisation import batch_norm
from polyregions.networks.operators.pooling import (
    adaptive_average_pool,
    adaptive_max_pool,
    average_pool,
    global_average_pool,
    global_max_pool,
    max_pool,
)
from polyregions.networks.operators.shapes import (
    broadcast,
    concatenate,
    flatten,
    gather,
    pad,
    reshape,
    slice_,
    split,
    squeeze,
    transpose,
    unsqueeze,
)
from polyregions.networks.tensor import Tensor, inputs

__all__ = [
    "Tensor",
    "adaptive_average_pool",
    "adaptive_max_pool",
    "add",
    "average_pool",
    "batch_norm",
    "broadcast",
    "concatenate",
    "conv",
    "divide",
    "flatten",
    "gather",
    "global_average_pool",
    "global_max_pool",
    "group_sort",
    "inputs",
    "linear",
    "matmul",
    "max_along",
    "max_pool",
    "maximum",
    "mean",
    "min_along",
    "minimum",
    "multiply",
    "negate",
    "pad",
    "reshape",
    "slice_",
    "split",
    "squeeze",
    "subtract",
    "total",
    "transpose",
    "unsqueeze",
]
