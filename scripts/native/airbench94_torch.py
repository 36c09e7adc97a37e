"""airbench94 with Muon on a CPU, in plain PyTorch: the opponent of the recipe `cifar10/fast`.

    KERASDL_DATA=FOLDER python scripts/native/airbench94_torch.py [--seed S]

The network, the optimizer and the settings are those of Keller Jordan's airbench94_muon.py
(https://github.com/KellerJordan/cifar10-airbench), 94.01 % in the mean over 200 runs with
test-time augmentation, in 2.6 seconds of an A100. What is different here:

- a CPU: convolutions in bfloat16 by autocast, weights and statistics in float32 (there float16,
  weights too), everything in channels-last;
- images are cropped and normalized a batch at a time, so that they stay uint8 in memory.

FOLDER holds `cifar-10-batches-bin`, the binary version of CIFAR-10. Standard output has JSON lines
only: one when the network is ready, one an epoch, and one at the end with the test accuracy
without (`accuracy`) and with (`accuracy_with_augmentation`) test-time augmentation. Minutes are
those of training, whitening included and evaluation not.
"""

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from cifar_net_torch import LABEL_SMOOTHING, CifarNet, optimizers
from workloads import keep_freed_memory

BATCH, EPOCHS = 2000, 8
MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of [0, 1], per channel
WHITENING_IMAGES = 5000
WHITENING_BIAS_EPOCHS = 3  # in which the bias after the whitening is trained


# ----- data


def read_cifar10(folder, parts):
    """Images `(n, 32, 32, 3)` uint8 and labels `(n,)` int64 of files of 1 + 3072 bytes an image."""
    files = [Path(folder) / "cifar-10-batches-bin" / f"{part}.bin" for part in parts]
    rows = np.concatenate([np.fromfile(file, "uint8").reshape(-1, 3073) for file in files])
    images = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return torch.from_numpy(np.ascontiguousarray(images)), torch.from_numpy(
        rows[:, 0].astype("int64")
    )


def normalized(images):
    """uint8 `(n, height, width, 3)` as float32 `(n, 3, height, width)` in channels-last."""
    scaled = (images / 255 - torch.tensor(MEAN)) / torch.tensor(DEVIATION)
    return scaled.permute(0, 3, 1, 2)


def padded(images, by):
    """uint8 images with a border of `by` reflected pixels."""
    border = np.pad(images.numpy(), ((0, 0), (by, by), (by, by), (0, 0)), "reflect")
    return torch.from_numpy(border)


class Augmented:
    """Training batches: windows of the padded images, and mirror images in every other epoch.

    Each image is mirrored in the first epoch or not, by chance, and from then on in every second
    epoch: so two epochs in a row show both sides of every image.
    """

    def __init__(self, images, labels, batch_size, shift=2):
        self.images, self.labels, self.batch_size = padded(images, shift), labels, batch_size
        self.mirrored = torch.rand(len(images)) < 0.5
        self.shift, self.size = shift, images.shape[1]

    def __len__(self):
        return len(self.labels) // self.batch_size  # the rest of an epoch is left out

    def epoch(self, number):
        """The batches of an epoch, counted from 0, in random order."""
        mirrored = self.mirrored ^ (number % 2 == 1)
        order, side = torch.randperm(len(self.labels)), torch.arange(self.size)
        for chosen in order.split(self.batch_size)[: len(self)]:
            rows, columns = (
                torch.randint(2 * self.shift + 1, (len(chosen), 1)) + side for _ in range(2)
            )
            columns = torch.where(mirrored[chosen, None], columns.flip(1), columns)
            windows = self.images[chosen[:, None, None], rows[:, :, None], columns[:, None, :]]
            yield normalized(windows), self.labels[chosen]


# ----- training and evaluation


def set_rates(sgd, muon, step, steps_per_epoch, epochs):
    """Straight lines down to 0: after three epochs for the whitening's bias, else at the end."""
    for group in sgd.param_groups + muon.param_groups:
        lasts = WHITENING_BIAS_EPOCHS if group is sgd.param_groups[0] else epochs
        group["lr"] = group["peak"] * max(0.0, 1 - step / (lasts * steps_per_epoch))


def mirror_mean(network, images):
    return (network(images) + network(images.flip(-1))) / 2


def six_view_mean(network, images):
    """Mean logits of an image and its mirror image, half of it of views moved by a pixel."""
    border = F.pad(images, (1, 1, 1, 1), "reflect")
    up_left, down_right = border[:, :, :-2, :-2], border[:, :, 2:, 2:]
    moved = (mirror_mean(network, up_left) + mirror_mean(network, down_right)) / 2
    return (mirror_mean(network, images) + moved) / 2


@torch.no_grad()
def accuracy(network, images, labels, precision, view_mean=None):
    """The share of images whose class is right."""
    network.eval()
    right = 0
    for x, y in zip(images.split(BATCH), labels.split(BATCH), strict=True):
        with precision():
            x = normalized(x)
            logits = network(x) if view_mean is None else view_mean(network, x)
        right += int((logits.argmax(1) == y).sum())
    return right / len(labels)


def train_epoch(network, batches, optimizer_pair, options, epoch, precision):
    """Train for an epoch; returns the mean loss and accuracy of its batches."""
    sgd, muon = optimizer_pair
    network.train()
    losses, right = 0.0, 0
    for i, (images, labels) in enumerate(batches.epoch(epoch)):
        set_rates(sgd, muon, epoch * len(batches) + i, len(batches), options.epochs)
        # No gradient, and so neither momentum nor decay, once its three epochs are over.
        network.whitening.bias.requires_grad = epoch < WHITENING_BIAS_EPOCHS
        with precision():
            logits = network(images).float()
        loss = F.cross_entropy(logits, labels, label_smoothing=LABEL_SMOOTHING, reduction="sum")
        loss.backward()
        for optimizer in (sgd, muon):
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses += loss.item()
        right += int((logits.argmax(1) == labels).sum())
    seen = len(batches) * batches.batch_size
    return losses / seen, right / seen


def show(**entries):
    print(json.dumps(entries), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", default=os.environ.get("KERASDL_DATA"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--images", type=int, help="train and test on the first so many")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="bfloat16")
    parser.add_argument("--compile", action="store_true", help="with torch.compile")
    options = parser.parse_args()
    if options.data_dir is None:
        sys.exit("Expected the folder of the data sets. Set KERASDL_DATA, or give --data-dir.")

    def precision():
        return torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bfloat16")

    keep_freed_memory()
    torch.manual_seed(options.seed)
    train = read_cifar10(options.data_dir, [f"data_batch_{i}" for i in range(1, 6)])
    train = [array[: options.images] for array in train]
    test = [array[: options.images] for array in read_cifar10(options.data_dir, ["test_batch"])]
    batches = Augmented(*train, batch_size=min(BATCH, len(train[0])))
    network = CifarNet().to(memory_format=torch.channels_last)
    optimizer_pair = optimizers(network)
    forward = torch.compile(network) if options.compile else network
    show(ready=True, parameters=sum(w.numel() for w in network.parameters()))

    begin = time.perf_counter()
    network.whiten(normalized(train[0][:WHITENING_IMAGES]))
    seconds = time.perf_counter() - begin
    for epoch in range(options.epochs):
        begin = time.perf_counter()
        loss, right = train_epoch(forward, batches, optimizer_pair, options, epoch, precision)
        taken = time.perf_counter() - begin
        seconds += taken
        show(
            epoch=epoch + 1,
            images_per_second=round(len(batches) * batches.batch_size / taken, 1),
            loss=round(loss, 4),
            accuracy=round(right, 4),
            test_accuracy=round(accuracy(network, *test, precision), 4),
            minutes=round(seconds / 60, 3),
        )
    show(
        done=True,
        accuracy=round(accuracy(network, *test, precision), 4),
        accuracy_with_augmentation=round(accuracy(network, *test, precision, six_view_mean), 4),
        minutes=round(seconds / 60, 3),
        peak_memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


if __name__ == "__main__":
    main()
