"""Whom each address means: what skipped.sql, report.sql and audit.sql begin with. Each name costs cursors wherever it is used, and
engines bound their number: what is used often is short.
"""

from .comment import comment

ADDRESSES = "SELECT owner_address FROM main.facilitators WHERE typeof(owner_address) = 'text'"

THEIR_FACILITATORS = "JOIN main.facilitators f ON f.owner_address = m.address AND f.owner_address = m.address COLLATE BINARY"

MEANT = f"""{comment("The addresses that can mean more than one user: ids in lower case that several have.")}
ambiguous(address) AS MATERIALIZED (
  SELECT lower(u.id) FROM main."user" u WHERE typeof(u.id) = 'text' AND lower(u.id) COLLATE BINARY IN ({ADDRESSES})
  GROUP BY lower(u.id) HAVING count(*) > 1
), {comment("The users whom one of these could mean, who are left alone whatever else is theirs.")}
unclear(id) AS MATERIALIZED (
  SELECT u.id COLLATE BINARY FROM main."user" u WHERE typeof(u.id) = 'text' AND lower(u.id) IN (SELECT address FROM ambiguous)
), {comment("The users whom an owner_address can mean: those whose id it is, in lower case or as it stands.")}
meant(address, id) AS MATERIALIZED (
  SELECT lower(u.id), u.id FROM main."user" u WHERE typeof(u.id) = 'text' AND lower(u.id) COLLATE BINARY IN ({ADDRESSES})
  UNION ALL
  SELECT u.id COLLATE BINARY, u.id FROM main."user" u
  WHERE typeof(u.id) = 'text' AND u.id <> lower(u.id) COLLATE BINARY AND u.id COLLATE BINARY IN ({ADDRESSES})
)"""

UNKNOWN = f"""{comment("Each distinct owner_address that means nobody.")}
unknown(address) AS MATERIALIZED (
  SELECT DISTINCT owner_address COLLATE BINARY FROM main.facilitators
  WHERE typeof(owner_address) <> 'text' OR owner_address COLLATE BINARY NOT IN (SELECT address FROM meant)
)"""

OWNERS = f"""{comment("The users to whom a facilitator belongs and no ambiguous one could.")}
owners(id) AS MATERIALIZED (
  SELECT DISTINCT id COLLATE BINARY FROM meant WHERE id COLLATE BINARY NOT IN (SELECT id FROM unclear)
)"""
