"""python -m pizzeria …: the command line, which is in cli/."""

from cli.__main__ import main

if __name__ == "__main__":
    main()
