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

`ScheduleLearningRate` may stand anywhere. `learning_rate_range` is no callback but
an experiment with them: the range test that suggests a learning rate.
"""

from kerasdl.callbacks.csv_log import CSVLog
from kerasdl.callbacks.divergence import StopOnDivergence
from kerasdl.callbacks.evaluation import Evaluate
from kerasdl.callbacks.learning_rate import LogLearningRate, ScheduleLearningRate
from kerasdl.callbacks.lr_range import LearningRateRange, learning_rate_range
from kerasdl.callbacks.progress import Progress
from kerasdl.callbacks.throughput import Throughput

__all__ = [
    "CSVLog",
    "Evaluate",
    "LearningRateRange",
    "LogLearningRate",
    "Progress",
    "ScheduleLearningRate",
    "StopOnDivergence",
    "Throughput",
    "learning_rate_range",
]
