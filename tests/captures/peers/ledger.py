"""Prints a long version of a document: its paragraphs between tables of figures, always the same. Argument: the document."""

import pathlib
import random
import sys

figures = random.Random(77)
for paragraph in pathlib.Path(sys.argv[1]).read_text("ascii").split("\n\n"):
    print(paragraph, end="\n\n")
    for _ in range(30):
        print("  ".join(f"{figures.uniform(0, 100):7.3f}" for _ in range(7)))
    print()
