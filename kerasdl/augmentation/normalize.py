"""Normalization by the training set's statistics.

`keras.layers.Normalization` is right, fast and keeps JIT on, so it is used as it
is, under the name that stands beside the other layers here. It is no
augmentation: it works in training and inference alike, and comes after them.

Example:
>>> from kerasdl.datasets import load
>>> mean, deviation = load("digits").statistics()
>>> layer = Normalize(mean=mean, variance=deviation**2)
"""

import keras

Normalize = keras.layers.Normalization
"""`Normalize(mean=, variance=)`: `(x - mean) / sqrt(variance)`, one of each a channel."""
