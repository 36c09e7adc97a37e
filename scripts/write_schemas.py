"""Write the JSON Schemas of the files that a run leaves behind, and of `train --config`.

python scripts/write_schemas.py FOLDER
"""

import argparse
from pathlib import Path

from kerasdl.files import write_json
from kerasdl.recipes import recipe_schema
from kerasdl.recipes.config import config_schema
from kerasdl.runs.result_schema import RESULT_SCHEMA


def main(argv=None):
    """Parse the command line and write a file for each schema."""
    parser = argparse.ArgumentParser(
        description=__doc__.strip(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the files go")
    folder = parser.parse_args(argv).folder
    folder.mkdir(parents=True, exist_ok=True)
    schemas = {"recipe": recipe_schema(), "config": config_schema(), "result": RESULT_SCHEMA}
    for name, schema in schemas.items():
        write_json(folder / f"{name}.schema.json", schema)


if __name__ == "__main__":
    main()
