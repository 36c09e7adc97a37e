"""Model cards: what a model is, what it was trained on, how good it is, and how it is loaded."""

import json
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from kerasdl import recipes, text
from kerasdl.backend import BACKENDS
from kerasdl.export.writing import format_module
from kerasdl.files import file_fingerprint
from kerasdl.reports.markup import Prose
from kerasdl.reports.tables import Table
from kerasdl.reports.templating import render
from kerasdl.runs import archive, directory
from kerasdl.structure import by_output

UNKNOWN = "not recorded"
LIMITS = Prose("""A small network, trained to be studied. What it makes of images unlike those of its data set was not
measured, nor how it treats people: it is no basis for a decision about anybody. Its probabilities were
not calibrated.""")


@dataclass(frozen=True)
class Card:
    """What the template `model_card.md` lays out; each is a sentence or a `Table`."""

    title: str
    purpose: str
    loading: Markup
    interface: str
    check: str
    data: Table
    metrics: Table
    selection: str
    recipe: Table
    training: Table
    fingerprints: Table
    limits: str = LIMITS


def model_card(exported, model, source, metadata):
    """The text of the model card of an export, in Markdown.

    Args:
        exported: `kerasdl.export.Exported`.
        model: the `keras.Model` that was exported.
        source: its `.keras` file; what lies in a run directory has metrics too.
        metadata: dictionary that was saved with it, as `kerasdl.models.saving.load_model` gives it.

    Raises:
        UsageError: a file of the run cannot be read, or is not what a run leaves behind.
    """
    from kerasdl.inspection.graph import functional

    source, model, result = Path(source), functional(model), {}
    if source.name == directory.MODEL:
        result = archive.without_paths(directory.read_result(source.parent))
    recipe = recipes.from_dict(metadata["recipe"]) if "recipe" in metadata else None
    name = UNKNOWN if recipe is None else recipe.name
    dataset = metadata.get("dataset", UNKNOWN)
    card = Card(
        title=f"{name} on {dataset}, as {exported.format}",
        purpose=_purpose(recipe, metadata),
        loading=_loading(exported),
        interface=_interface(model),
        check=_check(exported),
        data=_table(_data(result, metadata)),
        metrics=_metrics(result),
        selection=_selection(result, recipe),
        recipe=_table({} if recipe is None else dict(recipes.flattened(recipe.settings()))),
        training=_table(_training(result)),
        fingerprints=_table(_fingerprints(exported, source, model, result)),
    )
    return render("model_card.md", card=card)


def _purpose(recipe, metadata):
    begun = "from scratch" if recipe is None or recipe.pretrained is None else "from other weights"
    words = [f"A network trained {begun} by kerasdl, with Keras."]
    if recipe is not None and recipe.source:
        words.append(f"Its recipe is of {recipe.source}.")
    if "notice" in metadata:
        words.append(str(metadata["notice"]))
    return " ".join(words)


def _loading(exported):
    """Code that loads the file, which holds nothing that could end its block."""
    code = format_module(exported.format).LOADING
    return Markup(code.replace('"PATH"', json.dumps(exported.path.name)))


def _interface(model):
    shape = ", ".join("any" if size is None else str(size) for size in model.inputs[0].shape[1:])
    given = ", ".join(
        " ".join(filter(None, (name, f"(n, {', '.join(map(str, each.shape[1:]))})")))
        for name, each in by_output(model.output).items()
    )
    return Prose(
        f"`images` is a float32 array (n, {shape}); pixels go in as they are, from 0 to 255. "
        f"`predictions`: {given}, probabilities of the classes in their order, or values."
    )


def _check(exported):
    if exported.difference is None:
        words = "It was not compared with the model: the runtime of its format was not installed."
    else:
        words = (
            f"{exported.runtime} predicts from it what the model predicts: the largest difference, "
            f"over 16 images of every contrast, is {exported.difference:.1e}."
        )
    return " ".join(filter(None, (words, exported.notice)))


def _data(result, metadata):
    identity = result.get("identity", {})
    found = {
        "data set": metadata.get("dataset", UNKNOWN),
        "source": result.get("source", UNKNOWN),
        "of the user's own": {True: "yes", False: "no"}.get(metadata.get("own_data"), UNKNOWN),
    }
    found |= {f"examples, {part}": f"{n:,}" for part, n in result.get("images", {}).items()}
    for name, classes in by_output(metadata.get("classes")).items():
        label = " of ".join(filter(None, ("classes", name)))
        found[label] = UNKNOWN if classes is None else ", ".join(classes)
    return found | {"fingerprint": identity.get("data") or UNKNOWN}


def _metrics(result):
    parts = result.get("metrics", {})
    names = dict.fromkeys(name for values in parts.values() for name in values)
    rows = [
        (part.replace("_", ", "), *(_number(values.get(name)) for name in names))
        for part, values in parts.items()
    ]
    return Table(("part of the data", *names), tuple(rows))


def _number(value):
    return "" if value is None else f"{float(value):.4f}"


def _selection(result, recipe):
    if not result.get("metrics") or recipe is None:
        return "No metrics were recorded with this model."
    chosen = "the last epoch"
    if "selected_epoch" in result:
        chosen = f"epoch {result['selected_epoch']}, the best by {recipe.select}"
    when = "at every epoch, for its curve" if recipe.test_curves else "once, after training"
    return (
        f"The weights are those of {chosen}. The test part was measured {when}: no weight, setting "
        "or epoch was selected by it."
    )


def _training(result):
    if not result:
        return {"run": UNKNOWN}
    code = result.get("code", {})
    found = {
        "status": result["status"],
        "backend": BACKENDS.get(result.get("backend"), UNKNOWN),
        "seed": result.get("seed"),
        "epochs": result.get("epochs"),
        "time": text.clock(result["seconds"]) if "seconds" in result else UNKNOWN,
        "parameters": result.get("parameters"),
        "hardware": result.get("hardware"),
        "versions": ", ".join(f"{k} {v}" for k, v in result.get("versions", {}).items()),
        "date": result.get("date"),
        "commit of kerasdl": code.get("commit"),
        "pretrained weights": result.get("pretrained", {}).get("from"),
        "deterministic": result.get("deterministic"),
    }
    return {key: value for key, value in found.items() if value not in (None, "")}


def _fingerprints(exported, source, model, result):
    from kerasdl.models.fingerprint import architecture_fingerprint, weights_fingerprint

    found = {"weights": weights_fingerprint(model), "network": architecture_fingerprint(model)}
    files = [source] if source.is_file() else []
    files += [exported.path] if exported.path.is_file() else []
    found |= {path.name: file_fingerprint(path) for path in files}
    return found


def _table(entries):
    return Table(("", ""), tuple((key, str(value)) for key, value in entries.items()))
