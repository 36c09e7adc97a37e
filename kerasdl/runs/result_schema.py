"""What a `result.json` holds, as a JSON Schema for other programs."""

from kerasdl.backend import BACKENDS
from kerasdl.recipes.schema import DIALECT

_WORDS = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
# JSON has no number that is not finite: it stands as a string.
_NUMBER = {"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]}
_METRICS = {"type": "object", "additionalProperties": _NUMBER, "minProperties": 1}
_FINGERPRINT = {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"}
_IDENTITY = {
    "type": "object",
    "properties": {
        "changes": {
            "description": "settings other than the registered recipe's, by dotted path; null "
            "where no recipe of that name is registered",
            "type": ["object", "null"],
        },
        "data": {"description": "fingerprint of the arrays", **_FINGERPRINT},
        "own_data": {"description": "whether the user gave the data", "type": "boolean"},
        "network": {
            "description": "'recipe', or the fingerprint of the user's own network",
            "type": "string",
        },
        "pretrained": {"description": "fingerprint of the file of weights", **_FINGERPRINT},
        "keras": {
            "description": "settings of Keras that are not its defaults",
            "type": "object",
            "additionalProperties": {"type": ["string", "number"]},
        },
    },
    "required": ["changes"],
    "additionalProperties": False,
}
_CODE = {
    "type": "object",
    "properties": {
        "version": {"description": "of kerasdl", **_WORDS},
        "commit": {
            "description": "where the package lies in its repository",
            "type": "string",
            "pattern": "^[0-9a-f]{40}$",
        },
        "modified": {
            "description": "whether the package's files differ from that commit",
            "type": "boolean",
        },
    },
    "required": ["version"],
    "additionalProperties": False,
}
_PRETRAINED = {
    "type": "object",
    "properties": {
        "from": {"description": "a file or hf://owner/name[@revision]", **_WORDS},
        "revision": {"description": "commit of the hub's repository", **_WORDS},
        "differs": {
            "description": "sentences on what was not loaded as it is",
            "type": "array",
            "items": _WORDS,
        },
    },
    "required": ["from", "differs"],
    "additionalProperties": False,
}

RESULT_SCHEMA = {
    "$schema": DIALECT,
    "title": "Result of a kerasdl run",
    "type": "object",
    "properties": {
        "recipe": {"description": "name of the recipe, <report>/<experiment>", **_WORDS},
        "backend": {"description": "what did the arithmetic", "enum": list(BACKENDS)},
        "dataset": {"description": "name of the data set", **_WORDS},
        "source": {"description": "where the data were found", **_WORDS},
        "notice": {"description": "a sentence, where other data stood in", **_WORDS},
        "seed": {"description": "of all that is random", **_COUNT},
        "epochs": {"description": "epochs that were trained", **_COUNT},
        "parameters": {"description": "number of trainable parameters", **_COUNT},
        "parameters_total": {"description": "number of all parameters", **_COUNT},
        "images": {
            "description": "number of examples in each part",
            "type": "object",
            "properties": {"train": _COUNT, "validation": _COUNT, "test": _COUNT},
            "required": ["train"],
            "additionalProperties": False,
        },
        "versions": {
            "description": "of Python and of the packages that decide the numbers",
            "type": "object",
            "additionalProperties": _WORDS,
        },
        "hardware": {"description": "processor, cores, accelerators", **_WORDS},
        "threads": {
            "description": "of the processor, among which an operation is divided",
            "type": "integer",
            "minimum": 1,
        },
        "deterministic": {
            "description": "whether equal bits from every run were asked for",
            "type": "boolean",
        },
        "class_weights": {
            "description": "factor of each class in the training loss, where a recipe has them",
            "type": "object",
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
        },
        "date": {"description": "when the run began", "type": "string", "format": "date"},
        "model": {
            "description": "the recipe's network, or the user's own",
            "enum": ["recipe", "own"],
        },
        "initial_weights": {
            "description": "fingerprint of the weights that the user's own network began with",
            **_FINGERPRINT,
        },
        "identity": {"description": "what sets the run apart from the recipe", **_IDENTITY},
        "code": {"description": "which code ran", **_CODE},
        "pretrained": {"description": "weights that training began from", **_PRETRAINED},
        "selected_epoch": {
            "description": "whose weights are kept, where `select` chose one",
            "type": "integer",
            "minimum": 1,
        },
        "seconds": {"description": "of training, without evaluation", "type": "number"},
        "images_per_second": {
            "description": "median over the epochs but the first",
            "type": ["number", "null"],
        },
        "metrics": {
            "description": "part of the data -> loss and metrics of the saved network; _augmented: "
            "of its mean output over several views of each image",
            "type": "object",
            "properties": {
                part + suffix: _METRICS
                for part in ("test", "validation")
                for suffix in ("", "_augmented")
            },
            "additionalProperties": False,
        },
        "status": {
            "description": "how the run ended; 'begun' until then",
            "enum": ["begun", "finished", "diverged", "interrupted", "failed"],
        },
        "error": {"description": "of a run that failed", **_WORDS},
    },
    "required": ["recipe", "backend", "seed", "status"],
    "additionalProperties": False,
    "if": {"properties": {"status": {"enum": ["finished", "diverged"]}}},
    "then": {
        "required": [
            *("dataset", "epochs", "metrics", "seconds", "images_per_second"),
            *("versions", "hardware"),
        ]
    },
}
"""JSON Schema of the `result.json` of a run, of this version and of those before."""
