"""Small vision networks from scratch: one recipe, three backends, the same start, order and draws.

Importing this package imports neither Keras nor a backend; it only makes sure
that Keras, once imported, meets a backend that is installed (see
`kerasdl.backend`).
"""

from kerasdl import backend

__version__ = "0.4.0"

backend.select()
