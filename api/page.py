"""GET /: the page on which orders are made and watched; plain files, without a build and without other hosts."""

from flask import Blueprint, Response, render_template, request

from pizzeria.toppings import MENUS

DEFAULT_ORDER = 5
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # an order's address is not sent to other sites
    "Cross-Origin-Opener-Policy": "same-origin",
}
_A_YEAR = "public, max-age=31536000, immutable"


def page(max_order_size: int) -> Blueprint:
    """Return the blueprint of the page and its files."""
    blueprint = Blueprint("page", __name__, static_folder="static", template_folder="templates")

    @blueprint.get("/")
    def get_page() -> Response:
        html = render_template(
            "page.html", menus=MENUS, max_order_size=max_order_size, default=min(DEFAULT_ORDER, max_order_size)
        )
        return Response(html, headers={"Cache-Control": "no-cache"})

    @blueprint.get("/favicon.ico")
    def get_icon() -> Response:
        return blueprint.send_static_file("favicon.svg")

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers.update(HEADERS)
        if request.path.endswith(".woff2"):
            response.headers["Cache-Control"] = _A_YEAR  # the rest is revalidated, and rarely sent again
        return response

    return blueprint
