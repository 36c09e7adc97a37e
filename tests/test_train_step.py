"""A training step as it is on each backend computes what Keras' own does."""

import io
import re
import weakref

import keras
import numpy as np
import pytest
from test_recipes_reports import tiny
from test_training_fields import PLAIN, recorded

from kerasdl import backend, callbacks, models, studies
from kerasdl.callbacks._snapshots import Snapshots
from kerasdl.layers import with_fast_layers
from kerasdl.recipes import override
from kerasdl.training import batches, compilation, continuation, resolve, short_steps, train
from kerasdl.training.network import build

BACKEND = keras.backend.backend()
on_torch = pytest.mark.skipif(BACKEND != "torch", reason="its step is PyTorch's alone")
on_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="tf.data")


@pytest.fixture
def as_keras(monkeypatch):
    """A function after which networks are trained by Keras' own step."""
    return lambda: monkeypatch.setattr(compilation, "shorten_step", lambda *args: None)


VARIANTS = {
    "crossentropy": {},
    "batch norm and dropout": {"model.arguments.batch_norm": True, "model.arguments.dropout": 0.25},
    "augmentation": {"augmentation": "crop_flip"},
    "smoothed labels": {"label_smoothing": 0.1},
    "squared error": {"loss": "mean_squared_error"},
    "no metric": {"metrics": ()},
    "averages and accumulation": {"ema_momentum": 0.8, "accumulation": 2},
    "clipped": {"optimizer.clip_norm": 0.1},
    "balanced classes": {"class_weight": "balanced"},
    "a vision transformer": {
        "model.builder": "ViT",
        "model.arguments": {"patch_size": 4, "embed_dim": 8, "depth": 1, "num_heads": 2},
    },
    "bfloat16": {"precision": "bfloat16"},
    "float16": {"precision": "float16"},
}


@on_torch
@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_weights_and_logs_of_the_short_step(as_keras, tmp_path, changes):
    recipe = override(PLAIN, {"epochs": 1, **changes})
    assert "train_step" in vars(build(resolve(recipe)).trained)
    run, found = recorded(recipe, tmp_path / "short")
    as_keras()
    plain, expected = recorded(recipe, tmp_path / "plain")
    rounding = (
        {"rtol": 1e-3, "atol": 1e-3} if "precision" in changes else {"rtol": 1e-4, "atol": 1e-6}
    )
    for ours, theirs in zip(found, expected, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, **rounding)
    assert np.abs(found[-1][0] - found[0][0]).max() > 1e-3
    ours, theirs = run.log.iloc[0], plain.log.iloc[0]
    assert list(ours.index) == list(theirs.index)
    for name in {"loss", "accuracy", "val_loss", "val_accuracy"} & set(ours.index):
        assert ours[name] == pytest.approx(
            theirs[name], rel=2e-2 if "precision" in changes else 1e-5
        )


@on_torch
@pytest.mark.parametrize("name", ["exercises/coloured_digits", "exercises/regression_gaussian"])
def test_other_metrics_and_outputs_are_left_to_keras(name):
    """Two outputs, and a metric that is no accuracy."""
    recipe = studies.get(name)
    recipe = override(recipe, {"data.limit_train": 20, "batch_size": 10})
    network = build(resolve(recipe, dataset=tiny(recipe.data.name))).trained
    assert {"train_step", "compute_loss", "compute_metrics"}.isdisjoint(vars(network))


@on_torch
def test_a_network_of_ones_own_is_left_to_keras():
    """Its layers may add losses when they are called."""
    own = models.CNN((8, 8, 1), 10, None)
    network = build(resolve(PLAIN, model=own)).trained
    assert {"train_step", "call"}.isdisjoint(vars(network))


NETWORKS = {
    "CNN": lambda: models.CNN((16, 16, 3), 10, filters=(4, 4), units=(8,), batch_norm=True),
    "ResNet18": lambda: models.ResNet18((16, 16, 3), 10, filters=(4, 4, 8, 8)),
    "ViT": lambda: models.ViT((16, 16, 3), 10, patch_size=4, embed_dim=8, depth=2, num_heads=2),
    "CIFARNet": lambda: models.CIFARNet((32, 32, 3), 10, widths=(4, 8, 8)),
}


@on_torch
@pytest.mark.parametrize("name", NETWORKS)
def test_call_by_call_a_network_gives_the_same_bits(name):
    from kerasdl.training import forward_torch

    network = with_fast_layers(NETWORKS[name]())
    images = np.random.default_rng(0).random((6, *network.input_shape[1:]), dtype="float32")
    images = keras.ops.convert_to_tensor(images)
    expected = network(images, training=True).detach().numpy()
    inferred = network(images, training=False).detach().numpy()
    forward_torch.call_by_list(network)
    assert "call" in vars(network)
    np.testing.assert_array_equal(network.call(images, training=True).detach().numpy(), expected)
    np.testing.assert_array_equal(network(images, training=True).detach().numpy(), expected)
    if name == "ViT":  # in the others running statistics have moved
        np.testing.assert_array_equal(network(images).detach().numpy(), inferred)
    # Arrays, and images without an axis for channels, are Keras' to convert.
    np.testing.assert_array_equal(
        network.call(np.asarray(images), training=True).detach().numpy(), expected
    )


@on_torch
def test_what_no_later_layer_takes_is_given_back():
    import torch

    from kerasdl.training import forward_torch

    given, alive = [], []

    class Watch(keras.layers.Layer):
        """Adds 1, and notes which of the sums before are still there."""

        def call(self, x):
            alive.append([each() is not None for each in given])
            total = x + 1
            given.append(weakref.ref(total))
            return total

    inputs = keras.Input((4,))
    second = Watch()(Watch()(inputs))
    network = keras.Model(inputs, keras.layers.Add()([Watch()(Watch()(second)), second]))
    forward_torch.call_by_list(network)
    given.clear()
    alive.clear()
    with torch.no_grad():
        network.call(torch.zeros(2, 4), training=True)
    # The second sum is taken once more at the end.
    assert alive == [[], [True], [False, True], [False, True, True]]


@on_torch
def test_a_call_of_several_arrays_leaves_the_network_as_it_is():
    from kerasdl.training import forward_torch

    inputs = [keras.Input((4,)), keras.Input((4,))]
    network = keras.Model(inputs, keras.layers.Add()(inputs))
    forward_torch.call_by_list(network)
    assert "call" not in vars(network)


class Ends(keras.callbacks.Callback):
    """Notes the ends of batches; `needs` says in which epochs it needs them, or nothing."""

    def __init__(self, needs=None):
        super().__init__()
        self.found, self.epoch = [], None
        if needs is not None:
            type(self).needs_batch_end = property(lambda self: self.epoch in needs)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.found.append((self.epoch, batch, np.isfinite(logs["loss"])))


def fitted(*ends):
    network = build(resolve(PLAIN)).trained
    data = resolve(PLAIN).training_batches
    continuation.fit_from(network, data, (0, 0), epochs=2, callbacks=list(ends))


def test_the_end_of_a_batch_is_told_to_whom_needs_it():
    class InTheSecond(Ends):
        pass

    second = InTheSecond(needs=[1])
    fitted(second)
    assert second.found == [(1, batch, True) for batch in range(8)]
    every = Ends()
    fitted(every, InTheSecond(needs=[]))
    assert every.found == [(epoch, batch, True) for epoch in (0, 1) for batch in range(8)]


class OwnProgress(callbacks.Progress):
    """A user's, which counts batches."""

    ends = 0

    def on_train_batch_end(self, batch, logs=None):
        self.ends += 1


def test_a_class_of_the_users_hears_of_all_batches(tmp_path):
    own = OwnProgress(io.StringIO(), live=False)
    train(PLAIN, out=tmp_path, callbacks=[own])
    assert own.ends == 16


def test_the_running_epoch_ends_with_its_last_batch(monkeypatch, tmp_path):
    """Eight batches an epoch, on TensorFlow in calls of three."""
    monkeypatch.setattr(short_steps, "UPDATES", 3)
    shown = io.StringIO()
    train(PLAIN, out=tmp_path, callbacks=[callbacks.Progress(shown, live=True, interval=0)])
    percents = [int(each) for each in re.findall(r"(\d+) %", shown.getvalue())]
    assert max(percents) == 100
    if BACKEND == "tensorflow":
        assert percents == [37, 75, 100] * 2


def test_after_training_an_update_is_a_call_again(tmp_path):
    kept = []
    keep = keras.callbacks.LambdaCallback(on_train_end=lambda logs: kept.append(keep.model))
    run = train(PLAIN, out=tmp_path, callbacks=[keep])
    network, part = kept[0], resolve(PLAIN).dataset.test
    assert network.steps_per_execution == 1
    ends = Ends()
    network.fit(part.x, part.y, batch_size=20, verbose=0, callbacks=[ends])
    assert [batch for _, batch, _ in ends.found] == [0, 1, 2]
    assert run.result["status"] == "finished"


class CompilesAnew(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        metric = keras.metrics.SparseTopKCategoricalAccuracy(3, name="top3")
        self.model.compile(keras.optimizers.SGD(0.1), loss, metrics=[metric])
        self.model.make_train_function()


@pytest.mark.skipif(BACKEND == "jax", reason="it holds the state of the optimizer while it trains")
def test_a_network_that_is_compiled_anew_is_keras_own(as_keras, monkeypatch, tmp_path):
    logs = [train(PLAIN, out=tmp_path / "ours", callbacks=[CompilesAnew()]).log]
    as_keras()
    monkeypatch.setattr(short_steps, "UPDATES", 1)
    logs.append(train(PLAIN, out=tmp_path / "plain", callbacks=[CompilesAnew()]).log)
    for name in ("loss", "top3", "val_loss", "val_top3"):
        np.testing.assert_allclose(logs[0][name], logs[1][name], rtol=1e-5)
    assert logs[0]["top3"].iloc[1] > 0.5


def test_a_network_of_ones_own_may_have_an_open_size(tmp_path):
    x = keras.Input((None, None, 1))
    features = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(8, 3)(x))
    model = keras.Model(x, keras.layers.Dense(10)(features))
    recipe = override(PLAIN, {"epochs": 1})
    assert train(recipe, model=model, out=tmp_path, callbacks=()).result["status"] == "finished"
    assert model.steps_per_execution == 1


def test_what_shows_a_running_epoch_needs_the_end_of_batches():
    progress = callbacks.Progress(live=False)
    progress.on_train_begin()
    assert not progress.needs_batch_end
    progress.live = True
    progress.on_train_begin()
    assert progress.needs_batch_end


# Several updates in a call, on TensorFlow


@pytest.mark.parametrize(
    ("batch_size", "counts", "others", "expected"),
    [
        (32, [], [], 20),
        (32, [None, 100, 0], [], 20),
        (32, [100, 30], [], 10),
        (32, [7], [], 7),
        (32, [23], [], 1),
        (32, [], [callbacks.LogLearningRate(), callbacks.Progress(), callbacks.Checkpoint()], 20),
        (32, [], [OwnProgress()], 1),
        (32, [], [keras.callbacks.LambdaCallback(on_train_batch_begin=print)], 1),
        (32, [], [Ends()], 1),
        # 10^10 multiply-accumulates a call; of an image 8 x 8 x 9 x 8 + 4 x 4 x 8 x 16 + 16 x 10
        (100_000, [], [], 14),
        (100_000, [8], [], 8),
        (2_000_000, [], [], 1),
    ],
)
def test_updates_in_a_call(batch_size, counts, others, expected):
    network = build(resolve(PLAIN)).trained
    found = short_steps.updates_in_a_call(network, batch_size, counts, others)
    assert found == (expected if BACKEND == "tensorflow" else 1)


def test_updates_in_a_call_have_the_same_bits(monkeypatch, tmp_path):
    """Of eight updates an epoch five are in the first call."""
    recipe = override(PLAIN, {"log_every": 3, "augmentation": "crop_flip"})
    monkeypatch.setattr(short_steps, "UPDATES", 1)
    apart = train(recipe, out=tmp_path / "apart", callbacks=())
    monkeypatch.setattr(short_steps, "UPDATES", 5)
    together = train(recipe, out=tmp_path / "together", callbacks=())
    for one, other in zip(together.model.get_weights(), apart.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert together.result["metrics"] == apart.result["metrics"]
    same = [name for name in apart.log.columns if name not in ("seconds", "images_per_second")]
    assert together.log[same].equals(apart.log[same])
    for file in ("steps.csv",):
        assert (together.directory / file).read_text() == (apart.directory / file).read_text()


def test_checkpoints_are_saved_after_so_many_updates(monkeypatch, tmp_path):
    numbers = []
    plain = Snapshots.write
    monkeypatch.setattr(
        Snapshots,
        "write",
        lambda self, number, *rest: (numbers.append(number), plain(self, number, *rest)),
    )
    train(PLAIN, out=tmp_path, callbacks=[callbacks.Checkpoint(every=3)])
    assert numbers == [3, 6, 8, 11, 14, 16]


# Rows that TensorFlow takes by itself


def as_arrays(data):
    return [keras.tree.map_structure(np.asarray, tuple(batch)) for batch in data]


@on_tensorflow
@pytest.mark.parametrize("weights", [None, np.arange(10, dtype="float32")])
def test_rows_are_those_that_python_would_take(monkeypatch, weights):
    rng = np.random.default_rng(0)
    x, y = (
        rng.integers(0, 256, (10, 2, 2, 1), "uint8"),
        {"a": np.arange(10), "b": rng.random((10, 3))},
    )
    whole = batches.Batches(x, y, batch_size=4, seed=3, weights=weights)
    rest = continuation.RestOfEpoch(whole, first=1)
    fed = [backend.feed(each) for each in (whole, rest)]
    monkeypatch.setattr(backend, "COPIED_AT_MOST", 0)
    by_python = [backend.feed(each) for each in (whole, rest)]
    for epoch in (0, 5):
        whole.begin_epoch(epoch)
        for ours, expected, count in zip(fed, by_python, (3, 2), strict=True):
            found = as_arrays(ours)
            assert len(found) == len(ours) == count
            keras.tree.map_structure(np.testing.assert_array_equal, found, as_arrays(expected))
            assert ours.element_spec == expected.element_spec
    assert whole.order.tolist() == np.random.default_rng([3, 5]).permutation(10).tolist()


def test_only_shuffled_arrays_are_rows():
    x, y = np.zeros((6, 8, 8, 3), "uint8"), np.eye(6, dtype="float32")
    assert batches.Batches(x, y, 2).shuffled_arrays() is None
    mixing = resolve(override(PLAIN, {"mix": {"name": "mix_up"}})).training_batches.mixing
    assert mixing is not None
    assert batches.Batches(x, y, 2, seed=0, mixing=mixing).shuffled_arrays() is None
    assert batches.Batches(x, y, 2, seed=0).shuffled_arrays() == (x, y)
