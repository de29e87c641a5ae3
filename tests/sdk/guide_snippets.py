"""Turns the C++ of the author's guide into one test source: guide_snippets.py GUIDE OUT

Each ```cpp block is taken as it is, in order, with #line so that an error names the line of the guide."""
import re
import sys
from pathlib import Path

guide, out = map(Path, sys.argv[1:])
parts = ['// Generated from the author\'s guide.', '#include "catch.hpp"']
blocks = 0
for match in re.finditer(r"^```cpp\n(.*?)^```$", text := guide.read_text(), re.S | re.M):
    line = text.count("\n", 0, match.start(1)) + 1
    parts.append(f'#line {line} "{guide}"\n{match[1]}')
    blocks += 1
if blocks < 8:
    sys.exit(f"{guide} has only {blocks} snippets: has the format changed?")
out.write_text("\n".join(parts))
