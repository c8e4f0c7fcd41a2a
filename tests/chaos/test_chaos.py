"""Faults in any combination and order: nothing is lost, nothing is stuck, and no client gets a wrong response."""

from tests.chaos.chaos import Chaos
from tests.chaos.conftest import MINUTES, SEED
from tests.chaos.faults import Faults
from tests.chaos.records import Records
from tests.chaos.schedule import SERVICES, schedule
from tests.chaos.system import System
from tests.faults.figures import table
from tests.faults.load import Load
from tests.faults.use import Use
from tests.faults.verdict import Verdict

PER_S = 12  # orders: the run shares two cores with three times as many processes as a row of the fault suite
RECOVERY_S = 180
LOOK_S = 30  # looks of the relay that are due so soon are waited for


def test_every_order_is_made_whatever_comes_together(fresh_stack: System) -> None:
    """Every accepted order gets ready, every check of the fault suite holds, and no service uses more than before."""
    system, records = fresh_stack, Records(fresh_stack.kafka)
    system.start_everything()
    load = Load(system.api_port, system.reporter_port, PER_S)
    load.ports.append(system.ports["api 2"])
    verdict = Verdict(f"chaos with seed {SEED} for {MINUTES:g} minutes", system, load)
    print(f"\nSEED={SEED} MINUTES={MINUTES:g}, logs in {system.folder}")
    load.start()
    try:
        load.go_on(3)
        use = Use(system, SERVICES)
        Chaos(Faults(system, records), schedule(SEED, 60 * MINUTES)).run()
        verdict.measure_recovery(RECOVERY_S)
        system.wait_until_ready(SERVICES)
        load.go_on(3)
    finally:
        load.stop()
    use.grown()
    use.idle(load)
    verdict.check(dead_letters=None, look_s=LOOK_S, remark=str(use))
    records.check_letters()
    use.check()
    assert verdict.figures
    print(f"{load.history.checked} answers agree with what was seen before\n{table([verdict.figures.cells()])}")
