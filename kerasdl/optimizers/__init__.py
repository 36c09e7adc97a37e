"""Optimizers that Keras lacks: Muon for kernels of any rank, with a rule for each group of weights.

muon.py             the optimizer: which weights are in which group
update_rules.py     what a group's weights are moved by: Muon, SGD or AdamW, as pure functions
orthogonal.py       the Newton-Schulz iteration, over chosen axes of a kernel
arguments.py        what the arguments of a group may be
"""

from kerasdl import backend

backend.load()  # one clear sentence where there is none, and Keras with no other one

from kerasdl.optimizers.muon import DEFAULT_GROUPS, Muon  # noqa: E402

__all__ = ["DEFAULT_GROUPS", "Muon"]
