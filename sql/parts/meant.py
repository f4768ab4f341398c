"""Whom each address means: what skipped.sql, report.sql and audit.sql begin with."""

from .comment import comment

MEANT = f"""{comment("Each user, and the id in lower case.")}
users(id, folded) AS MATERIALIZED (SELECT id, lower(id) FROM main."user" WHERE typeof(id) = 'text'),
{comment("Each distinct owner_address.")}
addresses(address) AS MATERIALIZED (SELECT DISTINCT owner_address COLLATE BINARY FROM main.facilitators),
{comment("The users whom an address can mean: those whose id it is, in lower case or as it stands.")}
meant(address, id) AS MATERIALIZED (
  SELECT a.address, u.id FROM addresses a JOIN users u ON u.folded = a.address WHERE typeof(a.address) = 'text'
  UNION ALL
  SELECT a.address, u.id FROM addresses a JOIN users u ON u.id = a.address COLLATE BINARY
  WHERE typeof(a.address) = 'text' AND u.id <> u.folded COLLATE BINARY
), {comment("The addresses that can mean more than one.")}
ambiguous(address) AS MATERIALIZED (SELECT address FROM meant GROUP BY address HAVING count(*) > 1),
{comment("The users whom one of these could mean, who are left alone whatever else is theirs.")}
unclear(id) AS MATERIALIZED (SELECT id COLLATE BINARY FROM meant WHERE address IN (SELECT address FROM ambiguous))"""

IS_UNKNOWN = "(typeof(a.address) <> 'text' OR a.address NOT IN (SELECT address FROM meant))"

OWNERS = f"""{comment("The users to whom a facilitator belongs and no ambiguous one could.")}
owners(id) AS MATERIALIZED (
  SELECT DISTINCT id COLLATE BINARY FROM meant WHERE id COLLATE BINARY NOT IN (SELECT id FROM unclear)
)"""
