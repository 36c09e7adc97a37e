"""How far training of `cifar10/fast` departs from `scripts/native/airbench94_torch.py`, in float64.

    python airbench_steps.py

Both begin with the same weights and see the same images. Prints one line of JSON, in which each
distance is the largest difference divided by the largest value: of the whitening filters, of the
logits at first, and of each weight after `STEPS` steps. A process of its own, because Keras and the
script are changed to compute in float64 throughout: in bfloat16 no two steps could be compared.
"""

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from kerasdl import datasets, recipes, studies
from kerasdl.parity.trace import compute_in_float64
from kerasdl.training import resolve
from kerasdl.training.network import build

SCRIPTS = Path(__file__).parents[1] / "scripts" / "native"
IMAGES, STEPS = 10, 3  # an image a class


def sgd_rates_for(batch_size, recipe):
    """The recipe with rates for batches other than of 2000: airbench sums losses over a batch."""
    groups = [
        {**group, "learning_rate": group["learning_rate"] * batch_size / 2000}
        if "learning_rate" in group
        else group
        for group in recipe.optimizer.arguments["groups"]
    ]
    arguments = {**recipe.optimizer.arguments, "groups": groups}
    return replace(recipe, optimizer=replace(recipe.optimizer, arguments=arguments))


def without_decay(recipe):
    """The recipe without weight decay, which differs from airbench's in when it acts."""
    groups = [{**group, "weight_decay": 0} for group in recipe.optimizer.arguments["groups"]]
    return replace(recipe, optimizer=replace(recipe.optimizer, arguments={"groups": groups}))


def airbench_in_float64():
    """The script and its network's module, without decay, with Newton-Schulz in float64."""
    sys.path.insert(0, str(SCRIPTS))
    script, module = map(importlib.import_module, ("airbench94_torch", "cifar_net_torch"))

    def orthogonalized(matrix):
        a, b, c = module.NEWTON_SCHULZ
        x = matrix.double() / (matrix.double().norm() + 1e-7)
        for _ in range(module.NEWTON_SCHULZ_STEPS):
            gram = x @ x.T
            x = a * x + (b * gram + c * gram @ gram) @ x
        return x

    module.orthogonalized, module.WEIGHT_DECAY = orthogonalized, 0.0
    return script


def as_ours(theirs):
    """The weights of their network: path in ours to array, outputs last, the head in our units."""
    weights = {name: each.detach().numpy() for name, each in theirs.state_dict().items()}
    kernel = lambda name: weights[f"{name}.weight"].transpose(2, 3, 1, 0)  # noqa: E731
    found = {
        "whitening/kernel": kernel("whitening"),
        "whitening/bias": weights["whitening.bias"],
        "logits/kernel": weights["head.weight"].T / 256,
    }
    for i in (1, 2, 3):
        for j, (conv, norm) in enumerate([(0, 2), (4, 5)], start=1):
            found[f"block{i}_conv{j}/kernel"] = kernel(f"blocks.{i}.{conv}")
            found[f"block{i}_norm{j}/beta"] = weights[f"blocks.{i}.{norm}.bias"]
    return found


def distance(found, expected):
    """The largest difference, in units of the largest expected value."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def main():
    import torch

    compute_in_float64()
    airbench = airbench_in_float64()
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    pixels = rng.integers(256, size=(IMAGES, 32, 32, 3), dtype="uint8")
    labels = np.arange(IMAGES)
    data = datasets.from_arrays(pixels, labels, test=(pixels, labels))
    recipe = sgd_rates_for(IMAGES, without_decay(studies.get("cifar10/fast")))
    changes = {
        "augmentation": None,
        "precision": "float32",  # which leaves Keras' own, float64
        "batch_size": IMAGES,
    }
    experiment = resolve(recipes.override(recipe, changes), dataset=data)
    network, (images, labels) = build(experiment).trained, experiment.training_batches[0]
    theirs = airbench.CifarNet().double()
    mean, deviation = (f(pixels, axis=(0, 1, 2)) for f in (np.mean, np.std))
    x = torch.from_numpy((np.array(images, "float64") - mean) / deviation).permute(0, 3, 1, 2)
    y = torch.from_numpy(np.argmax(labels, axis=1))
    theirs.whiten(x)

    weights = {each.path: each for each in network.weights}
    filters, reference = weights["whitening/kernel"].numpy(), as_ours(theirs)["whitening/kernel"]
    signs = np.sign((filters * reference).sum((0, 1, 2)))  # of an eigenvector there is none
    found = {"whitening": distance(filters * signs, reference)}
    for path, value in as_ours(theirs).items():
        weights[path].assign(value)

    theirs.eval()
    logits = network(images, training=False).detach().numpy()
    found["logits"] = distance(logits, theirs(x).detach().numpy())

    sgd, muon = airbench.optimizers(theirs)
    theirs.train()
    smoothing = airbench.LABEL_SMOOTHING
    for step in range(STEPS):
        airbench.set_rates(sgd, muon, step, experiment.steps_per_epoch, experiment.recipe.epochs)
        loss = torch.nn.functional.cross_entropy
        loss(theirs(x), y, label_smoothing=smoothing, reduction="sum").backward()
        for optimizer in (sgd, muon):
            optimizer.step()
            optimizer.zero_grad()
        network.train_on_batch(images, labels)
    for path, value in as_ours(theirs).items():
        found[path] = distance(weights[path].numpy(), value)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
