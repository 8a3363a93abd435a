"""Every night: predictions and embeddings of the images that a lake got that day.

Needs Airflow 2.8 or newer with the providers apache-spark and amazon[s3fs], and on its workers Spark 3.5's spark-submit and
/opt/swinlake: the jar and conf/. The connection spark_default names the cluster (deploy mode client, so that the exit code
is that of the verb), aws_default reads the record. A repeated run does only what is missing, so retries are harmless.
"""

import json
from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import task
from airflow.exceptions import AirflowFailException
from airflow.io.path import ObjectStoragePath
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator


def fault(record, run_id):
    """Why the record of a run does not mean success; empty if it does."""
    if record["run_id"] != run_id:
        return f"the record is that of run {record['run_id']}, not of {run_id}"
    if record["status"] != "ok":
        return f"run {run_id} is {record['status']}: {record['failed']} images failed, {record['failed_by']}"
    accounted = record["unchanged"] + record["written"] + record["skipped"]
    if accounted != record["listed"]:
        return f"run {run_id} listed {record['listed']} images and accounts for {accounted}"
    return ""


@task
def check_record(uri, run_id):
    """The operator trusts an exit code; a table is trusted when the record, which is written last, says so."""
    record = json.loads(ObjectStoragePath(uri, conn_id="aws_default").read_text())
    if fault(record, run_id):
        raise AirflowFailException(fault(record, run_id))
    return record


with DAG(
    dag_id="swinlake_infer",
    schedule="15 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,  # runs that follow each other leave out what the one before has done
    default_args={"retries": 2, "retry_delay": timedelta(minutes=10)},
    params={
        "model": "s3a://lake/model",
        "images": "s3a://lake/images",  # with a folder for each day: .../2026-11-21
        "table": "s3a://lake/table",
    },
):
    infer = SparkSubmitOperator(
        task_id="infer",
        conn_id="spark_default",
        name="swinlake infer {{ ds }}",
        application="/opt/swinlake/swinlake.jar",
        java_class="io.swinlake.cli.Main",
        properties_file="/opt/swinlake/conf/spark-defaults.conf",
        conf={"spark.executor.memory": "2g", "spark.executor.cores": "2"},
        application_args=[
            "infer",
            "--model",
            "{{ params.model }}",
            "--input",
            "{{ params.images }}/{{ ds }}",
            "--output",
            "{{ params.table }}",
            "--run-id",
            "{{ ts_nodash }}",
            "--incremental",
        ],
    )
    infer >> check_record("{{ params.table }}/run={{ ts_nodash }}/_run.json", "{{ ts_nodash }}")
