"""python -m tests.faults.other_menu <topping>: the worker of a topping, with the topping's menu turned round."""

import runpy
import sys

from pizzeria.toppings import MENUS

if __name__ == "__main__":
    MENUS[sys.argv[1]] = MENUS[sys.argv[1]][::-1]
    runpy.run_module("workers", run_name="__main__", alter_sys=True)
