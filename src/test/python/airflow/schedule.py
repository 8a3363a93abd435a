"""Airflow itself runs the DAG of jobs/airflow: its scheduler starts what a schedule, a person, an asset and a backfill ask for.

schedule.py LAKE SCENARIO    in an environment with AIRFLOW_HOME (with dags/), the connections and spark-submit on the PATH

Prints a line of JSON for each DAG run that ended, in order:
{"type": "manual", "state": "success", "tries": 1, "run": "20261121T021500", "input": ".../2026-11-21", "listed": 3, ..., "extra": {...}}
SCENARIO is JSON: {"trigger": [{}, {"day": "2026-11-20"}], "asset": true, "backfill": ["2026-11-16", "2026-11-18"], "runs": 7}
"""

import contextlib
import glob
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request

DAG = "swinlake_infer"
SECONDS = 1500

import airflow

AIRFLOW_2 = airflow.__version__.startswith("2.")
HOME = os.environ["AIRFLOW_HOME"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def settings():
    """One process a task and SQLite, on loopback."""
    port = free_port()
    values = {
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "SequentialExecutor" if AIRFLOW_2 else "LocalExecutor",
        "CORE__PARALLELISM": "1",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db?timeout=120",
        "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "5",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__WORKERS": "1",
        "API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "LOGGING__COLORED_CONSOLE_LOG": "False",
    }
    return port, {f"AIRFLOW__{key}": value for key, value in values.items()}


def cli(*words):
    done = subprocess.run([sys.executable, "-m", "airflow", *words], capture_output=True, text=True, start_new_session=True)
    if done.returncode:
        raise SystemExit(f"airflow {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def services(port):
    """The processes of an installation, stopped at the end whatever happens."""
    names = ["scheduler"] if AIRFLOW_2 else ["api-server", "dag-processor", "scheduler"]
    started = []
    try:
        for name in names:
            with open(f"{HOME}/{name}.log", "w", encoding="utf-8") as log:
                started.append(subprocess.Popen([sys.executable, "-m", "airflow", name], stdout=log, stderr=log, start_new_session=True))
            if name == "api-server":
                wait(lambda: answers(port), "the API server")
        yield
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
        for process in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)


def answers(port):
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/version", timeout=5).status == 200
    return False


def wait(condition, what, seconds=SECONDS):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not after {seconds} s; see the logs in {HOME}")
        time.sleep(2)


def dag_runs():
    """(type, state, tries of infer), in the order in which the runs began, of those that ended."""
    from airflow.models import DagRun, TaskInstance
    from airflow.utils.session import create_session

    with create_session() as session:
        runs = session.query(DagRun).filter(DagRun.dag_id == DAG).all()
        ended = sorted((run for run in runs if run.end_date), key=lambda run: run.start_date)
        return [
            (
                str(getattr(run.run_type, "value", run.run_type)),
                str(getattr(run.state, "value", run.state)),
                session.query(TaskInstance.try_number)
                .filter(TaskInstance.dag_id == DAG, TaskInstance.run_id == run.run_id, TaskInstance.task_id == "infer")
                .scalar(),
                run.run_id,
            )
            for run in ended
        ]


def events():
    """What the asset of the table says of each run, by the run's name in the table."""
    from airflow.utils.session import create_session

    if AIRFLOW_2:
        from airflow.models.dataset import DatasetEvent as Event
    else:
        from airflow.models.asset import AssetEvent as Event
    with create_session() as session:
        return {event.source_run_id: event.extra for event in session.query(Event).filter(Event.source_dag_id == DAG)}


def rendered(run_id):
    """The words of infer's command line, as Airflow filled them in."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields as Rendered
    from airflow.utils.session import create_session

    with create_session() as session:
        fields = session.query(Rendered.rendered_fields).filter(
            Rendered.dag_id == DAG, Rendered.run_id == run_id, Rendered.task_id == "infer").scalar()
    words = fields["application_args"]
    return dict(zip(words[1::2], words[2::2]))


def main(lake, scenario):
    scenario = json.loads(scenario)
    port, values = settings()
    os.environ.update(values)
    cli("db", "migrate")
    with services(port):
        wait(lambda: DAG in cli("dags", "list", "-o", "plain") and "images_arrive" in cli("dags", "list", "-o", "plain"), "the DAGs", 180)
        cli("dags", "unpause", "images_arrive")
        cli("dags", "unpause", DAG)  # the last night's run begins
        wait(lambda: len(dag_runs()) >= 1, "the scheduled run")
        runs = 1
        for conf in scenario.get("trigger", []):
            cli("dags", "trigger", DAG, "--conf", json.dumps(conf))
            runs += 1
            wait(lambda: len(dag_runs()) >= runs, f"the run with {conf}")
        if scenario.get("asset"):
            cli("dags", "trigger", "images_arrive")
            runs += 1
            wait(lambda: len(dag_runs()) >= runs, "the run that the asset triggers")
    if scenario.get("backfill"):
        first, last = scenario["backfill"]
        runs += scenario["backfill_runs"]
        if not AIRFLOW_2:
            # While nothing else writes: a scheduler beside this makes SQLite refuse it, half done.
            cli("backfill", "create", "--dag-id", DAG, "--from-date", first, "--to-date", last + "T23:59:59", "--max-active-runs", "1")
        with services(port):
            if AIRFLOW_2:
                # In the process of this command.
                cli("dags", "backfill", DAG, "--start-date", first, "--end-date", last + "T23:59:59", "--delay-on-limit", "2")
            wait(lambda: len(dag_runs()) >= runs, "the backfill")
    print_runs(lake)


def print_runs(lake):
    extras = events()
    for kind, state, tries, run_id in dag_runs():
        words = rendered(run_id)
        records = glob.glob(f"{lake}/table/run={words['--run-id']}/_run.json")
        record = {}
        for name in records:
            with open(name, encoding="utf-8") as file:
                record = json.load(file)
        print(json.dumps({
            "type": kind, "state": state, "tries": tries, "input": words["--input"], "run": words["--run-id"],
            **{name: record.get(name) for name in ("status", "listed", "written", "resumed", "inputs")},
            "extra": extras.get(run_id),
        }), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
