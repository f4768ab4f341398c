"""Enrolls the owners of a database, then creates a facilitator and its owner's marker together:

python3 enroll.py host.db ../../extension/target/release/facilitator_markers OWNER SUBDOMAIN
"""

import sqlite3
import sys

path, extension, owner, subdomain = sys.argv[1:]
db = sqlite3.connect(path, isolation_level=None)
db.enable_load_extension(True)
db.load_extension(extension)
while remaining := db.execute("SELECT backfill_facilitator_markers_step(500)").fetchone()[0]:
    print(f"at most {remaining} owners to go")
db.execute("BEGIN IMMEDIATE")
insert = "INSERT INTO facilitators (id, name, subdomain, owner_address) VALUES (hex(randomblob(16)), ?1, ?1, lower(?2))"
db.execute(insert, (subdomain, owner))
print(db.execute("SELECT ensure_facilitator_marker(?)", (owner,)).fetchone()[0])
db.execute("COMMIT")
