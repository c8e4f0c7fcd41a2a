"""The toppings of a pizza and their menus: the one list that every service reads."""

from types import MappingProxyType

MENUS = MappingProxyType(
    {
        "sauce": ("regular", "light", "extra", "alfredo", "bbq", "none"),
        "cheese": ("extra", "three cheese", "goat cheese", "none"),
        "meats": ("pepperoni", "sausage", "ham", "anchovies", "salami", "bacon"),
        "veggies": ("tomato", "olives", "onions", "peppers", "pineapple", "mushrooms"),
    }
)
TOPPINGS = tuple(MENUS)
