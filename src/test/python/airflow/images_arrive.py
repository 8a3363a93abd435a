"""Stands for whatever brings images to the lake: its success tells the asset that swinlake_infer waits for."""

from datetime import datetime

try:
    from airflow.sdk import DAG, Asset, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.datasets import Dataset as Asset
    from airflow.decorators import task


@task(outlets=[Asset("s3a://lake/images")])
def copy():
    pass


with DAG(dag_id="images_arrive", schedule=None, start_date=datetime(2026, 1, 1)):
    copy()
