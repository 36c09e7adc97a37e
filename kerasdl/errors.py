"""The one exception that means: the user can mend this.

The command line prints its message as one sentence and ends with exit code 2;
anything else is a defect of ours and keeps its traceback.
"""


class UsageError(ValueError):
    """What was expected, what came, and what to do, in one sentence."""
