"""python -m pizzeria …: the command line, which is in cli/."""

import os

from cli.__main__ import main

if __name__ == "__main__":
    main(prog_name=os.environ.get("PIZZERIA"))  # as bin/pizzeria was called, for a command that is printed to be typed
