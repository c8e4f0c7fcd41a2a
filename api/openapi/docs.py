"""GET /openapi.json, and GET /docs, which shows it in Swagger UI; an installed package has the files of that."""

from importlib.metadata import distribution

from flask import Blueprint, Response, make_response, render_template, request, send_from_directory

from api.openapi.parts import Part
from pizzeria.runtime.web import json_response

# Located without an import, which would read all files of the package into memory.
_SWAGGER_UI = str(distribution("offapi").locate_file("offapi"))
_REVALIDATE = {"Cache-Control": "no-cache"}  # as the files: a cache may keep it, but must revalidate it
_POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"  # its style sheet has its icons in itself


def docs(document: Part) -> Blueprint:
    """Return the blueprint of the document."""
    blueprint = Blueprint(
        "docs", __name__, static_folder="static", static_url_path="/docs/static", template_folder="templates"
    )

    @blueprint.get("/openapi.json")
    def get_document() -> Response:
        return json_response(document | {"servers": [{"url": request.script_root or "/"}]}, headers=_REVALIDATE)

    @blueprint.get("/docs")
    def get_docs() -> Response:
        page = make_response(render_template("docs.html"))
        page.headers.update(_REVALIDATE | {"Content-Security-Policy": _POLICY})
        return page

    @blueprint.get('/docs/<any("swagger_bundle.js", "swagger_style.css"):name>')
    def get_swagger_ui(name: str) -> Response:
        return send_from_directory(_SWAGGER_UI, name)

    return blueprint
