"""python -m tests.faults.other_menu <topping>: the worker of a topping, with the topping's menu turned round."""

import runpy
import sys
from types import MappingProxyType

from pizzeria import toppings

if __name__ == "__main__":
    topping = sys.argv[1]
    # Before the worker imports it.
    toppings.MENUS = MappingProxyType({**toppings.MENUS, topping: toppings.MENUS[topping][::-1]})
    runpy.run_module("workers", run_name="__main__", alter_sys=True)
