"""The frame of the checks: of what kind an answer is, then whether it is right.

A check raises ``Mistake`` with one sentence. Everything here fails closed: what is NaN or
infinite, of another shape or of another kind than asked is never right.
"""

import functools
import inspect
import math
import numbers
import os
import traceback

import numpy as np
import torch


class Mistake(Exception):
    """What is wrong with an answer to an exercise, in one sentence."""


def exercise(number):
    """Turn a function that raises ``Mistake`` into a check that prints its verdict.

    The check never raises, so that a notebook runs to its end whatever the answer, and
    leaves the random state as it found it. An answer that is still ``None`` or ``...``,
    or a function that returns ``...``, counts as not started.

    Args:
        number: the exercise as the lesson numbers it, for instance "1.2".
    """

    def decorate(check):
        @functools.wraps(check)
        def run(*answers):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                print(_verdict(number, check, answers))

        return run

    return decorate


def _verdict(number, check, answers):
    try:
        for answer in answers:
            given(answer)
        check(*answers)
    except Mistake as mistake:
        return f"○ Exercise {number}: {mistake}"
    except Exception:
        return (
            f"○ Exercise {number}: this kind of answer cannot be checked; compare it "
            "with what the text asks for"
        )
    return f"✓ Exercise {number}: solved"


def given(answer):
    """Return the answer, or raise ``Mistake`` if it is still the starting cell's."""
    if answer is None or answer is ...:
        raise Mistake("not started yet; replace the ... in the cell above")
    return answer


def call(function, *arguments, hint="", returns=True):
    """What the reader's function, class or network returns; its errors are mistakes.

    Args:
        hint: what usually explains an error that the reader's code raises.
        returns: False if the function has nothing to return.
    """
    if not callable(function):
        raise Mistake(f"a function is expected; got {kind(function)}")
    refusal = Mistake(
        f"it must be possible to call the function with {len(arguments)} arguments, as "
        "the text describes it"
    )
    network = isinstance(function, torch.nn.Module)
    try:
        inspect.signature(function.forward if network else function).bind(*arguments)
    except TypeError:
        raise refusal from None
    except ValueError:  # some built-in functions do not tell their arguments
        pass
    before = [(x, x.detach().clone()) for x in arguments if torch.is_tensor(x)]
    try:
        result = function(*arguments)
    except Mistake:
        raise
    except (Exception, SystemExit) as error:
        if isinstance(error, (TypeError, AttributeError)) and not _own_code(error):
            raise refusal from None
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise Mistake(f"your code stops with {said}" + _after(hint)) from None
    if result is None and not returns:
        return None
    if not all(torch.equal(x.nan_to_num(), old.nan_to_num()) for x, old in before):
        raise Mistake(
            "what your function is given was changed by it; make something new instead: "
            "x = x - 1, not x -= 1 or x.sub_(1)"
        )
    if result is None:
        raise Mistake("your function returns nothing; does it end with return?")
    return given(result)


def _own_code(error):
    """Whether an error went through the reader's code, not only through PyTorch's."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    library = os.path.dirname(torch.__file__)
    return any(not frame.f_code.co_filename.startswith(library) for frame in frames[1:])


def _after(hint):
    return f"; {hint}" if hint else ""


_KINDS = {
    bool: "a bool",
    numbers.Real: "a number",
    numbers.Number: "a complex number",
    str: "a string",
    bytes: "bytes",
    list: "a list",
    tuple: "a tuple",
    dict: "a dictionary",
    type: "a class",
    np.ndarray: "a NumPy array",
    torch.nn.Module: "a network",
}


def kind(value):
    """What an answer is, in words."""
    if torch.is_tensor(value):
        dtype = str(value.dtype).removeprefix("torch.")
        return f"a {dtype} tensor of shape {tuple(value.shape)}"
    for known, words in _KINDS.items():
        if isinstance(value, known):
            return words
    if callable(value):
        return "a function"
    return f"an object of the type {type(value).__name__}"


def _counts(values):
    """Whether the entries of a tensor are real numbers that can be read."""
    readable = values.layout == torch.strided and not values.is_meta
    return readable and values.dtype != torch.bool and not values.is_complex()


def number(value, name="the result", hint=""):
    """One finite number as a float, from a Python or NumPy number or a tensor of shape ().

    Args:
        hint: what usually explains NaN or infinity.
    """
    if torch.is_tensor(given(value)) and value.dim() == 0 and _counts(value):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise Mistake(f"{name} should be one number; got {kind(value)}")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Mistake(f"{name} is {found}, not a finite number" + _after(hint))
    return found


def whole(value, name="the result"):
    """One whole number as an int; 3.0 counts as one."""
    found = number(value, name)
    if found != int(found):
        raise Mistake(f"{name} should be a whole number; got {found:g}")
    return int(found)


def tensor(value, shape=None, name="the result", usual=None, form="", hint=""):
    """A tensor of finite numbers, detached, as float32.

    Args:
        shape: what it has to be.
        usual: {wrong shape: what leads to it}; form: what to say of any other.
        hint: what usually explains NaN or infinity.
    """
    if not torch.is_tensor(given(value)):
        raise Mistake(f"{name} should be a tensor; got {kind(value)}")
    found = tuple(value.shape)
    if found in (usual or {}):
        raise Mistake(usual[found])
    if shape is not None and found != shape:
        said = f"{name} should have the shape {shape}; got {found}"
        raise Mistake(said + _after(form))
    if not _counts(value):
        raise Mistake(f"{name} should hold real numbers; got {kind(value)}")
    values = value.detach().float().cpu()
    if not values.isfinite().all():
        raise Mistake(f"{name} holds NaN or infinite numbers" + _after(hint))
    return values


def choice(value, options, name="the answer"):
    """The value, if it is one of the options: the same word, or the same bool."""
    if not any(type(given(value)) is type(o) and value == o for o in options):
        got = repr(value) if isinstance(value, str) else kind(value)
        known = ", ".join(map(str, options))
        raise Mistake(f"{name} should be one of {known}; got {got}")
    return value


def sequence(value, length, name="the result"):
    """The entries of a list or tuple of that length, none of them missing."""
    if not isinstance(given(value), (list, tuple)) or len(value) != length:
        got = f"{len(value)}" if isinstance(value, (list, tuple)) else kind(value)
        raise Mistake(f"{name} should be a list or tuple of {length}; got {got}")
    return [given(entry) for entry in value]


def entries(answer, names):
    """Every (name, value) of the reader's dictionary, one after the other."""
    if not isinstance(answer, dict):
        raise Mistake(f"the answer should be a dictionary; got {kind(answer)}")
    for name in names:
        if name not in answer:
            raise Mistake(f"{name} has no entry")
        yield name, given(answer[name])


def close(found, right, atol=1e-5, rtol=1e-5):
    """Whether two numbers or tensors agree: same shape, finite, hardly different."""
    found, right = (
        torch.as_tensor(x, dtype=torch.float64).detach() for x in (found, right)
    )
    return (
        found.shape == right.shape
        and bool(found.isfinite().all())
        and torch.allclose(found, right, rtol=rtol, atol=atol)
    )


def compare(found, right, usual, otherwise, atol=1e-5, rtol=1e-5):
    """Raise ``Mistake`` unless a number or tensor is right; name what leads to it.

    Args:
        usual: pairs (wrong number or tensor, what leads to it).
        otherwise: what to say of anything else that is wrong.
    """
    if close(found, right, atol, rtol):
        return
    for wrong, reason in usual:
        if close(found, wrong, atol, rtol):
            raise Mistake(reason)
    raise Mistake(otherwise)


def check_numbers(answer, right, usual=(), otherwise=(), rel_tol=0.0, abs_tol=1e-3):
    """Compare a dictionary of numbers with the right ones; name the usual wrong answers.

    Args:
        answer: the reader's {letter: number}.
        right: {letter: number}.
        usual: {(letter, wrong number): what leads to it}.
        otherwise: {letter: what to say of any other wrong number}.
        rel_tol, abs_tol: allowed difference, the larger of the two.
    """
    near = functools.partial(math.isclose, rel_tol=rel_tol, abs_tol=abs_tol)
    usual, otherwise = dict(usual), dict(otherwise)
    for letter, value in entries(answer, right):
        value = number(value, letter)
        if near(value, right[letter]):
            continue
        for (of, wrong), reason in usual.items():
            if of == letter and near(value, wrong):
                raise Mistake(f"{letter}: {reason}")
        raise Mistake(f"{letter} is not {value:.7g}" + _after(otherwise.get(letter)))


def gradient(value, of, missing):
    """The gradient of a reader's result; ``missing`` says what is wrong without one."""
    try:
        (found,) = torch.autograd.grad(value.sum(), of, allow_unused=True)
    except (AttributeError, RuntimeError):
        found = None
    if found is None:
        raise Mistake(missing)
    return found.detach()
