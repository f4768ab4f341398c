"""triggers.sql: the owner enrolled where a facilitator is inserted, for hosts whose ways to create one can't be changed."""

from .backfill import BY_INDEX, owners
from .comment import comment
from .markers import CONFLICT, HAS_READABLE_DATES, INSERT, row

# Whom the address means. Two searches, because the planner may not search for one or the other.
MEANT = """(
    SELECT id FROM main."user"
    WHERE id = new.owner_address AND id = new.owner_address COLLATE BINARY AND id <> lower(id) COLLATE BINARY
    UNION ALL
    SELECT id FROM main."user" WHERE lower(id) = new.owner_address COLLATE BINARY
  ) u"""
AMONG_TEXT = " AND typeof(new.owner_address) = 'text'"

ENROLL = f"""{INSERT}
WITH {owners(MEANT, AMONG_TEXT, BY_INDEX)}
{row("id", "min(since)")}
{comment("A SELECT before ON CONFLICT has to have a WHERE.")}
FROM dated WHERE true
{HAS_READABLE_DATES}
{CONFLICT};"""

# A trigger names the tables of its own database only, and without the database's name.
TRIGGERS = f"""CREATE TRIGGER main.facilitator_markers_enroll AFTER INSERT ON facilitators
BEGIN
{comment("Enrolls the owner of the new facilitator as a backfill would now. A trigger reads no clock: verified_at is the enrollment date.")}
{ENROLL.replace("main.", "")}
END
"""
