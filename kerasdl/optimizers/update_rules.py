"""What moves the weights of a group: Muon, SGD with momentum or AdamW, as pure functions.

An update rule is a frozen dataclass of its settings. `slots` names the variables that it keeps for
each weight, and

    direction, slots = rule(gradient, slots, step)

gives what the weight is moved against, times the learning rate, and the new values of the slots.
`rule.prepared(weight)` is what a weight is replaced by before each step.
"""

from dataclasses import dataclass
from typing import ClassVar

from keras import ops

from kerasdl.optimizers.arguments import expect
from kerasdl.optimizers.orthogonal import MatrixAxes, norm, orthogonalize


class _Rule:
    def check(self, weight):
        """Refuse a weight that the rule cannot update."""

    def prepared(self, weight):
        """The weight as it is."""
        return weight


@dataclass(frozen=True)
class MuonRule(_Rule):
    """Momentum, then orthogonalization: K. Jordan, https://kellerjordan.github.io/posts/muon/.

        v = momentum v + g,  u = g + momentum v (with nesterov; else v),  direction = scale orth(u)

    Args:
        momentum: of the gradients.
        nesterov: whether the gradient is added to its momentum once more.
        steps: of the Newton-Schulz iteration.
        output_axes, reduction_axes: see `kerasdl.optimizers.orthogonal.MatrixAxes`.
        scale: of the direction, for a matrix with so many inputs and outputs: `"rms"`,
            0.2 sqrt(max(inputs, outputs)), so that learning rates are those of AdamW (Liu et al.
            2025, https://arxiv.org/abs/2502.16982); `"spectral"`, sqrt(max(1, outputs / inputs)),
            as in Jordan's repository and optax; `None`, 1, as in airbench.
        normalize: whether each weight is scaled before each step so that the mean square norm of
            its outputs' weights is 1, as in airbench.
        dtype: of the iteration, such as `"bfloat16"`; `None` for the weight's own.
    """

    momentum: float = 0.95
    nesterov: bool = True
    steps: int = 5
    output_axes: tuple = (-1,)
    reduction_axes: tuple | None = None
    scale: str | None = "rms"
    normalize: bool = False
    dtype: str | None = None

    slots: ClassVar = ("momentum",)

    def __post_init__(self):
        expect("a number from 0 to 1", momentum=self.momentum)
        expect("True or False", nesterov=self.nesterov, normalize=self.normalize)
        expect("a whole number, 1 or more", steps=self.steps)
        expect("a tuple of axes", output_axes=self.output_axes)
        expect("a tuple of axes, or None", reduction_axes=self.reduction_axes)
        expect("'rms', 'spectral' or None", scale=self.scale)
        expect("float32, float64, bfloat16, float16 or None", dtype=self.dtype)

    def check(self, weight):
        """Refuse a weight that is no matrix by these axes."""
        self._axes(weight)

    def prepared(self, weight):
        """The weight, scaled where `normalize` says so."""
        if not self.normalize:
            return weight
        axes = self._axes(weight)
        matrix = axes.to_matrix(weight)
        outputs = matrix.shape[-1]
        return axes.from_matrix(matrix * (outputs**0.5 / norm(matrix)), weight.shape)

    def __call__(self, gradient, slots, step):
        (velocity,) = slots
        velocity = self.momentum * velocity + gradient
        moved = gradient + self.momentum * velocity if self.nesterov else velocity
        axes = self._axes(gradient)
        direction = orthogonalize(axes.to_matrix(moved), self.steps, self.dtype)
        direction = self._factor(*axes.sizes(gradient.shape)) * direction
        return axes.from_matrix(direction, gradient.shape), (velocity,)

    def _axes(self, weight):
        return MatrixAxes(len(weight.shape), self.output_axes, self.reduction_axes)

    def _factor(self, inputs, outputs):
        match self.scale:
            case "rms":
                return 0.2 * max(inputs, outputs) ** 0.5
            case "spectral":
                return max(1.0, outputs / inputs) ** 0.5
        return 1.0


@dataclass(frozen=True)
class SGDRule(_Rule):
    """Stochastic gradient descent with momentum, in PyTorch's form.

        v = momentum v + g,  direction = g + momentum v (with nesterov; else v)

    Keras' SGD has the learning rate inside of v, which differs where the rate changes.
    """

    momentum: float = 0.9
    nesterov: bool = True

    slots: ClassVar = ("momentum",)

    def __post_init__(self):
        expect("a number from 0 to 1", momentum=self.momentum)
        expect("True or False", nesterov=self.nesterov)

    def __call__(self, gradient, slots, step):
        (velocity,) = slots
        velocity = self.momentum * velocity + gradient
        moved = gradient + self.momentum * velocity if self.nesterov else velocity
        return moved, (velocity,)


@dataclass(frozen=True)
class AdamWRule(_Rule):
    """Adam as Keras has it; weight decay, which every rule here has beside it, makes it AdamW.

        m = beta_1 m + (1 - beta_1) g,  v = beta_2 v + (1 - beta_2) g^2
        direction = m sqrt(1 - beta_2^t) / (1 - beta_1^t) / (sqrt(v) + epsilon)

    Kingma and Ba 2014, https://arxiv.org/abs/1412.6980, section 2, where this epsilon has a hat:
    algorithm 1 and PyTorch add theirs to the root after the division by 1 - beta_2^t.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    slots: ClassVar = ("momentum", "velocity")

    def __post_init__(self):
        expect("a number from 0 to below 1", beta_1=self.beta_1, beta_2=self.beta_2)
        expect("a number, 0 or more", epsilon=self.epsilon)

    def __call__(self, gradient, slots, step):
        mean, square = slots
        mean = self.beta_1 * mean + (1 - self.beta_1) * gradient
        square = self.beta_2 * square + (1 - self.beta_2) * ops.square(gradient)
        step = ops.cast(step, gradient.dtype)
        unbiased = ops.sqrt(1 - ops.power(self.beta_2, step)) / (1 - ops.power(self.beta_1, step))
        return unbiased * mean / (ops.sqrt(square) + self.epsilon), (mean, square)


UPDATES = {"muon": MuonRule, "sgd": SGDRule, "adamw": AdamWRule}
"""Name of an update in a group of `kerasdl.optimizers.Muon` -> its rule."""
