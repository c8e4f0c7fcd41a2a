"""What containers may do, and what they may not."""

from tests.compose.stack import ONE_SHOT, SERVICES, Stack, service_of


def test_memory_is_limited_and_suffices(stack: Stack) -> None:
    """Each container has a limit, and none was ended for it, nor restarted for any reason but a test's kill."""
    for name, container in stack.inspect().items():
        assert container["HostConfig"]["Memory"] > 0, name
        assert not container["State"]["OOMKilled"], name
        assert container["RestartCount"] == stack.kills[name], name


def test_nothing_runs_as_root(stack: Stack) -> None:
    """The first process of each container has another user, and but for Kafka no root file system can be written."""
    for name, container in stack.inspect().items():
        assert container["HostConfig"]["ReadonlyRootfs"] == (service_of(container) != "kafka"), name
        if service_of(container) != ONE_SHOT:
            status = stack.containers("exec", name, "cat", "/proc/1/status")
            [user_ids] = [line.split()[1:] for line in status.splitlines() if line.startswith("Uid:")]
            assert "0" not in user_ids, name


def test_only_the_gateway_is_published_and_only_to_this_machine(stack: Stack) -> None:
    """Nobody but those in the containers' network reaches Kafka, Redis or a service itself."""
    published = [
        (service_of(container), binding["HostIp"], binding["HostPort"])
        for container in stack.inspect().values()
        for bindings in container["HostConfig"]["PortBindings"].values()
        for binding in bindings or ()
    ]
    assert published == [("gateway", "127.0.0.1", str(stack.port))]


def test_services_have_no_privileges(stack: Stack) -> None:
    """No capability is left to what runs our code, and none can be gained."""
    for name in stack.names(*SERVICES, "gateway"):
        status = dict(
            line.split(":\t") for line in stack.containers("exec", name, "cat", "/proc/1/status").splitlines()
        )
        assert (int(status["CapBnd"], 16), status["NoNewPrivs"]) == (0, "1"), name
