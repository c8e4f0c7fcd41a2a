"""The page at / and its files."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.page import page
from pizzeria.toppings import MENUS

CSP = "Content-Security-Policy"
LARGEST = 321
STATIC = Path(__file__).parents[2] / "api" / "static"
FILES = ["/", "/favicon.ico", *sorted(f"/static/{path.relative_to(STATIC)}" for path in STATIC.rglob("*.*"))]
# Not addresses, or only shown.
NAMES = {"http://www.w3.org/2000/svg"} | {
    f"http://localhost/{path}" for path in ("order/3", "order/&lt;order_id&gt;", "report/cheese")
}


@pytest.fixture
def client() -> FlaskClient:
    """A client of the page."""
    app = Flask("api", static_folder=None)
    app.register_blueprint(page(LARGEST))
    return app.test_client()


def served(client: FlaskClient, path: str) -> str:
    """Return a file as text, whatever it is."""
    with client.get(path) as response:
        assert response.status_code == 200
        return response.get_data().decode(errors="replace")


def test_the_page_has_every_topping_every_choice_and_the_largest_order(client: FlaskClient) -> None:
    """They come from the menus, so that one more topping is one more row."""
    html = served(client, "/")
    assert re.findall(r'data-topping="(.*?)"', html) == list(MENUS)
    assert re.findall(r'data-layer="(.*?)"', html) == list(MENUS)
    assert re.findall(r'data-report="(.*?)"', html) == list(MENUS)
    assert re.findall(r'<th scope="row">(.*?)</th>', html) == [choice for menu in MENUS.values() for choice in menu]
    assert f'max="{LARGEST}"' in html


@pytest.mark.parametrize("path", FILES)
def test_whatever_is_served_forbids_what_is_not_of_this_origin(client: FlaskClient, path: str) -> None:
    """The browser would refuse a script, a style or a frame of somebody else, and those within the page."""
    with client.get(path) as response:
        policy = dict(directive.strip().split(" ", 1) for directive in response.headers[CSP].split(";"))
        assert policy == {
            "default-src": "'self'",
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
        }
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", [path for path in FILES if not path.endswith(("woff2", "txt"))])
def test_whatever_is_served_asks_nobody_else(client: FlaskClient, path: str) -> None:
    """No address of another host is in any file."""
    found = re.findall(r"https?://[^\s\"'`<]*|[\"'(]//[^\s]*", served(client, path))
    assert set(found) <= NAMES


def test_nothing_within_the_page_needs_a_weaker_policy(client: FlaskClient) -> None:
    """No script, style or handler is written into the HTML."""
    html = served(client, "/")
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", html) == []


def test_fonts_are_kept_for_a_year_and_the_rest_is_asked_for_again(client: FlaskClient) -> None:
    """So a new version of the page is seen at once, and costs little."""
    for path in FILES:
        with client.get(path) as response:
            kept = "max-age=31536000" in response.headers["Cache-Control"]
            assert kept == path.endswith("woff2"), path
            assert kept or "no-cache" in response.headers["Cache-Control"], path


def test_fonts_are_small_and_come_with_their_licence() -> None:
    """Under the SIL Open Font License, whose text must go with them."""
    fonts = list(STATIC.rglob("*.woff2"))
    assert sum(font.stat().st_size for font in fonts) < 150_000
    for font in fonts:
        assert "SIL OPEN FONT LICENSE" in font.with_suffix(".OFL.txt").read_text()
