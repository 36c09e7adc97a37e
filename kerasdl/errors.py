"""The exceptions that are no defect of ours: what the user can mend, and what the system refused.

The command line prints their message as one sentence and ends with their exit code; anything else
is a defect of ours and keeps its traceback.
"""

import errno

# What an `OSError` says of the path that was named, and so of the user's words. Any other number is
# the system's trouble: a full disk, no permission, a file system that can only be read.
_OF_THE_PATH = (
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL, errno.EILSEQ),
)


class UsageError(ValueError):
    """What was expected, what came, and what to do, in one sentence."""

    exit_code = 2


class SystemFailure(UsageError):
    """The same where nothing was wrong with what was asked for, but the system refused it."""

    exit_code = 1


def from_os_error(sentence, error):
    """The exception of ours that an `OSError` is.

    Args:
        sentence: what could not be done, without a full stop.
        error: the `OSError`.

    Returns:
        A `UsageError` where the path cannot be right, a `SystemFailure` otherwise.

    Example:
    >>> from_os_error("Cannot write a.txt", OSError(errno.ENOSPC, "No space left on device"))
    SystemFailure('Cannot write a.txt: No space left on device.')
    """
    # A path that was not even asked for (`open`) has neither number nor words.
    kind = UsageError if error.errno in (*_OF_THE_PATH, 0) else SystemFailure
    return kind(f"{sentence}: {str(error.strerror or error).rstrip('.')}.")


def without_memory(error):
    """Whether an exception, of Python or of a backend, says that memory is used up.

    Example:
    >>> without_memory(MemoryError()), without_memory(RuntimeError("CUDA out of memory. Tried"))
    (True, True)
    """
    text = f"{type(error).__name__} {error}"
    return isinstance(error, MemoryError) or any(
        words in text
        for words in (
            "out of memory",  # PyTorch, on any accelerator
            "DefaultCPUAllocator: can't allocate memory",  # PyTorch, on a processor
            "RESOURCE_EXHAUSTED",  # JAX
            "ResourceExhaustedError",  # TensorFlow
        )
    )
