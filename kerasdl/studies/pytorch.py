"""PyTorch's defaults, where Keras has others.

The reports' experiments were written in PyTorch. Where a report is silent, its code is assumed
to have left these as they are: each use of them is marked (a), for assumed.
"""

# Of `torch.nn.Linear` and `torch.nn.Conv2d`.
INITIALIZERS = {
    "kernel_initializer": "fan_in_uniform",
    "bias_initializer": "fan_in_uniform",
}
INITIALIZERS_ASSUMED = {  # for the `assumptions` of a recipe
    f"model.arguments.{argument}": "PyTorch's default, uniform in +-1/sqrt(fan_in)"
    for argument in INITIALIZERS
}
ADAM = {"epsilon": 1e-8}  # Keras' is 1e-7
# PyTorch adds its epsilon of 1e-8 to the root of the mean square, Keras to the mean square
# itself: 1e-8 there is 1e-16 here.
RMSPROP = {"rho": 0.99, "epsilon": 1e-16}
