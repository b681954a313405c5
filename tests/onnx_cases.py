"""Small ONNX models, one for every operator and its variants."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper
from onnx_models import Array, Shape, build, f, i, n


@dataclass(frozen=True)
class Case:
    """A model to be read.

    Where onnx's reference evaluator itself fails, `check` is false.
    """

    name: str
    shape: Shape | dict[str, Shape]
    nodes: tuple[onnx.NodeProto, ...]
    stored: dict[str, Array] = field(default_factory=dict)
    opset: int = 17
    outputs: str = "y"
    check: bool = True

    def __str__(self) -> str:
        return self.name

    def model(self) -> onnx.ModelProto:
        return build(*self.nodes, shape=self.shape, stored=self.stored, opset=self.opset, outputs=self.outputs)


def case(name: str, shape: Shape | dict[str, Shape], *nodes: onnx.NodeProto, opset: int = 17, **stored: Array) -> Case:
    return Case(name, shape, nodes, stored, opset)


def arithmetic() -> list[Case]:
    x = (1, 4)
    return [
        case("gemm", x, n("Gemm", "x w c", transB=1), w=f(3, 4), c=f(3)),
        case("gemm-factors", ("N", 4), n("Gemm", "x w c", alpha=0.3, beta=0.7), w=f(4, 3), c=f(1, 3)),
        case("gemm-no-bias", x, n("Gemm", "x w"), w=f(4, 2)),
        case("gemm-left", (3, 2), n("Gemm", "w x x", alpha=2.0, beta=0.5), w=f(3, 3)),
        case("gemm-transposed", (3, 2), n("Gemm", "x w", transA=1), w=f(3, 2)),
        case("matmul", ("N", 2, 4), n("MatMul", "x w"), w=f(4, 3)),
        case("matmul-left", (1, 2, 3), n("MatMul", "w x"), w=f(5, 2)),
        case("matmul-batched", (1, 2, 3), n("MatMul", "x w"), w=f(4, 3, 2)),
        case("matmul-vector", x, n("MatMul", "x w"), w=f(4)),
        case("matmul-constants", x, n("MatMul", "a b", "w"), n("MatMul", "x w"), a=f(4, 2), b=f(2, 3)),
        case("add", x, n("Add", "x c"), c=f(3, 1)),
        case("add-itself", x, n("Relu", "x", "r"), n("Add", "x r")),
        case("sub", x, n("Sub", "x c"), c=f(4)),
        case("sub-from", x, n("Sub", "c x"), c=f(1, 4)),
        case("sub-tensors", {"x": (1, 4), "z": (1, 1)}, n("Sub", "x z")),
        case("mul", x, n("Mul", "c x"), c=f(2, 1, 4)),
        case("div", x, n("Div", "x c"), c=np.array([3, 0.5, 7, -1.1], dtype=np.float32)),
        case("neg", x, n("Neg")),
        case("sum", {"a": (1, 4), "b": (1, 1)}, n("Sum", "a b c a"), c=f(4)),
        case("sum-of-one", x, n("Sum", "x")),
        case("mean", {"a": (1, 4), "b": (1, 1)}, n("Mean", "a b c"), c=f(4)),
        case("pow-one", x, n("Pow", "x c"), c=np.array(1, dtype=np.float32)),
        case(
            "normalised",
            x,
            n("Sub", "x m", "a"),
            n("Div", "a s", "b"),
            n("Relu", "b"),
            m=f(4),
            s=np.float32([3, 5, 7, 9]),
        ),
    ]


def activations() -> list[Case]:
    x = (1, 3, 2)
    return [
        case("relu", x, n("Relu")),
        case("leaky-relu", x, n("LeakyRelu", alpha=0.3)),
        case("leaky-relu-default", x, n("LeakyRelu")),
        case("prelu-channels", x, n("PRelu", "x s"), s=f(3, 1)),
        case("prelu-one", x, n("PRelu", "x s"), s=f(1)),
        case("prelu-scalar", x, n("PRelu", "x s"), s=np.array(0.3, dtype=np.float32)),
        case("prelu-each", x, n("PRelu", "x s"), s=f(1, 3, 2)),
        case("clip", x, n("Clip", "x a b"), a=np.float32(-0.3), b=np.float32(0.7)),
        case("clip-below", x, n("Clip", "x a"), a=np.float32(-0.3)),
        case("clip-above", x, n("Clip", "x _ b"), b=np.float32(0.2)),
        case("clip-nothing", x, n("Clip", "x")),
        case("clip-attributes", x, n("Clip", "x", min=-0.3, max=0.7), opset=7),
        case("clip-old-default", x, n("Clip", "x", min=0.0, max=float(np.finfo(np.float32).max)), opset=9),
        case("clip-equal", x, n("Clip", "x a a"), a=np.float32(0.5)),
        case("clip-tensor", {"x": (1, 3), "z": ()}, n("Clip", "x z b"), b=np.float32(0.5)),
        case("abs", x, n("Abs")),
        case("hard-sigmoid", x, n("HardSigmoid", alpha=1 / 6, beta=0.5)),
        case("hard-sigmoid-default", x, n("HardSigmoid")),
        case("hard-sigmoid-falling", x, n("HardSigmoid", alpha=-0.7, beta=0.1)),
        case("thresholded-relu", x, n("ThresholdedRelu", alpha=0.0)),
        case("shrink", x, n("Shrink", lambd=0.4, bias=0.4)),
        case("max", {"a": (1, 4), "b": (1, 1)}, n("Max", "a b c"), c=f(4)),
        case("max-constant", x, n("Max", "c x"), c=f(3, 1)),
        case("max-of-one", x, n("Max")),
        case("min", {"a": (1, 4), "b": (1, 1)}, n("Min", "a b")),
        case("min-constants", x, n("Min", "x c d"), c=f(2), d=f(3, 1)),
        case("top", (1, 5), n("TopK", "x k", "y places", axis=1), k=i(3)),
        case("bottom", (1, 5, 2), n("TopK", "x k", "y places", axis=1, largest=0), k=i(5)),
        case("prelu-net", x, n("MatMul", "x w", "a"), n("PRelu", "a s", "b"), n("Relu", "b"), w=f(2, 3), s=f(3, 1)),
    ]


def windows() -> list[Case]:
    image, signal = (1, 2, 7, 6), ("N", 4, 9)
    w, b = f(4, 2, 3, 2), f(4)
    pool = {"kernel_shape": [3, 2], "strides": [2, 2]}
    rounded = {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}
    same = {"kernel_shape": [3, 2], "strides": [2, 2]}
    scale = {"s": f(4), "b": f(4), "m": f(4), "v": np.abs(f(4)) + np.float32(0.3)}
    return [
        case("conv", image, n("Conv", "x w b"), w=w, b=b),
        case("conv-pads", image, n("Conv", "x w", pads=[1, 0, 2, 1], strides=[2, 1], kernel_shape=[3, 2]), w=w),
        case("conv-dilations", image, n("Conv", "x w b", dilations=[2, 3]), w=w, b=b),
        case("conv-groups", image, n("Conv", "x w b", group=2), w=f(4, 1, 2, 2), b=b),
        case("conv-same-upper", image, n("Conv", "x w", auto_pad="SAME_UPPER", strides=[2, 2]), w=w),
        case("conv-same-lower", image, n("Conv", "x w", auto_pad="SAME_LOWER", strides=[3, 2]), w=w),
        case("conv-valid", image, n("Conv", "x w", auto_pad="VALID"), w=w),
        case("conv-1d", signal, n("Conv", "x w b", pads=[2, 1], dilations=[2]), w=f(3, 4, 3), b=f(3)),
        case("conv-3d", (1, 1, 3, 3, 2), n("Conv", "x w"), w=f(2, 1, 2, 2, 2)),
        case(
            "conv-transpose",
            (1, 2, 3, 3),
            n("ConvTranspose", "x w b", strides=[2, 3], pads=[1, 0, 0, 2]),
            w=w[:2],
            b=f(2),
        ),
        case("max-pool", image, n("MaxPool", **pool)),
        case("max-pool-pads", image, n("MaxPool", **pool, pads=[1, 0, 2, 1])),
        case("max-pool-dilations", image, n("MaxPool", kernel_shape=[2, 2], dilations=[3, 2])),
        case("max-pool-ceil", image, n("MaxPool", **rounded)),
        case("max-pool-ceil-pads", image, n("MaxPool", **rounded, pads=[1, 1, 1, 1])),
        case("max-pool-same", image, n("MaxPool", **same, auto_pad="SAME_LOWER")),
        case("max-pool-1d", signal, n("MaxPool", kernel_shape=[3])),
        case("average-pool", image, n("AveragePool", **pool)),
        case("average-pool-pads", image, n("AveragePool", **pool, pads=[1, 0, 2, 1])),
        case("average-pool-counted", image, n("AveragePool", **pool, pads=[1, 0, 2, 1], count_include_pad=1)),
        case("average-pool-ceil", image, n("AveragePool", **rounded)),
        case("average-pool-ceil-pads", image, n("AveragePool", **rounded, pads=[1, 1, 1, 1])),
        case(
            "average-pool-ceil-counted",
            image,
            n("AveragePool", **rounded, pads=[1, 1, 1, 1], count_include_pad=1),
            opset=19,
        ),
        case("average-pool-same", image, n("AveragePool", **same, auto_pad="SAME_UPPER")),
        case("average-pool-dilations", image, n("AveragePool", kernel_shape=[2, 2], dilations=[2, 2]), opset=19),
        case("average-pool-1d", signal, n("AveragePool", kernel_shape=[2], strides=[2])),
        case("global-average-pool", image, n("GlobalAveragePool")),
        case("global-max-pool", image, n("GlobalMaxPool")),
        case("global-max-pool-1d", signal, n("GlobalMaxPool")),
        case("global-average-pool-1d", signal, n("GlobalAveragePool")),
        case("batch-normalisation", (1, 4, 2, 3), n("BatchNormalization", "x s b m v"), **scale),
        case("batch-normalisation-flat", (1, 4), n("BatchNormalization", "x s b m v", epsilon=0.1), **scale),
        case("batch-normalisation-old", (1, 4, 2), n("BatchNormalization", "x s b m v"), opset=7, **scale),
        case(
            "cnn",
            ("N", 1, 8, 8),
            n("Conv", "x w", "a", pads=[1, 1, 1, 1]),
            n("BatchNormalization", "a s b m v", "c"),
            n("Relu", "c", "d"),
            n("MaxPool", "d", "e", kernel_shape=[2, 2], strides=[2, 2]),
            n("Flatten", "e", "g"),
            n("Gemm", "g u h", transB=1),
            w=f(4, 1, 3, 3),
            u=f(3, 64),
            h=f(3),
            **scale,
        ),
    ]


def shapes() -> list[Case]:
    x = (1, 2, 3, 4)
    return [
        case("flatten", x, n("Flatten")),
        case("flatten-axis", x, n("Flatten", axis=2)),
        case("flatten-negative", x, n("Flatten", axis=-1)),
        case("reshape", x, n("Reshape", "x s"), s=i(0, -1, 2)),
        case("reshape-allowzero", x, n("Reshape", "x s", allowzero=1), s=i(4, 6)),
        case("transpose", x, n("Transpose", perm=[0, 3, 1, 2])),
        case("transpose-all", x, n("Transpose")),
        case("concat", x, n("Relu", "x", "r"), n("Concat", "x c r", axis=1), c=f(1, 1, 3, 4)),
        case("concat-constants", x, n("Concat", "c c", "d", axis=-1), n("Add", "x d"), c=f(3, 2)),
        case("slice", x, n("Slice", "x a b c d"), a=i(-1, 0), b=i(-100, 3), c=i(3, -2), d=i(-2, 2)),
        case("slice-plain", x, n("Slice", "x a b"), a=i(0, 1), b=i(1, 2**62)),
        case("slice-attributes", x, n("Slice", "x", starts=[1], ends=[3], axes=[3]), opset=9),
        case("gather", x, n("Gather", "x j", axis=3), j=np.array([[0, -1], [2, 0]])),
        case("gather-one", x, n("Gather", "x j", axis=2), j=np.array(1)),
        case("gather-elements", (1, 4), n("GatherElements", "x j", axis=1), j=np.array([[3, 3, -4]])),
        case("squeeze", (1, 4, 1), n("Squeeze", "x a"), a=i(-1)),
        case("squeeze-all", (1, 4, 1), n("Squeeze")),
        case("squeeze-attribute", (1, 4, 1), n("Squeeze", axes=[2]), opset=11),
        case("unsqueeze", (1, 4), n("Unsqueeze", "x a"), a=i(0, -1)),
        case("unsqueeze-attribute", (1, 4), n("Unsqueeze", axes=[1]), opset=11),
        case("expand", (1, 4, 1), n("Expand", "x s"), s=i(2, 1, 3)),
        case("tile", (1, 4), n("Tile", "x s"), s=i(2, 3)),
        case("where", (1, 4), n("Relu", "x", "r"), n("Where", "c r x"), c=np.array([True, False, False, True])),
        case("pad", x, n("Pad", "x p c"), p=i(0, 0, 1, 0, 0, 1, 2, 0), c=np.float32(0.7)),
        case("pad-zero", x, n("Pad", "x p"), p=i(0, 0, 1, 0, 0, 1, 2, 0)),
        case("pad-axes", x, n("Pad", "x p c a"), p=i(1, 2), c=np.float32(-1), a=i(-1), opset=18),
        case("pad-attributes", x, n("Pad", pads=[0, 0, 1, 0, 0, 1, 2, 0], value=0.3), opset=9),
        case("pad-reflect", x, n("Pad", "x p", mode="reflect"), p=i(0, 0, 1, 2, 0, 0, 2, 1)),
        case("pad-edge", x, n("Pad", "x p", mode="edge"), p=i(0, 0, 1, 2, 0, 0, 2, 1)),
        case("identity", x, n("Identity")),
        case("dropout", x, n("Dropout")),
        case("dropout-inference", x, n("Dropout", "x r t"), r=np.float32(0.5), t=np.array(False)),
        case("cast", x, n("Cast", to=TensorProto.DOUBLE, outputs="d"), n("Cast", "d", to=TensorProto.FLOAT)),
        case("cast-like", x, n("CastLike", "x c"), c=f(1)),
        case("depth-to-space", (1, 8, 2, 1), n("DepthToSpace", blocksize=2)),
        case("depth-to-space-crd", (1, 8, 2, 1), n("DepthToSpace", blocksize=2, mode="CRD")),
        case("space-to-depth", (1, 2, 4, 2), n("SpaceToDepth", blocksize=2)),
        case(
            "resize",
            (1, 1, 2, 3),
            n("Resize", "x _ s", coordinate_transformation_mode="asymmetric", nearest_mode="floor", mode="nearest"),
            s=np.float32([1, 1, 2, 3]),
        ),
        case("resize-default", (1, 1, 2, 3), n("Resize", "x _ _ z"), z=i(1, 1, 4, 9)),
        case("upsample", (1, 1, 2, 3), n("Upsample", "x s", mode="nearest"), s=np.float32([1, 1, 2, 2]), opset=9),
        case("reduce-sum", x, n("ReduceSum", "x a", keepdims=0), a=i(-1, 1)),
        case("reduce-sum-attribute", x, n("ReduceSum", axes=[1]), opset=11),
        case("reduce-sum-nothing", x, n("ReduceSum", noop_with_empty_axes=1)),
        case("reduce-mean", x, n("ReduceMean", axes=[2, 3])),
        case("reduce-mean-new", x, n("ReduceMean", "x a", keepdims=0), a=i(2), opset=18),
        case("reduce-max", x, n("ReduceMax", axes=[-1], keepdims=0)),
        case("reduce-max-all", x, n("ReduceMax")),
        case("reduce-min", x, n("ReduceMin", axes=[1])),
        case("reduce-l1", x, n("ReduceL1", axes=[1, 3])),
    ]


def constants() -> list[Case]:
    """y = x + something that is computed from constants."""
    x = (1, 4)
    c, d = np.float32([0.5, 2, 1, 3]), np.float32([2, -1, 1, 0.5])
    real, whole = {"c": c, "d": d}, {"c": i(3, -7, 0, 5), "d": i(2, 2, 1, -3)}
    to_real = n("Cast", "t", "u", to=TensorProto.FLOAT)
    last = n("Add", "x u")
    cases = [
        case(f"constant-{op.lower()}", x, n(op, "c", "u"), last, **real)
        for op in ("Abs", "Ceil", "Exp", "Floor", "Log", "Neg", "Reciprocal", "Relu", "Round", "Sign", "Sqrt")
    ]
    cases += [
        case(f"constant-{op.lower()}", x, n(op, "c d", "u"), last, **real)
        for op in ("Add", "Div", "Max", "Mean", "Min", "Mul", "Pow", "Sub", "Sum")
    ]
    cases += [
        case(f"integer-{op.lower()}", x, n(op, "c d", "t"), to_real, last, **whole)
        for op in ("Add", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mul", "Sub")
    ]
    cases += [
        case(
            f"boolean-{op.lower()}",
            x,
            n("Cast", "c", "p", to=TensorProto.BOOL),
            n("Less", "c d", "q"),
            n(op, "p" if op == "Not" else "p q", "t"),
            to_real,
            last,
            **whole,
        )
        for op in ("And", "Or", "Xor", "Not")
    ]
    cases += [
        case(f"constant-{op.lower()}", x, n(op, "c", "u", keepdims=1), last, c=c)
        for op in (
            "ReduceL1",
            "ReduceL2",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "ReduceProd",
            "ReduceSum",
            "ReduceSumSquare",
        )
    ]
    return [
        *cases,
        case("constant-where", x, n("Less", "c d", "p"), n("Where", "p c d", "u"), last, **real),
        case(
            "constant-nonzero",
            x,
            n("NonZero", "c", "t"),
            to_real,
            n("ReduceSum", "u", "v"),
            n("Add", "x v"),
            c=i(3, 0, 1),
        ),
        case(
            "constant-cast-down",
            x,
            n("Cast", "c", "t", to=TensorProto.INT32),
            to_real,
            last,
            c=np.float32([1.7, -1.7, 0, 9]),
        ),
        case("range", x, n("Range", "a b c", "t"), to_real, last, a=np.array(1), b=np.array(8), c=np.array(2)),
        case(
            "shape", x, n("Shape", "x", "s"), n("Cast", "s", "t", to=TensorProto.FLOAT), n("ReduceSum", "t", "u"), last
        ),
        case("shape-part", (1, 2, 3), n("Shape", "x", "s", start=-2), n("Reshape", "x s")),
        case("size", x, n("Size", "x", "t"), to_real, last),
        case(
            "constant-of-shape", x, n("ConstantOfShape", "s", "u", value=numpy_helper.from_array(f(1))), last, s=i(1, 4)
        ),
        case("zeros", x, n("ConstantOfShape", "s", "u"), n("Concat", "x u", axis=1), s=i(1, 2)),
        case("constant", x, n("Constant", "", "u", value=numpy_helper.from_array(f(4))), last),
        case("constant-float", x, n("Constant", "", "u", value_float=0.1), last),
        case("constant-floats", x, n("Constant", "", "u", value_floats=[0.1, 0.2, 0.3, 0.4]), last),
        case("constant-int", x, n("Constant", "", "s", value_ints=[2, 2]), n("Reshape", "x s")),
        case("cast-like-constant", x, n("CastLike", "c x", "u"), last, c=i(1, 2, 3, 4)),
        case("flatten-as-torch", ("N", 2, 2), *torch_flatten(), o=i(-1)),
        case("only-constants-relu", x, n("Clip", "c a b", "u"), last, c=c, a=np.float32(0.6), b=np.float32(2.5)),
    ]


def torch_flatten() -> list[onnx.NodeProto]:
    """What torch writes for ``x.view(x.size(0), -1)``."""
    return [
        n("Shape", "x", "s"),
        n("Constant", "", "zero", value=numpy_helper.from_array(np.array(0))),
        n("Gather", "s zero", "first", axis=0),
        n("Constant", "", "axes", value=numpy_helper.from_array(i(0))),
        n("Unsqueeze", "first axes", "batch"),
        n("Concat", "batch o", "t", axis=0),
        n("Reshape", "x t"),
    ]


def several() -> list[Case]:
    """Several outputs or inputs."""
    split = n("Split", "x s", "a b", axis=1)
    return [
        Case("split", (1, 5), (split,), {"s": i(2, 3)}, outputs="b a"),
        Case("split-equal", (1, 4), (n("Split", "x", "a b", axis=1),), outputs="a b"),
        Case("split-attribute", (1, 5), (n("Split", "x", "a b", axis=1, split=[4, 1]),), opset=11, outputs="a b"),
        Case("split-number", (1, 5), (n("Split", "x", "a b", axis=1, num_outputs=2),), opset=18, outputs="a b"),
        Case(
            "two-inputs", {"p": (1, 2), "q": ("N", 3)}, (n("Concat", "q p", "r", axis=1), n("Relu", "r")), outputs="y q"
        ),
        Case("passed-on", (1, 3), (n("Relu"),), outputs="y x"),
        Case("no-batch", (4,), (n("MatMul", "x w", "a"), n("Relu", "a")), {"w": f(4, 2)}),
        Case("acas", (1, 1, 1, 5), (n("Flatten", "x", "a"), n("Gemm", "a w", "b"), n("Relu", "b")), {"w": f(5, 3)}),
    ]


def unfollowed() -> list[Case]:
    """Models at which onnx's reference evaluator fails."""
    back = n("ConvTranspose", "x w", strides=[3], output_padding=[2], dilations=[2], group=2)
    return [
        Case("conv-transpose-more", (1, 4, 4), (back,), {"w": f(4, 3, 2)}, check=False),
        Case("pad-cut", (1, 4), (n("Pad", "x p"),), {"p": i(0, -1, 0, 2)}, check=False),
        Case("resize-old", (1, 1, 2, 3), (n("Resize", "x s"),), {"s": np.float32([1, 1, 2, 3])}, opset=10, check=False),
    ]


CASES = [*arithmetic(), *activations(), *windows(), *shapes(), *constants(), *several(), *unfollowed()]
