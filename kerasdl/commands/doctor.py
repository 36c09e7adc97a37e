"""`kerasdl doctor`: whether backends, data and caches of this machine are in order."""

import json
import sys
import textwrap

from kerasdl import text

EXAMPLES = """
  kerasdl doctor                   exit code 1 where something is broken
  kerasdl doctor --json            for a bug report, or another program
"""
MARKS = {"ok": "ok", "note": "note", "broken": "BROKEN"}
WIDTH = 100  # characters, where there is no terminal


def add_arguments(parser):
    """The arguments of `kerasdl doctor`."""
    parser.add_argument(
        "--data-dir", metavar="D", help="folder of data sets (default: KERASDL_DATA)"
    )
    parser.add_argument("--json", action="store_true", help="print all that was found as JSON")


def run(args):
    """Print what was found; the exit code is 1 where something is broken."""
    from kerasdl import doctor

    findings = doctor.examine(args.data_dir)
    broken = [finding for finding in findings if finding.state == "broken"]
    if args.json:
        entries = [finding.to_dict() for finding in findings]
        print(json.dumps({"broken": len(broken), "findings": entries}, indent=2))
        return 1 if broken else 0
    width = text.terminal_width(sys.stdout) or WIDTH
    part = None
    for finding in findings:
        if finding.part != part:
            part = finding.part
            print(part)
        line = f"  {MARKS[finding.state]:6}  {finding.name}: {text.one_line(finding.detail)}"
        print(textwrap.fill(line, width, subsequent_indent=" " * 10, break_on_hyphens=False))
    print(
        f"\n{len(broken)} broken: {', '.join(f.name for f in broken)}" if broken else "\nall well"
    )
    return 1 if broken else 0
