"""Reads jobs/airflow/swinlake_infer.py without Airflow: its calls must be written with literals, as they are.

read_dag.py DAG                     prints {"params": {...}, "submit": {...}, "check": [...]}
read_dag.py DAG RECORD RUN_ID       runs the DAG's own function fault() on a record and prints what it returns
"""

import ast
import json
import sys

tree = ast.parse(open(sys.argv[1], encoding="utf-8").read())


def calls(name):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name]


def keywords(call, *names):
    return {k.arg: ast.literal_eval(k.value) for k in call.keywords if not names or k.arg in names}


if len(sys.argv) == 2:
    submit = keywords(calls("SparkSubmitOperator")[0])
    check = [ast.literal_eval(argument) for argument in calls("check_record")[0].args]
    print(json.dumps({"params": keywords(calls("DAG")[0], "params")["params"], "submit": submit, "check": check}))
else:
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "fault"]
    scope = {}
    exec(compile(ast.Module(functions, []), sys.argv[1], "exec"), scope)
    print(scope["fault"](json.load(open(sys.argv[2], encoding="utf-8")), sys.argv[3]))
