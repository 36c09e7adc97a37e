"""Whether what a JSON file holds is of the kinds that its schema names."""

KINDS = {
    "string": (str, "text"),
    "integer": (int, "a whole number"),
    "number": ((int, float), "a number"),
    "boolean": (bool, "true or false"),
    "array": (list, "a list"),
    "object": (dict, "an object"),
    "null": (type(None), "null"),
}
"""Type in JSON Schema -> the types of Python that it is read as, and how a sentence names it."""

LARGEST = 1e100
"""Magnitude of the largest number: its square is one too."""


def first_fault(value, schema, path=""):
    """The first place where a value is not of the kind that a JSON Schema says, in words.

    Only kinds and ranges are compared. What is missing, and what a later version of kerasdl may
    have added, is no fault here.

    Args:
        value: what was read from JSON.
        schema: a JSON Schema of `type`, `enum`, `anyOf`, `minimum`, `properties`,
            `additionalProperties` and `items`; what else it says is not looked at.
        path: where `value` stands, dotted.

    Returns:
        A part of a sentence; `""` where there is no fault.

    Example:
    >>> first_fault({"seed": "x"}, {"type": "object", "properties": {"seed": {"type": "integer"}}})
    "seed should be a whole number; received 'x'"
    """
    if expected := _expected(value, schema):
        return f"{path or 'all of it'} should be {expected}; received {value!r:.80}"
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key, entry in value.items():
            inner = known.get(key, others)
            where = f"{path}.{key}" if path else key
            if isinstance(inner, dict) and (fault := first_fault(entry, inner, where)):
                return fault
    elif isinstance(value, list) and "items" in schema:
        for number, entry in enumerate(value):
            if fault := first_fault(entry, schema["items"], f"{path}[{number}]"):
                return fault
    return ""


def _expected(value, schema):
    """What a value should be, in words; `""` where it is."""
    if "anyOf" in schema:
        found = [_expected(value, each) for each in schema["anyOf"]]
        return " or ".join(found) if all(found) else ""
    if "enum" in schema:
        good = any(type(value) is type(each) and value == each for each in schema["enum"])
        return "" if good else "one of " + ", ".join(map(str, schema["enum"]))
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    if names and not any(_is_of(value, name) for name in names):
        return " or ".join(KINDS[name][1] for name in names)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        least = schema.get("minimum", -LARGEST)
        if not least <= value <= LARGEST:
            return f"a number from {least:g} to {LARGEST:g}"
    return ""


def _is_of(value, name):
    is_boolean = isinstance(value, bool)  # which Python takes for a whole number too
    return isinstance(value, KINDS[name][0]) and (name == "boolean" or not is_boolean)
