"""Enrolls the owners of a database, then creates a facilitator and its owner's marker together:

python3 enroll.py host.db ../../extension/target/release/facilitator_markers OWNER SUBDOMAIN
"""

import sqlite3
import sys
import time

path, extension, owner, subdomain = sys.argv[1:]
db = sqlite3.connect(path, timeout=60, isolation_level=None)
db.enable_load_extension(True)
db.load_extension(extension)
db.enable_load_extension(False)
while remaining := db.execute("SELECT backfill_facilitator_markers_step(500)").fetchone()[0]:
    print(f"at most {remaining} owners to go", flush=True)
    time.sleep(0.01)
db.execute("BEGIN IMMEDIATE")
insert = "INSERT INTO facilitators (id, name, subdomain, owner_address) VALUES (hex(randomblob(16)), ?1, ?1, lower(?2))"
db.execute(insert, (subdomain, owner))
outcome = db.execute("SELECT ensure_facilitator_marker(?)", (owner,)).fetchone()[0]
if outcome not in ("created", "already_enrolled", "ambiguous_user", "unreadable_date"):
    db.execute("ROLLBACK")
    sys.exit(f"no facilitator was created: {owner} is {outcome}")
db.execute("COMMIT")
print(outcome)
if outcome in ("ambiguous_user", "unreadable_date"):
    print(f"{owner} is {outcome}: the volume doesn't count yet", file=sys.stderr)
