"""PyTorch modules in double precision, for inference, on the processor."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from polyregions.errors import InvalidNetwork, MissingDependency
from polyregions.networks.loaders.torch.shapes import TORCH_ERRORS
from polyregions.networks.loaders.unsupported import Problems

if TYPE_CHECKING:
    from torch import nn

FORWARD_ERRORS = (*TORCH_ERRORS, AttributeError, LookupError, AssertionError, ArithmeticError, NameError)
"""What the code of a module may raise on arguments that it does not expect."""

FIXED_HOOKS = (
    "it may change what the module computes, which is not seen here: remove it, or make its weights fixed with "
    "torch.nn.utils.remove_weight_norm, torch.nn.utils.remove_spectral_norm or torch.nn.utils.prune.remove"
)


@contextmanager
def in_double() -> Iterator[None]:
    """Let PyTorch compute in double precision, without gradients and without warnings."""
    import torch
    from torch.overrides import TorchFunctionMode

    def widened(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.double() if value.is_floating_point() else value
        if type(value) in {list, tuple}:
            return type(value)(widened(part) for part in value)
        return value

    class InDouble(TorchFunctionMode):
        """Makes all real tensors double; converting them to single does nothing."""

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            if getattr(func, "__name__", "") in {"float", "to", "type"} and isinstance(args[0], torch.Tensor):
                single = {torch.float32: torch.float64, "torch.FloatTensor": "torch.DoubleTensor"}
                args = [single.get(part, part) if isinstance(part, torch.dtype | str) else part for part in args]
                kwargs = {key: torch.float64 if part == torch.float32 else part for key, part in kwargs.items()}
                func = torch.Tensor.double if func.__name__ == "float" else func
            return widened(func(*map(widened, args), **{key: widened(part) for key, part in kwargs.items()}))

    with warnings.catch_warnings(), torch.no_grad(), InDouble():
        warnings.simplefilter("ignore")
        yield


def double_copy(module: Any) -> nn.Module:
    """Return a copy of a module in inference mode and double precision, on the processor."""
    try:
        import torch
        from torch.nn.parameter import is_lazy
        from torch.nn.utils import parametrize
    except ImportError:
        raise MissingDependency("PyTorch modules need torch: python -m pip install 'polyregions[torch]'") from None

    if not isinstance(module, torch.nn.Module):
        raise InvalidNetwork(f"from_torch needs a torch.nn.Module, got {type(module).__name__}; files: load_network")
    if isinstance(module, torch.jit.ScriptModule):
        raise InvalidNetwork(
            "TorchScript is not read: build the torch.nn.Module itself and load its state dict into it"
        )
    if isinstance(module, torch.nn.DataParallel):
        module = module.module
    module = getattr(module, "_orig_mod", module)
    if any(is_lazy(tensor) for tensor in (*module.parameters(), *module.buffers())):
        raise InvalidNetwork("the module has lazy layers whose sizes are not known yet: evaluate it once on an input")
    problems = Problems("the module")
    for name, part in module.named_modules():
        for hook in (*part._forward_pre_hooks.values(), *part._forward_hooks.values()):
            problems.add(
                f"forward hook {getattr(hook, '__name__', type(hook).__name__)}", name or "itself", FIXED_HOOKS
            )
    problems.check()
    try:
        result: Any = copy.deepcopy(module).cpu().eval()
        for part in list(result.modules()):
            if parametrize.is_parametrized(part):
                _fix_weights(part)
        double: nn.Module = result.double()
        return double
    except FORWARD_ERRORS as error:
        raise InvalidNetwork(
            f"the module cannot be copied to double precision on the processor: {first_line(error)}"
        ) from None


def _fix_weights(part: Any) -> None:
    """Make computed weights plain ones.

    PyTorch's own function for that takes them away from the class, which is also that of the module copied from.
    """
    import torch

    weights = {name: getattr(part, name).detach().clone() for name in part.parametrizations}
    del part.parametrizations
    part.__class__ = type(part).__bases__[0]
    for name, weight in weights.items():
        part.register_parameter(name, torch.nn.Parameter(weight, requires_grad=False))


def first_line(error: BaseException) -> str:
    """Return the kind of an error and the first line of its message."""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
