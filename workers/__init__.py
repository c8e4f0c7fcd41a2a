"""The topping services: each reads the pizzas ordered and publishes them with its own topping."""
