"""What renumics-spotlight serves of tables, as JSON: types of columns, clusters, and the embedding's first row.

usage: spotlight_serves.py TABLE...     (.csv or .parquet; by a Python that has Spotlight, which wants an older pandas)
"""

import json
import sys
import urllib.request

from renumics import spotlight


def get(url):
    # Not by a proxy: the server is on this machine.
    return json.loads(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=60).read())


def served(path):
    viewer = spotlight.show(path, host="127.0.0.1", no_browser=True, wait=False, analyze=False)
    try:
        table = f"{viewer.url}api/table/"
        about = get(table)
        version = f"?generation_id={about['generation_id']}"
        types = {column["name"]: column["dtype"]["name"] for column in about["columns"]}
        row = get(f"{table}embedding/0{version}") if "embedding" in types else None
        return {"types": types, "clusters": get(f"{table}cluster/{version}"), "embedding": row}
    finally:
        viewer.close()


# It prints its address itself.
print("\n" + json.dumps([served(path) for path in sys.argv[1:]]))
