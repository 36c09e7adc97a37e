"""The notebooks, as they were run, as pages of the site.

A hook of MkDocs. No cell is executed: a page shows the cells and the outputs that are in the file.
Formulas become MathML, which browsers draw without a script.
"""

import base64
import itertools
import json
import re
from pathlib import Path

from latex2mathml.converter import convert
from mkdocs.structure.files import File

SOURCE = Path(__file__).parents[2] / "notebooks"
TARGET = "notebooks"
PICTURES = {"image/png": "png", "image/jpeg": "jpg"}
FORMULA = re.compile(
    r"(`[^`]*`)|\$\$(.+?)\$\$|(?<![\\$\w])\$(?!\s)([^$]+?)(?<!\s)\$(?![\w$])", re.DOTALL
)
DOWNLOAD = (
    "*Download: [{name}]({name}). Its outputs are those of the run that is kept in the file.*"
)


def on_files(files, config):
    """Add a page, the file itself and its pictures, for each notebook."""
    for path in sorted(SOURCE.glob("*.ipynb")):
        text, pictures = page(path)
        files.append(File.generated(config, f"{TARGET}/{path.stem}.md", content=text))
        files.append(File.generated(config, f"{TARGET}/{path.name}", abs_src_path=str(path)))
        for name, content in pictures.items():
            files.append(File.generated(config, f"{TARGET}/{name}", content=content))
    return files


def page(path):
    """The Markdown of a notebook, and its pictures: name -> bytes."""
    parts, pictures = [], {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(with_formulas(source))
            continue
        parts.append(fenced(source, "python"))
        parts += [shown(output, path.stem, pictures) for output in joined(cell["outputs"])]
    title, _, rest = "\n\n".join(parts).partition("\n")
    return f"{title}\n\n{DOWNLOAD.format(name=path.name)}\n{rest}\n", pictures


def joined(outputs):
    """Outputs of a cell, where printed texts that follow each other are one."""
    for is_printed, group in itertools.groupby(
        outputs, lambda each: each["output_type"] == "stream"
    ):
        if is_printed:
            yield {"text": [line for output in group for line in output["text"]]}
        else:
            yield from group


def shown(output, name, pictures):
    """The Markdown of one output; a picture is added to `pictures`."""
    data = output.get("data", {})
    for kind, suffix in PICTURES.items():
        if kind in data:
            file = f"{name}-{len(pictures) + 1}.{suffix}"
            pictures[file] = base64.b64decode("".join(data[kind]))
            return f"![output of the cell above]({file})"
    if "text/html" in data:
        table = re.sub(r"<style.*?</style>\s*", "", "".join(data["text/html"]), flags=re.DOTALL)
        table = re.sub(r"\n\s*", "", table.replace(' border="1" class="dataframe"', ""))
        return f'<div class="output">{table}</div>'
    return fenced("".join(output.get("text") or data["text/plain"]), "{ .text .output }")


def fenced(text, kind):
    """A block of code."""
    fence = "`" * (3 + 3 * ("```" in text))
    return f"{fence}{kind}\n{text.rstrip()}\n{fence}"


def with_formulas(text):
    """Markdown whose TeX between dollar signs is MathML."""

    def formula(match):
        code, displayed, inline = match.groups()
        if code:
            return code
        return convert(displayed or inline, display="block" if displayed else "inline")

    return FORMULA.sub(formula, text)
