"""What this process has counted meanwhile."""

from prometheus_client import REGISTRY


class Counted:
    """The samples of the metrics, since it was made."""

    def __init__(self) -> None:
        self._before = _samples()

    def __call__(self, name: str, **labels: str) -> float:
        """Return by how much a sample has grown."""
        key = name, frozenset(labels.items())
        return _samples().get(key, 0.0) - self._before.get(key, 0.0)


def _samples() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
    }
