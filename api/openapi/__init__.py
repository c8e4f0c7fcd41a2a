"""The OpenAPI document of the API at /openapi.json, and Swagger UI at /docs."""

from api.openapi.docs import docs
from api.openapi.document import document

__all__ = ["docs", "document"]
