"""What a process that decodes runs first, before it imports `grain`.

`grain` imports JAX where it is installed, for the sake of JAX's trees, and warns where it is not:
of images alone neither is needed.
"""

import logging
import sys

logging.disable(logging.WARNING)
sys.modules["jax"] = None
