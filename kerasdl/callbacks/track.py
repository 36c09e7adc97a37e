"""Keep the trackers of a run up to date."""

import keras


class Track(keras.callbacks.Callback):
    """Lets `kerasdl.trackers` read the log whenever a line was added to it.

    This callback stands after `CSVLog`, whose file they read. A tracker may take seconds to begin,
    which are no time of the training: `first`, another callback, does that where it stands before
    `Throughput`, as it does in `kerasdl.training.train`.

    Args:
        followers: `kerasdl.trackers.Followers`, or anything with `begin(first_epoch)` and
            `catch_up()`.

    Example:
    >>> class Printing:
    ...     def begin(self, first_epoch):
    ...         print("from epoch", first_epoch)
    ...     def catch_up(self):
    ...         print("an epoch more")
    >>> history = model.fit(x, y, epochs=1, verbose=0, callbacks=[Track(Printing())])
    from epoch 0
    an epoch more
    """

    def __init__(self, followers):
        super().__init__()
        self._followers = followers
        self._has_begun = False
        self.first = keras.callbacks.LambdaCallback(
            on_train_begin=self.on_train_begin, on_epoch_begin=self.on_epoch_begin
        )

    def on_train_begin(self, logs=None):
        self._has_begun = False

    def on_epoch_begin(self, epoch, logs=None):
        if not self._has_begun:
            self._has_begun = True
            self._followers.begin(epoch)

    def on_epoch_end(self, epoch, logs=None):
        self._followers.catch_up()
