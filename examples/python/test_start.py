"""The server as its own process, as README.md starts it: python3 -m unittest discover examples/python"""

import tempfile
import unittest
from pathlib import Path

from sample.host import host, user_id
from sample.running_server import running_server


class Process(unittest.TestCase):
    def test_starts_as_the_readme_says_and_ends_when_it_is_told(self):
        with host(users=3, owners=2) as db, running_server(db.path) as server:
            wish = {"owner": user_id(2), "name": "New", "subdomain": "new"}
            self.assertEqual(server.client.post("/admin/facilitators", json=wish).json()["enrollment"], "created")
            while server.client.get("/health").json()["backfill"]["state"] == "running":
                pass
            said = server.stop()
            self.assertEqual(db.markers(), 3)
        self.assertIn("backfill finished", said)
        self.assertNotIn("Traceback", said)

    def test_does_not_start_without_a_database_and_makes_none(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mistyped.db"
            with self.assertRaisesRegex(AssertionError, "unable to open database file"):
                with running_server(str(path)):
                    pass
            self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main()
