"""Where two backends decide differently in one training step, and what that does to the gradients.

    python differences.py JOB.json

`scripts/flipped_decision.py` runs this in a process for each backend: for the first one it keeps
the weights before the step and all that the step computes, for the second one it compares.
"""

import json
import sys
from pathlib import Path

import numpy as np
from instrumented_step import Decree, Moment, choices, observe
from keras import ops

from kerasdl import processes, recipes
from kerasdl.files import write_json
from kerasdl.parity.distances import between
from kerasdl.training import resolve
from kerasdl.training.network import build

SHOWN = 6  # decisions that are examined one by one


def run(job):
    """Make the step on the backend in use; with `job["reference"]`, compare it.

    Args:
        job: dictionary: `recipe`, `data_dir`, `step`; `weights` and `observed`, the files of what
            the first backend has before the step and of what it computes there; `compare`, whether
            they are read (else they are written); `own_weights`, whether this backend then makes
            the earlier steps itself; `found`, the file of the comparison.
    """
    experiment = resolve(recipes.from_dict(job["recipe"]), data_dir=job["data_dir"])
    network = build(experiment).trained
    if job["own_weights"] or not job["compare"]:
        moment = Moment.after_training(experiment, network, job["step"])
    else:
        with np.load(job["weights"]) as file:
            weights = [file[name] for name in file.files]
        moment = Moment(experiment, network, job["step"], weights)
    if not job["compare"]:
        np.savez(job["weights"], *moment.weights)
        np.savez(job["observed"], **observe(moment))
        return
    with np.load(job["observed"]) as file:
        reference = dict(file)
    write_json(job["found"], compare(reference, moment))


def compare(reference, moment):
    """What a step computes otherwise than a reference, and which decisions explain it.

    Args:
        reference: what `observe` gave on the first backend.
        moment: the same moment on this backend.

    Returns:
        A dictionary for JSON:

        - `layers`: for each deciding layer, in the order of computation, its `name`, how many
          `decisions` it makes and how many `differ` where a gradient comes, and the relative
          distances of what it is `given` and of the gradients `behind` and `before` it.
        - `decisions`: the differing ones of the largest gradients, by layer from the output to the
          input: `layer`, `place` (image first), the two `chosen` (first backend, this one), the
          `values` of these two as each backend has them, `largest` of all that the layer is given
          there, without signs, and the `gradient` that goes to one of them.
        - `gradients`: for each weight its `name` and relative distances: `computed`; with each of
          `decisions` `alone` taken as on the first backend; with `all` that differ; and, as a
          control, with its `own` decisions from its own, which should change roundings at most.
    """
    own = observe(moment)
    names = [name.partition("/")[2] for name in own if name.startswith("decision/")]
    decisions = {name: own[f"decision/{name}"] for name in names}
    differing = {name: _differing(reference, own, name) for name in names}
    distances = between(reference, own)
    layers = [
        {
            "name": name,
            "decisions": differing[name].size,
            "differ": int(differing[name].sum()),
            **{kind: _ratio(distances[f"{kind}/{name}"]) for kind in ("given", "behind", "before")},
        }
        for name in names
    ]
    shown = _largest(differing, own)
    step = Decree(moment, {name: values.shape for name, values in decisions.items()})
    alone = [step(_taken(decisions, reference, [each])) for each in shown]
    all_taken = step(decisions | {name: reference[f"decision/{name}"] for name in names})
    own_taken = step(decisions)
    gradients = {name: value for name, value in own.items() if name.startswith("gradients/")}
    return {
        "layers": layers,
        "decisions": [
            _described(reference, own, moment.network.get_layer(name), place)
            for name, place in shown
        ],
        "gradients": [
            {
                "name": name.partition("/")[2],
                "computed": _distance(reference, own, name),
                "alone": [_distance(reference, each, name) for each in alone],
                "all": _distance(reference, all_taken, name),
                "own": _distance(own, own_taken, name),
            }
            for name in reversed(gradients)
        ],
    }


def _differing(reference, own, name):
    """Where a layer decides differently and the gradient behind it is not 0: a Boolean array."""
    differs = reference[f"decision/{name}"] != own[f"decision/{name}"]
    return differs & ((reference[f"behind/{name}"] != 0) | (own[f"behind/{name}"] != 0))


def _largest(differing, own):
    """`(layer, place)` of the differing decisions whose gradients are the largest."""
    found = [
        (name, tuple(map(int, place)))
        for name in reversed(differing)
        for place in np.argwhere(differing[name])
    ]
    kept = sorted(found, key=lambda each: -abs(own[f"behind/{each[0]}"][each[1]]))[:SHOWN]
    return [each for each in found if each in kept]


def _taken(decisions, reference, places):
    """`decisions`, those at `places` as the reference has them."""
    changed = {name: values.copy() for name, values in decisions.items()}
    for name, place in places:
        changed[name][place] = reference[f"decision/{name}"][place]
    return changed


def _described(reference, own, layer, place):
    chosen = [int(each[f"decision/{layer.name}"][place]) for each in (reference, own)]
    values = []
    for each in (reference, own):
        offered = choices(layer, each[f"given/{layer.name}"])
        values.append([float(ops.convert_to_numpy(offered[i])[place]) for i in chosen])
    return {
        "layer": layer.name,
        "place": place,
        "chosen": chosen,
        "values": values,
        "largest": float(np.abs(reference[f"given/{layer.name}"]).max()),
        "gradient": float(own[f"behind/{layer.name}"][place]),
    }


def _ratio(pair):
    distance, size = pair
    return distance / size if distance else 0.0


def _distance(one, other, name):
    """Of a weight's gradients, relative to the largest entry of its layer's, as `kerasdl parity`."""
    layer = name.rpartition("/")[0]
    size = max(np.abs(one[each]).max() for each in one if each.rpartition("/")[0] == layer)
    return float(np.abs(one[name].astype("float64") - other[name]).max() / size)


if __name__ == "__main__":
    processes.stop_with_parent()
    run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
