"""Every model is written by one backend, read by the two others, and predicts the same."""

import numpy as np
import pytest

from kerasdl import backend

pytestmark = pytest.mark.parity

MODELS = """
import keras, numpy as np, sys
from kerasdl import compile_cache
from kerasdl.models.saving import load_model
compile_cache.enable()  # the models of two writers are the same program
SMALL = dict(patch_size=7, embed_dim=16, depth=2, num_heads=2)
def build():
    from kerasdl.models import ResNet18, TwoTowerCNN, ViT
    return {
        "vit": ViT((28, 30, 1), 10, **SMALL, dropout=0.1, attention_dropout=0.1,
                   stochastic_depth=0.1),
        "vit_avg": ViT((20, 20, 1), 10, **SMALL, pooling="avg", resize=35, rgb=True),
        "vit_attention": ViT((28, 28, 1), 10, **SMALL, return_attention=True),
        "resnet18": ResNet18((40, 33, 3), 10, filters=(4, 8, 8, 8)),
        "resnet18_cifar": ResNet18((32, 32, 1), 10, stem="cifar", filters=(4, 8, 8, 8), rgb=True),
        "two_tower": TwoTowerCNN(shared=1, units=(8,)),
    }
def predict(models, path):
    given = {}
    for name, model in models.items():
        x = np.random.default_rng(0).random((5, *model.input_shape[1:])).astype("float32")
        outputs = model.predict(x, verbose=0)
        outputs = outputs if isinstance(outputs, dict) else {"": outputs}
        given |= {f"{name}/{key}": value for key, value in outputs.items()}
    np.savez(path, **given)
NAMES = ("vit", "vit_avg", "vit_attention", "resnet18", "resnet18_cifar", "two_tower")
here = keras.backend.backend()
if sys.argv[1] == "write":
    from kerasdl.training.initialization import initialize
    models = build()
    for i, model in enumerate(models.values()):
        initialize(model, seed=i)
        for weight in model.weights:  # statistics and biases that do not begin as constants
            noise = np.random.default_rng(len(weight.path)).random(weight.shape)
            weight.assign(weight.numpy() + 0.1 * noise)
        model.save(f"{here}-{NAMES[i]}.keras")
    predict(models, f"{here}-{here}.npz")
else:
    for writer in sys.argv[2:]:
        models = {n: load_model(f"{writer}-{n}.keras")[0] for n in NAMES}
        predict(models, f"{writer}-{here}.npz")
"""


def test_saved_on_one_loads_on_the_others(python):
    for each in backend.BACKENDS:
        python("-c", MODELS, "write", KERAS_BACKEND=each)
    for each in backend.BACKENDS:
        others = [other for other in backend.BACKENDS if other != each]
        python("-c", MODELS, "read", *others, KERAS_BACKEND=each)
    expected = dict(np.load(python.folder / "jax-jax.npz"))
    assert len(expected) == 8  # two towers, and attention beside predictions
    for writer in backend.BACKENDS:
        for reader in backend.BACKENDS:
            given = np.load(python.folder / f"{writer}-{reader}.npz")
            assert set(given) == set(expected)
            for name, probabilities in given.items():
                np.testing.assert_allclose(probabilities.sum(axis=-1), 1, rtol=1e-5)
                np.testing.assert_allclose(probabilities, expected[name], atol=1e-5)
