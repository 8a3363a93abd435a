"""Every night: predictions and embeddings of the images that a lake got that day.

For Airflow 3, and for 2.11, with the providers apache-spark, common-io and amazon[s3fs]. Its workers need Spark's spark-submit on
the PATH and /opt/swinlake: the jar and conf/. The connection spark_default names the cluster (deploy mode client, so that the
exit code is that of the verb), aws_default reads the record. A repeated run does only what is missing, so retries are harmless.
"""

import json
from datetime import datetime

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.timetables.interval import CronDataIntervalTimetable

try:
    from airflow.sdk import DAG, Asset, ObjectStoragePath, Param, task
    from airflow.sdk.exceptions import AirflowFailException
    from airflow.timetables.assets import AssetOrTimeSchedule
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.datasets import Dataset as Asset
    from airflow.decorators import task
    from airflow.exceptions import AirflowFailException
    from airflow.io.path import ObjectStoragePath
    from airflow.models.param import Param
    from airflow.timetables.datasets import DatasetOrTimeSchedule

    def AssetOrTimeSchedule(*, timetable, assets):
        return DatasetOrTimeSchedule(timetable=timetable, datasets=assets)


LAKE = "s3a://lake"
IMAGES = Asset(f"{LAKE}/images")  # with a folder for each day: .../2026-11-21; whoever announces new images starts a run
TABLE = Asset(f"{LAKE}/table")


def moment(dag_run):
    """The time that a run is about: a night's is the day before, any other's is now, or what it was triggered for."""
    if dag_run.run_type in ("scheduled", "backfill"):
        return dag_run.data_interval_start
    return dag_run.logical_date or dag_run.run_after


def day(dag_run, params):
    return params["day"] or f"{moment(dag_run):%Y-%m-%d}"


def run_of(dag_run):
    """The run's name in the table: the same for every attempt, another for every run."""
    return f"{moment(dag_run):%Y%m%dT%H%M%S}"


def fault(record, run):
    """Why the record of a run does not mean success; empty if it does."""
    if record["run_id"] != run:
        return f"the record is that of run {record['run_id']}, not of {run}"
    if record["status"] != "ok":
        return f"run {run} is {record['status']}: {record['failed']} images failed, {record['failed_by']}"
    accounted = record["unchanged"] + record["written"] + record["skipped"]
    if accounted != record["listed"]:
        return f"run {run} listed {record['listed']} images and accounts for {accounted}"
    return ""


@task(outlets=[TABLE])
def check_record(table, run, *, outlet_events):
    """The operator trusts an exit code; a table is trusted when the record, which is written last, says so."""
    record = json.loads(ObjectStoragePath(f"{table}/run={run}/_run.json", conn_id="aws_default").read_text())
    if fault(record, run):
        raise AirflowFailException(fault(record, run))
    counts = {name: record[name] for name in ("listed", "unchanged", "written", "replaced", "skipped", "failed")}
    outlet_events[TABLE].extra = {"table": table, "run": run, **counts}
    return counts


with DAG(
    dag_id="swinlake_infer",
    schedule=AssetOrTimeSchedule(
        timetable=CronDataIntervalTimetable("15 2 * * *", timezone="UTC"),  # at 2:15 for the day before
        assets=[IMAGES],
    ),
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,  # runs that follow each other leave out what the one before has done
    default_args={"retries": 2},  # after Airflow's default_task_retry_delay, five minutes if nobody has set it
    user_defined_macros={"day": day, "run_of": run_of},
    params={
        "model": Param(f"{LAKE}/model", type="string", description="A checkpoint: a file, or a folder"),
        "images": Param(IMAGES.uri, type="string", description="The folder with a folder for each day"),
        "table": Param(TABLE.uri, type="string", description="Where the rows go"),
        "day": Param(None, type=["null", "string"], format="date", description="The day to read; if empty, the run's own"),
        "max_error_rate": Param(0.05, type="number", minimum=0, maximum=1, description="More failed images fail the run"),
    },
):
    infer = SparkSubmitOperator(
        task_id="infer",
        conn_id="spark_default",
        name="swinlake infer {{ day(dag_run, params) }}",
        application="/opt/swinlake/swinlake.jar",
        java_class="io.swinlake.cli.Main",
        properties_file="/opt/swinlake/conf/spark-defaults.conf",
        conf={"spark.executor.memory": "2g", "spark.executor.cores": "2"},
        application_args=[
            "infer",
            "--model",
            "{{ params.model }}",
            "--input",
            "{{ params.images }}/{{ day(dag_run, params) }}",
            "--output",
            "{{ params.table }}",
            "--run-id",
            "{{ run_of(dag_run) }}",
            "--max-error-rate",
            "{{ params.max_error_rate }}",
            "--incremental",
        ],
    )
    infer >> check_record("{{ params.table }}", "{{ run_of(dag_run) }}")
