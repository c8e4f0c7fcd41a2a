"""Dead letters as text for a terminal."""

from pizzeria.stream import DeadLetter

_SHOWN = 100


def paragraph(letter: DeadLetter, times: int) -> str:
    """Return the place of a letter, its origin, the error, and the record.

    Args:
        letter: its latest copy.
        times: how often it was rejected.
    """
    errors = {name: printable(text) for name, text in letter.errors.items()}
    origin = "an unknown origin" if letter.origin is None else printable(str(letter.origin))
    service = f", rejected by {errors['service']}" if "service" in errors else ""
    lines = [f"{letter.place} from {origin}{service}" + (f", {times} times" if times > 1 else "")]
    if "message" in errors:
        lines.append(f"{errors.get('exception', 'error')}: {errors['message']}")
    if "truncated" in errors:
        lines.append(f"cut: its value had {errors['truncated']} bytes")
    lines += [f"key {_shown(letter.record.key)}", f"value {_shown(letter.record.value)}"]
    return "\n  ".join(lines)


def line(letter: DeadLetter, preposition: str) -> str:
    """Return a letter's origin, or its place if it names none, and its service, with a preposition between them."""
    service = letter.errors.get("service")
    return printable(f"{letter.origin or letter.place}" + (f" {preposition} {service}" if service else ""))


def printable(text: str) -> str:
    """Return text with the control characters of terminals escaped."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _shown(data: bytes | None) -> str:
    if data is None:
        return "null"
    more = f" … {len(data)} bytes" if len(data) > _SHOWN else ""
    return printable(data[:_SHOWN].decode(errors="backslashreplace")) + more
