"""Why a page is computed where it is committed: python packaging/python/tests/test_sql_plan.py"""

import unittest

from facilitator_markers import sql
from failing_client import OverFailingClient

CLOCK = "2026-11-27 12:00:00"
SEND = """INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, verified_at, created_at)
    VALUES ('FACILITATOR_OWNER:' || ?1, ?1, 'facilitator', 'FACILITATOR_OWNER:' || ?1, 'verified', ?3, ?2) ON CONFLICT DO NOTHING"""
# What users do while somebody plans on a backup.
MEANWHILE = """
    DELETE FROM "user" WHERE id = 'Deleted';
    INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES ('old', 'F', 'old', 'imported', '2025-01-01');
    INSERT INTO "user"(id, name, email) VALUES ('tWIN', 'Another', 'another');
    UPDATE facilitators SET owner_address = 'somebody' WHERE owner_address = 'seller';
    INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at)
    VALUES ('theirs', 'Enrolled', 'facilitator', 'legacy', 'verified', '2026-01-21 10:00:00');
"""


class Plan(OverFailingClient):
    def setUp(self):
        super().setUp()
        self.add_owners("Deleted", "Enrolled", "Imported", "Seller", "Twin")
        self.plan = sql.due(self.client)
        self.db.executescript(MEANWHILE)

    def wrong(self):
        return sorted((finding["user_id"], finding["name"]) for finding in sql.audit(self.client))

    def test_dates_from_a_backup_write_wrong_markers(self):
        self.assertEqual(len(self.plan), 5)
        with self.db:
            for owner in self.plan:
                self.db.execute(SEND, [owner["user_id"], owner["enrollment_date"], CLOCK])
        self.assertEqual(self.wrong(), [
            ("Deleted", "orphan"), ("Enrolled", "duplicate"), ("Imported", "dated_late"), ("Seller", "not_an_owner"),
        ])
        # And this one may be the other's, which no audit can know.
        self.assertIn("Twin", self.enrolled())

    def test_a_page_with_bounds_from_a_backup_writes_none(self):
        first, *_, last = (owner["user_id"] for owner in self.plan)
        self.client.execute(sql.statements["page"], [CLOCK, first, last])
        self.client.execute(sql.statements["last_page"], [CLOCK, last])
        self.assertEqual((self.wrong(), self.enrolled()), ([], ["Enrolled", "Imported"]))
        [[date]] = self.db.execute("SELECT created_at FROM reward_addresses WHERE user_id = 'Imported'")
        self.assertEqual(date, "2025-01-01 00:00:00")


if __name__ == "__main__":
    unittest.main()
