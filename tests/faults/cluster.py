"""Three brokers that are one Kafka."""

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


def start_cluster(stack: Stack) -> list[Running]:
    """Start three brokers in place of the stack's one, and return them."""
    nodes = range(1, 4)
    ports = {node: reserved_port() for node in nodes}
    controllers = {node: reserved_port() for node in nodes}
    voters = ",".join(f"{node}@{HOST}:{controllers[node]}" for node in nodes)
    jars, cluster_id = kafka_server.fetch(print), kafka_server.new_cluster_id()
    brokers = []
    for node in nodes:
        own = _MEMBER.format(node=node, voters=voters, host=HOST, port=ports[node], controller=controllers[node])
        command = kafka_server.prepare(jars, stack.folder / f"kafka-{node}", ports[node], own, cluster_id)
        brokers.append(stack.start_process(f"kafka {node}", command, {}))
    eventually(lambda: all(is_open(port) for port in ports.values()), timeout_s=60)
    stack.kafka = ",".join(f"{HOST}:{port}" for port in ports.values())
    stack.env["KAFKA_TOPIC_REPLICATION"] = "3"
    return brokers
