"""Callbacks: what a run writes down, and when it ends.

They work together through the logs of an epoch, so their order in the list
matters. The order that always works:

    callbacks = [
        Throughput(images=len(x_train)),               # first: its clock stops when the training part ends
        Evaluate({"val": validation, "test": test}),   # adds val_* and test_*
        LogLearningRate(),                             # adds learning_rate
        keras.callbacks.ReduceLROnPlateau(),           # Keras' own, by val_loss
        keras.callbacks.EarlyStopping(),
        StopOnDivergence(),
        CSVLog("log.csv"),                             # last: writes what all the others have added
        Progress(),
    ]
    model.fit(..., callbacks=callbacks, verbose=0)

`ScheduleLearningRate` and `BestEpoch` may stand anywhere. `Checkpoint` is for `kerasdl.training.train`,
which puts it after those that it saves along. `learning_rate_range`
is no callback but an experiment with them: the range test that suggests a learning rate.

A new callback is a new module: `best_epoch.py` holds the class `BestEpoch`.
"""

from kerasdl import backend, discovery

_MODULES = {
    discovery.class_name(name): name
    for name in discovery.modules(__name__, besides=("csv_log", "range_test"))
} | {
    "CSVLog": "csv_log",
    "LearningRateRange": "range_test",
    "learning_rate_range": "range_test",
}

__all__ = [*_MODULES]

_member, __dir__ = discovery.exports(__name__, **_MODULES)


def __getattr__(name):
    """A member, imported when it is first asked for, and Keras with it."""
    if name in _MODULES:
        backend.load()  # one clear sentence where there is none, and Keras with no other one
    return _member(name)
