"""Three brokers that are one Kafka."""

from contextlib import closing

from kafka import KafkaAdminClient

from local import kafka_server
from local.ports import HOST, is_open
from tests.faults.ports import reserved_port
from tests.faults.running import Running
from tests.faults.stack import Stack
from tests.waiting import eventually

_MEMBER = """
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
offsets.topic.replication.factor=3
min.insync.replicas=2
"""


class Cluster:
    """Three brokers in place of the stack's one, each of which may be stopped and started again.

    Args:
        stack: where they run.
    """

    nodes = (1, 2, 3)

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._ports = {node: reserved_port() for node in self.nodes}
        controllers = {node: reserved_port() for node in self.nodes}
        voters = ",".join(f"{node}@{HOST}:{controllers[node]}" for node in self.nodes)
        jars, cluster_id = kafka_server.fetch(print), kafka_server.new_cluster_id()
        self._commands = {}
        for node, port in self._ports.items():
            own = _MEMBER.format(node=node, voters=voters, host=HOST, port=port, controller=controllers[node])
            folder = stack.folder / f"kafka-{node}"
            self._commands[node] = kafka_server.prepare(jars, folder, port, own, cluster_id)
        stack.kafka = ",".join(f"{HOST}:{port}" for port in self._ports.values())
        stack.env["KAFKA_TOPIC_REPLICATION"] = "3"
        self.start(*self.nodes)

    def __getitem__(self, node: int) -> Running:
        return self._stack[f"kafka {node}"]

    def start(self, *nodes: int) -> None:
        """Start some, with the data that they had, and wait until they listen."""
        for node in nodes:
            self._stack.start_process(f"kafka {node}", self._commands[node], {})
        eventually(lambda: all(is_open(self._ports[node]) for node in nodes), timeout_s=60)

    def in_sync(self) -> int:
        """Return how many replicas, at the least, each partition has in sync."""
        with closing(KafkaAdminClient(bootstrap_servers=self._stack.kafka)) as admin:
            return min(
                len(partition["isr_nodes"]) for topic in admin.describe_topics() for partition in topic["partitions"]
            )
