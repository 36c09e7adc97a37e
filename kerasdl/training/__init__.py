"""From a recipe to a trained model and the files of its run.

`resolve` forms an `Experiment`; `train` trains it, or a recipe, and gives a `Run`.

    experiment.py      recipe + data -> all that a run needs, resolved once
    stand_in.py        the bundled digits in place of images that cannot be had
    outputs.py         what each output of the network is trained on
    network.py         the network
    optimizer.py       its optimizer and schedule
    weight_groups.py   learning rates by group of weights
    whitened_inputs.py the first layer, where it whitens the images
    averages.py        moving averages of the weights
    patience.py        early stopping, and a rate that falls on a plateau
    precision.py       arithmetic in bfloat16 and float16
    compilation.py     steps that are compiled where Keras does not do so (compiled_torch.py)
    initialization.py  initial weights, equal on every backend
    batches.py         the order of the images, equal on every backend
    averaged_views.py  test-time augmentation
    final_metrics.py   loss and metrics of the trained network
    fit.py             the training, and the files it leaves
    continuation.py    training that goes on in the middle of an epoch
    result.py          what `result.json` says
"""

from kerasdl import backend

backend.load()  # one clear sentence where there is none, and Keras with no other one

from kerasdl.training.experiment import Experiment, resolve  # noqa: E402
from kerasdl.training.fit import Run, train  # noqa: E402

__all__ = ["Experiment", "Run", "resolve", "train"]
