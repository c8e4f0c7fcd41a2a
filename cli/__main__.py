"""python -m pizzeria …: what is done once, and not by a service."""

from importlib import import_module

import click

from pizzeria.version import version_option

_COMMANDS = {  # in the order of --help
    "order": "cli.order:order",
    "show": "cli.show:show",
    "status": "cli.admin.status:status",
    "topics": "cli.admin.topics:topics",
    "rebuild": "cli.admin.rebuild:rebuild_redis",
    "dead-letters": "cli.admin.dead_letters:dead_letters",
}


class _Lazy(click.Group):
    """Imports a command when it is called: an order need not wait for the import of kafka and redis."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_Lazy, help="Order pizzas, and care for what the services share.")
@version_option
def main() -> None:
    """Hold the commands."""


if __name__ == "__main__":
    main()
