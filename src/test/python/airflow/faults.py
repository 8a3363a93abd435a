"""faults.py DAG RECORD    what the DAG's own fault() says of a record, a line each: as it is, and with one thing changed"""

import importlib.util
import json
import sys

spec = importlib.util.spec_from_file_location("dag", sys.argv[1])
dag = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dag)

record = json.loads(sys.argv[2])
print(dag.fault(record, "A"))
print(dag.fault(record, "B"))
print(dag.fault({**record, "status": "error_budget_exceeded"}, "A"))
print(dag.fault({**record, "written": record["written"] - 1}, "A"))
