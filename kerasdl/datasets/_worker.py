"""What a process that decodes runs first, in place of the user's script, before it imports `grain`.

`grain` imports JAX where it is installed, for the sake of JAX's trees, and warns where it is not:
of images alone neither is needed.
"""

import logging
import sys

if __name__ == "__mp_main__":  # what `multiprocessing` calls the first module of a new process
    logging.disable(logging.WARNING)
    sys.modules["jax"] = None
