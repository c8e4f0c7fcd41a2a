"""What services use: memory, and processor time."""

from collections.abc import Collection

from tests.faults.load import Load
from tests.faults.stack import Stack

GROWTH_MB = 60
CORES = 0.25
QUIET_S = 8


class Use:
    """What each service uses from now on.

    Args:
        stack: where they run; they may have been started anew when memory is measured again.
        services: their names.
    """

    def __init__(self, stack: Stack, services: Collection[str]) -> None:
        self._stack = stack
        self._services = services
        self._memory_mb = {service: stack[service].memory_mb for service in services}
        self.cores: dict[str, float] = {}
        self.grown_mb: dict[str, float] = {}

    def idle(self, load: Load) -> None:
        """Measure processor time while no requests are sent."""
        before = {service: self._stack[service].cpu_s for service in self._services}
        load.go_on(QUIET_S)
        self.cores = {service: (self._stack[service].cpu_s - cpu_s) / QUIET_S for service, cpu_s in before.items()}

    def grown(self) -> None:
        """Measure memory."""
        self.grown_mb = {service: self._stack[service].memory_mb - mb for service, mb in self._memory_mb.items()}

    def __str__(self) -> str:
        return ", ".join(
            f"{service} {self.grown_mb[service]:+.0f} MB {self.cores[service]:.2f} cores" for service in self._services
        )

    def check(self) -> None:
        """Check that nothing has grown, and nothing span."""
        assert max(self.grown_mb.values()) < GROWTH_MB, str(self)
        assert max(self.cores.values()) < CORES, str(self)
