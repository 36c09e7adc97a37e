"""The training logs that the report prints: training loss and test accuracy after every epoch.

Its code prints accuracies as whole percents, without what follows the point: 31 % is anything from
31 to 32. Here stands the middle, and `READ` is half of the unit.

The logs are pictures in the report, and its copy as text has lost seventeen losses and misread some
lines; these are as in the same pictures among the author's public code
(ieCecchetti/Python_ML_DL_example, `DeepLearning/report`).
"""

READ = 0.005


def middle(percent):
    """The middle of what is printed as so many percent.

    Example:
    >>> middle(31)
    0.315
    """
    return (percent + 0.5) / 100


# 5/6a, left: 128-128-128-256.
CNN_LOSS = (
    4.054, 3.535, 3.238, 3.028, 2.853, 2.687, 2.523, 2.362, 2.185, 2.002,
    1.789, 1.561, 1.325, 1.078, 0.835, 0.605, 0.427, 0.304, 0.212, 0.160,
)  # fmt: skip
CNN_ACCURACY = tuple(
    map(middle, (13, 19, 23, 25, 27, 28, 31, 30, 32, 32, 32, 33, 32, 33, 32, 32, 31, 31, 31, 31))
)

# 5/6a, right: with flips.
FLIP_LOSS = (
    4.072, 3.572, 3.280, 3.081, 2.933, 2.785, 2.666, 2.542, 2.430, 2.310,
    2.196, 2.072, 1.955, 1.820, 1.685, 1.546, 1.406, 1.256, 1.115, 0.981,
)  # fmt: skip
FLIP_ACCURACY = tuple(
    map(middle, (13, 18, 22, 25, 27, 29, 30, 31, 33, 33, 34, 35, 36, 36, 36, 37, 37, 36, 36, 36))
)

# Points 4a, 4b and 4c: batch norm; more units in the dense layer; dropout.
BATCHNORM_LOSS = (
    3.627, 2.871, 2.501, 2.241, 2.028, 1.841, 1.655, 1.474, 1.300, 1.135,
    0.970, 0.813, 0.664, 0.534, 0.417, 0.320, 0.236, 0.173, 0.129, 0.094,
)  # fmt: skip
BATCHNORM_ACCURACY = tuple(
    map(middle, (23, 31, 35, 37, 40, 41, 41, 42, 42, 43, 42, 43, 42, 42, 42, 43, 42, 43, 42, 42))
)
WIDE_DENSE_LOSS = (
    3.582, 2.823, 2.443, 2.175, 1.947, 1.738, 1.532, 1.339, 1.137, 0.954,
    0.774, 0.607, 0.471, 0.341, 0.245, 0.170, 0.117, 0.084, 0.062, 0.047,
)  # fmt: skip
WIDE_DENSE_ACCURACY = tuple(
    map(middle, (25, 31, 36, 38, 40, 41, 42, 42, 42, 43, 43, 43, 43, 43, 43, 43, 43, 43, 43, 43))
)
DROPOUT_LOSS = (
    3.638, 2.894, 2.520, 2.259, 2.048, 1.859, 1.671, 1.506, 1.328, 1.164,
    1.011, 0.852, 0.702, 0.569, 0.453, 0.352, 0.264, 0.195, 0.147, 0.111,
)  # fmt: skip
DROPOUT_ACCURACY = tuple(
    map(middle, (23, 30, 34, 37, 38, 40, 42, 43, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42))
)

# Section ResNet18.
RESNET18_LOSS = (1.899, 0.750, 0.398, 0.183, 0.076, 0.032, 0.018, 0.022, 0.021, 0.064)
RESNET18_ACCURACY = tuple(map(middle, (71, 77, 78, 79, 79, 79, 79, 78, 76, 74)))
