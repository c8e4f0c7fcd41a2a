"""The API's description of itself: /openapi.json, from the models that the handlers answer with, and /docs."""

from api.openapi.docs import docs
from api.openapi.document import document

__all__ = ["docs", "document"]
