"""A resumed run with Keras callbacks, or a network, of the user's own is the run that was not killed."""

import collections
import dataclasses
import random
import signal

import keras
import numpy as np
import pytest
from test_checkpoints import POSIX, RECIPE, Kill, cut, expect_same, folder_in

from kerasdl.callbacks import Checkpoint
from kerasdl.callbacks._attributes import Attributes, encoded
from kerasdl.callbacks._snapshots import Snapshots
from kerasdl.errors import UsageError
from kerasdl.recipes import override
from kerasdl.training import train

CONSTANT = override(RECIPE, {"schedule": None, "epochs": 9, "select": "last"})


def patient():
    """Callbacks that count epochs without progress; with these rates both act within nine epochs."""
    return [
        keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.3, patience=2, min_delta=0.5),
        keras.callbacks.EarlyStopping("val_loss", patience=4, min_delta=0.5, restore_best_weights=True),
    ]  # fmt: skip


@pytest.mark.any_backend
@pytest.mark.parametrize("at", [(3, 4), (4, 0)])
def test_patience_is_not_granted_twice(tmp_path, at):
    whole = train(CONSTANT, out=tmp_path / "whole", callbacks=patient())
    epochs = len(whole.log)
    assert at[0] < epochs < 9
    assert whole.log["learning_rate"].nunique() > 1
    out = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        train(CONSTANT, out=out, callbacks=[*patient(), Kill(*at), Checkpoint(1)])
    expect_same(train(CONSTANT, out=out, callbacks=patient(), existing="resume"), whole)


class Ends(keras.callbacks.Callback):
    """Stops training after its second epoch, and is killed then."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 1

    def on_train_end(self, logs=None):
        raise KeyboardInterrupt


@pytest.mark.any_backend
def test_what_was_stopped_is_not_trained_on(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(CONSTANT, out=tmp_path, callbacks=[Ends()])
    heard = []
    run = train(
        CONSTANT, out=tmp_path, callbacks=[Checkpoint(notify=heard.append)], existing="resume"
    )
    assert run.log["epoch"].tolist() == [1, 2]
    assert heard[0] == "continuing after epoch 2, with which training ended"


class LogsNowAndThen(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch % 2:
            logs["odd"] = float(epoch)


@pytest.mark.any_backend
def test_columns_that_come_and_go(tmp_path):
    recipe = override(CONSTANT, {"epochs": 5})
    whole = train(recipe, out=tmp_path / "whole", callbacks=[LogsNowAndThen()])
    for epoch in (1, 4):  # before the column is there, and where it is missing
        out = tmp_path / str(epoch)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, out=out, callbacks=[LogsNowAndThen(), Kill(epoch, 3), Checkpoint(1)])
        expect_same(train(recipe, out=out, callbacks=[LogsNowAndThen()], existing="resume"), whole)


def test_averages_of_the_weights_go_on(tmp_path):
    averaged = {"arguments": {"use_ema": True, "ema_momentum": 0.9}}
    recipe = override(CONSTANT, {"epochs": 2} | {f"optimizer.{k}": v for k, v in averaged.items()})
    whole = train(recipe, out=tmp_path / "whole", callbacks=())
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out=tmp_path / "killed", callbacks=[Kill(0, 5), Checkpoint(1)])
    expect_same(train(recipe, out=tmp_path / "killed", callbacks=(), existing="resume"), whole)


def network(dtype=None):
    """With random layers of Keras, which on PyTorch draw from the generator of the process."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.GaussianNoise(0.1),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, dtype=dtype),
        ]
    )


@pytest.mark.parametrize("dtype", [None, "bfloat16"])
def test_a_network_of_ones_own(tmp_path, dtype):
    def own():
        keras.utils.set_random_seed(0)
        return network(dtype)

    recipe = override(CONSTANT, {"epochs": 2, "augmentation": None})
    whole = train(recipe, model=own(), out=tmp_path / "whole", callbacks=())
    out = tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        train(recipe, model=own(), out=out, callbacks=[Kill(1, 5), Checkpoint(1)])
    expect_same(train(recipe, model=own(), out=out, callbacks=(), existing="resume"), whole)


class DecaysEachUpdate(keras.callbacks.Callback):
    """Acts before an update: a resumed one must not be met twice."""

    def on_train_batch_begin(self, batch, logs=None):
        optimizer = self.model.optimizer
        optimizer.learning_rate.assign(0.98 * float(optimizer.learning_rate))


@dataclasses.dataclass
class Unhashable(keras.callbacks.Callback):
    seen: int = 0

    def __post_init__(self):
        super().__init__()

    def on_epoch_end(self, epoch, logs=None):
        self.seen += 1
        logs["seen"] = self.seen


class KillAtEnd(keras.callbacks.Callback):
    """Interrupts after an epoch, whose last save lies before its end."""

    def on_epoch_end(self, epoch, logs=None):
        raise KeyboardInterrupt


class CountsDown(keras.callbacks.Callback):
    """Its state comes back to what it was before training; others are in all kinds of values."""

    def __init__(self):
        super().__init__()
        self.left = 0

    def on_train_begin(self, logs=None):
        self.left, self.seen = 2, collections.deque(maxlen=3)
        self.sets, self.nested = {1}, {"a": [np.arange(3), (b"x", {2: None})]}

    def on_epoch_end(self, epoch, logs=None):
        self.left = max(0, self.left - 1)
        self.seen.append(epoch)
        self.sets.add(epoch)
        self.nested["a"][0] = self.nested["a"][0] + 1
        logs["left"] = self.left
        logs["seen"] = sum(self.seen)
        logs["nested"] = len(self.sets) + float(self.nested["a"][0].sum())


@pytest.mark.parametrize(
    "kind",
    [
        DecaysEachUpdate,
        pytest.param(CountsDown, marks=pytest.mark.any_backend),
        pytest.param(Unhashable, marks=pytest.mark.any_backend),
    ],
)
@pytest.mark.parametrize("at", [(1, 3), (2, 3)])
def test_callbacks_of_ones_own_go_on(tmp_path, kind, at):
    recipe = override(CONSTANT, {"epochs": 4})
    whole = train(recipe, out=tmp_path / "whole", callbacks=[kind()])
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out=tmp_path / "killed", callbacks=[kind(), Kill(*at), Checkpoint(1)])
    heard = []
    added = [Checkpoint(notify=heard.append), kind()]
    expect_same(train(recipe, out=tmp_path / "killed", callbacks=added, existing="resume"), whole)
    # Named by class: that another one is missing does not hurt.
    assert heard[1:] == ["the callback Kill is missing: its state is lost"]


@pytest.mark.any_backend
def test_one_callback_in_two_trainings(tmp_path):
    """What is left in it of the first is no state of the second."""
    stop = keras.callbacks.EarlyStopping("val_loss", patience=3, min_delta=5)
    train(override(CONSTANT, {"epochs": 3}), out=tmp_path / "first", callbacks=[stop])
    assert stop.wait == 2
    recipe = override(CONSTANT, {"epochs": 6})
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out=tmp_path, callbacks=[stop, Kill(3, 3), Checkpoint(1)])
    again = keras.callbacks.EarlyStopping("val_loss", patience=3, min_delta=5)
    assert len(train(recipe, out=tmp_path, callbacks=[again], existing="resume").log) == 4


class DrawsOfItsOwn(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.generator = random.Random(0)


@pytest.mark.any_backend
def test_a_state_that_cannot_be_saved_is_named(tmp_path):
    options = {"out": tmp_path, "existing": "resume"}
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, callbacks=[DrawsOfItsOwn(), Kill(0, 3), Checkpoint(1)], **options)
    heard = []
    checkpoint = Checkpoint(notify=heard.append)
    train(RECIPE, callbacks=[DrawsOfItsOwn(), Kill(9, 9), checkpoint], **options)
    lost = "the callback DrawsOfItsOwn begins anew in what cannot be saved: generator (a Random)"
    assert heard[1:] == [lost]


class GivesItsState(keras.callbacks.Callback):
    def get_state(self):
        return {"best": np.float32(1), "by_number": {3: {1, 2}}}

    def set_state(self, state):
        self.given = state


class GivesAnObject(GivesItsState):
    def get_state(self):
        return {"best": self}


@pytest.mark.any_backend
def test_a_state_that_a_callback_gives(tmp_path):
    options = {"out": tmp_path, "existing": "resume"}
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, callbacks=[GivesItsState(), Kill(0, 3), Checkpoint(1)], **options)
    again = GivesItsState()
    train(RECIPE, callbacks=[again, Kill(9, 9)], **options)
    assert again.given == {"best": np.float32(1), "by_number": {3: {1, 2}}}
    with pytest.raises(UsageError, match=r"GivesAnObject should give a dictionary .* received a G"):
        train(override(RECIPE, {"seed": 1}), callbacks=[GivesAnObject(), Checkpoint(1)], **options)


@pytest.mark.any_backend
def test_values_that_no_file_can_hold():
    endless, deep = [], []
    endless.append(endless)
    for _ in range(100_000):
        deep = [deep]
    for value in (endless, deep, 1 << 20_000, object(), np.array([object()])):
        with pytest.raises(TypeError):
            encoded(value, [])
    callback = CountsDown()
    callback.odd = endless
    assert "odd" not in Attributes(callback).get_state()["values"]


class Counts(keras.callbacks.Callback):
    """Has no state before its first epoch ends."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def on_epoch_end(self, epoch, logs=None):
        self.count += 1
        logs["count"] = self.count


@pytest.mark.any_backend
def test_the_same_object_after_an_exception(tmp_path):
    """As in a notebook, where a cell is run again."""
    recipe = override(CONSTANT, {"epochs": 4})
    counts = Counts()
    with pytest.raises(KeyboardInterrupt):
        train(recipe, out=tmp_path, callbacks=[counts, Checkpoint(3), KillAtEnd()])
    run = train(recipe, out=tmp_path, callbacks=[counts], existing="resume")
    assert run.log["count"].tolist() == [1, 2, 3, 4]


@pytest.mark.any_backend
def test_what_was_changed_since_stays_changed():
    """More patience, given when the run is resumed, is not taken back."""
    stop, again = (keras.callbacks.EarlyStopping("loss", patience=n) for n in (2, 7))
    state = Attributes(stop)
    stop.wait = 1
    Attributes(again).set_state(state.get_state())
    assert (again.wait, again.patience) == (1, 7)


@pytest.mark.any_backend
def test_damage_is_never_silent(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, out=tmp_path, callbacks=[Kill(0, 6), Checkpoint(2)])
    newest, _ = Snapshots(folder_in(tmp_path)).paths()
    newest.write_bytes(cut(newest.read_bytes()))
    with pytest.warns(UserWarning, match=r"checkpoint-6\.ckpt is damaged: its checksum is wrong"):
        train(RECIPE, out=tmp_path, callbacks=(), existing="resume")


def test_one_checkpoint_of_any_kind(tmp_path):
    class Own(Checkpoint):
        pass

    with pytest.raises(UsageError, match="at most one Checkpoint; received 2"):
        train(RECIPE, out=tmp_path, callbacks=[Checkpoint(), Own()])
    with pytest.raises(KeyboardInterrupt):
        train(RECIPE, out=tmp_path, callbacks=[Own(1), Kill(0, 3)])
    assert len(Snapshots(folder_in(tmp_path)).paths()) == 2


@pytest.mark.any_backend
@POSIX
def test_a_burst_of_signals_is_one(monkeypatch):
    """Some schedulers signal a process, and its group, which it is in."""
    checkpoint = Checkpoint()
    with checkpoint.ends_in_order():
        for _ in range(30):
            signal.raise_signal(signal.SIGINT)
        monkeypatch.setattr("kerasdl.callbacks.checkpoint.AT_ONCE", 0.0)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


class Asks(keras.callbacks.Callback):
    """Asks to end at the third update, when the loss is no number any more."""

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 2:
            signal.raise_signal(signal.SIGINT)


def test_it_does_not_say_saved_where_nothing_was(tmp_path):
    recipe = override(CONSTANT, {"optimizer.learning_rate": 1e38, "optimizer.name": "sgd"})
    with pytest.raises(KeyboardInterrupt) as interrupt:
        train(recipe, out=tmp_path, callbacks=[Asks()])
    assert str(interrupt.value) == "not saved, since the loss is no number any more"
    assert not Snapshots(folder_in(tmp_path)).paths()
