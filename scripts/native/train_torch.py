"""A training loop in plain PyTorch, as fast as PyTorch trains these networks on a CPU.

    python scripts/native/train_torch.py regularization --variant channels_last --precision bfloat16

Variants:
    eager: images as `(batch, channels, height, width)`, PyTorch's default, operation by operation.
    channels_last: channels are the last in memory, as in the uint8 images: no copy changes layout.
    compiled: the same with forward, loss and backward through `torch.compile`.

What was tried on `regularization` with PyTorch 2.13 on a CPU, and is not faster: a ReLU after the
max-pool, and the max-pool as three `torch.maximum` of slices or as `amax`.
"""

import cifar_net_torch
import torch
import workloads
from models_torch import MODELS
from torch.nn import functional as F

VARIANTS = ("eager", "channels_last", "compiled")


class Trainer:
    """A network with its optimizer, and the running sums of loss and of correct images."""

    def __init__(self, setting):
        torch.manual_seed(0)
        self.layout = torch.contiguous_format if setting.variant == "eager" else torch.channels_last
        self.model = MODELS[setting.name](**setting.sizes).to(memory_format=self.layout)
        trained = [weights for weights in self.model.parameters() if weights.requires_grad]
        self.parameters = sum(weights.numel() for weights in trained)
        self.optimizers = _optimizers(setting.workload, self.model)
        self.scale = torch.from_numpy(setting.scale).view(1, -1, 1, 1)
        self.shift = torch.from_numpy(setting.shift).view(1, -1, 1, 1)
        self.bfloat16, self.workload = setting.bfloat16, setting.workload
        self.sums = torch.zeros(2)
        compiled = setting.variant == "compiled"
        self.forward = torch.compile(self._forward) if compiled else self._forward

    def step(self, images, labels):
        """One update from uint8 images and their labels."""
        labels = torch.from_numpy(labels).long()
        # (batch, height, width, channels) in memory, which is what channels-last means
        loss, logits = self.forward(torch.from_numpy(images).permute(0, 3, 1, 2), labels)
        # The rates of airbench94 are for the sum over the batch.
        (loss * len(labels) if self.workload.optimizer == "muon" else loss).backward()
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            correct = (logits.argmax(1) == labels).sum()
            self.sums += torch.stack([loss * len(labels), correct])

    def totals(self):
        """Sum of the losses and number of correct images since the last call."""
        loss, correct = self.sums.tolist()
        self.sums.zero_()
        return loss, correct

    def _forward(self, images, labels):
        images = images.to(torch.float32, memory_format=self.layout) * self.scale + self.shift
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            logits = self.model(images)
        logits, smoothing = logits.float(), self.workload.label_smoothing
        return F.cross_entropy(logits, labels, label_smoothing=smoothing), logits


def _optimizers(workload, model):
    """Adam and SGD in their fused forms: one pass over all weights, in one operation."""
    if workload.optimizer == "muon":
        return cifar_net_torch.optimizers(model)
    rate, weights = workload.learning_rate, model.parameters()
    if workload.optimizer == "adam":
        return [torch.optim.Adam(weights, rate, fused=True)]
    return [torch.optim.SGD(weights, rate, momentum=workload.momentum, fused=True)]


if __name__ == "__main__":
    workloads.main(__doc__, VARIANTS, Trainer)
