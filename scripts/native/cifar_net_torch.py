"""The network of airbench94 and its optimizers, SGD and Muon, in plain PyTorch.

Of Keller Jordan's airbench94_muon.py, https://github.com/KellerJordan/cifar10-airbench, which also
has the constants.
"""

import torch
import torch.nn.functional as F
from torch import nn

WIDTHS = (64, 256, 256)
WHITENING_KERNEL, WHITENING_EPSILON = 2, 5e-4
LABEL_SMOOTHING = 0.2
FILTER_RATE, BIAS_RATE, HEAD_RATE = 0.24, 0.053, 0.67  # of losses summed over the batch
WEIGHT_DECAY = 2e-6 * 2000  # a step, of what SGD trains, whatever its learning rate
NEWTON_SCHULZ_STEPS, NEWTON_SCHULZ = 3, (3.4445, -4.7750, 2.0315)


class BatchNorm(nn.BatchNorm2d):
    """Without a trained scale; its moving statistics forget 0.4 in each step."""

    def __init__(self, channels):
        super().__init__(channels, eps=1e-12, momentum=0.4)
        self.weight.requires_grad = False


class Convolution(nn.Conv2d):
    """3x3 without a bias. As many of its filters as it has inputs pass these on at first."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, 3, padding="same", bias=False)
        nn.init.dirac_(self.weight.data[:inputs])


def block(inputs, outputs):
    return nn.Sequential(
        Convolution(inputs, outputs),
        nn.MaxPool2d(2),
        BatchNorm(outputs),
        nn.GELU(),
        Convolution(outputs, outputs),
        BatchNorm(outputs),
        nn.GELU(),
    )


class CifarNet(nn.Module):
    """Whitening of 2x2 patches, three blocks, and a head without a bias; 1.97 million weights."""

    def __init__(self):
        super().__init__()
        whitened = 2 * 3 * WHITENING_KERNEL**2
        self.whitening = nn.Conv2d(3, whitened, WHITENING_KERNEL)
        self.whitening.weight.requires_grad = False
        inputs = (whitened, *WIDTHS[:-1])
        blocks = [block(*sizes) for sizes in zip(inputs, WIDTHS, strict=True)]
        self.blocks = nn.Sequential(nn.GELU(), *blocks, nn.MaxPool2d(3), nn.Flatten())
        self.head = nn.Linear(WIDTHS[-1], 10, bias=False)
        self.head.weight.data /= self.head.weight.data.std()

    def whiten(self, images):
        """Take the eigenvectors of the covariance of the patches of normalized `images`."""
        k = WHITENING_KERNEL
        patches = F.unfold(images, k).transpose(1, 2).reshape(-1, 3 * k * k)
        values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (vectors / torch.sqrt(values + WHITENING_EPSILON)).T.reshape(-1, 3, k, k)
        self.whitening.weight.data.copy_(torch.cat([filters, -filters]))

    def forward(self, images):
        return self.head(self.blocks(self.whitening(images))) / WIDTHS[-1]


def orthogonalized(matrix):
    """Nearly the orthogonal factor of the polar decomposition, by Newton and Schulz in bfloat16."""
    a, b, c = NEWTON_SCHULZ
    x = matrix.bfloat16()
    x = x / (x.norm() + 1e-7)
    if wide := len(x) <= x.shape[1]:
        x = x.T  # so that the products x.T @ x are small
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x.T @ x
        x = a * x + x @ (b * gram + c * gram @ gram)
    return x.T if wide else x


class Muon(torch.optim.Optimizer):
    """SGD with Nesterov momentum whose every update is orthogonalized, for convolutions.

    Before a step the filters are scaled so that their mean square norm is 1.
    """

    def __init__(self, parameters, lr, momentum):
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                velocity = state["momentum"].mul_(group["momentum"]).add_(weight.grad)
                gradient = weight.grad + group["momentum"] * velocity
                weight.mul_(len(weight) ** 0.5 / weight.norm())
                update = orthogonalized(gradient.reshape(len(gradient), -1))
                weight.sub_(group["lr"] * update.reshape(weight.shape))


def optimizers(network):
    """SGD for the whitening's bias, for the biases of batch norm and the head; Muon for the rest.

    Their learning rates are for losses summed over the batch.
    """
    filters = [w for w in network.parameters() if w.ndim == 4 and w.requires_grad]
    norms = [m.bias for m in network.modules() if isinstance(m, BatchNorm)]
    by_rate = [([network.whitening.bias], BIAS_RATE), (norms, BIAS_RATE)]
    by_rate.append(([network.head.weight], HEAD_RATE))
    groups = [
        {"params": weights, "lr": rate, "weight_decay": WEIGHT_DECAY / rate}
        for weights, rate in by_rate
    ]
    found = [torch.optim.SGD(groups, momentum=0.85, nesterov=True), Muon(filters, FILTER_RATE, 0.6)]
    for optimizer in found:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return found
