"""The arithmetic of a network: what each layer's output costs, and what it sees.

print(describe(model).to_text())
"""

from kerasdl import backend

backend.require()  # one clear sentence, before Keras fails on a missing backend

from kerasdl.inspection.description import Description, Row  # noqa: E402
from kerasdl.inspection.graph import describe  # noqa: E402

__all__ = ["Description", "Row", "describe"]
