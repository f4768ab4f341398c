// See platform.h.

#include "platform.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "host.h"
#include "mistakes.h"

// For each x from 1 to ?1.
#define NUMBERS "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?1) "

static void fill_table(sqlite3 *db, const char *sql, int rows) {
    sqlite3_stmt *statement;
    CHECK_CODE(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &statement, NULL));
    CHECK_CODE(SQLITE_OK, sqlite3_bind_int(statement, 1, rows));
    CHECK_CODE(SQLITE_DONE, sqlite3_step(statement));
    CHECK_CODE(SQLITE_OK, sqlite3_finalize(statement));
}

void platform_fill(sqlite3 *db, int owners, int mistakes) {
    run(db, "BEGIN");
    fill_table(db,
               NUMBERS "INSERT INTO \"user\"(id, name, email) "
                       "SELECT printf('" OWNER "', x), 'Somebody', 'owner' || x || '@example.org' FROM n",
               owners);
    // One in three has an earlier facilitator, under the other spelling. Each date is in one of the forms that hosts use.
    fill_table(db,
               NUMBERS "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) "
                       "SELECT 'pay' || x, 'Pay', 'pay' || x, iif(x % 2, lower(id), id), "
                       "       printf('2026-01-%02d', 1 + x % 28) || CASE x % 4 WHEN 0 THEN '' WHEN 1 THEN ' 04:05:06' "
                       "           WHEN 2 THEN 'T04:05:06.789Z' ELSE ' 04:05:06+02:00' END "
                       "FROM n JOIN \"user\" ON id = printf('" OWNER "', x)",
               owners);
    mistakes_fill(db, mistakes);
    run(db,
        "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) "
        "SELECT 'old' || id, 'Old', 'old' || id, iif(substr(id, 6, 2) % 2, id, lower(id)), '2025-11-05T23:30:00-05:00' "
        "FROM \"user\" WHERE id GLOB 'Owner*' AND substr(id, 6, 2) % 3 = 0;"
        "INSERT INTO \"user\"(id, name, email) VALUES ('Enrolled', '', 'e'), ('Undated', '', 'u'), ('Pair', '', 'p'), "
        "    ('pAIR', '', 'q'), ('Guest', '', 'g');"
        "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) VALUES "
        "    ('fe', '', 'fe', 'enrolled', '2026-01-21'), ('fu', '', 'fu', 'Undated', 'soon'), "
        "    ('fp', '', 'fp', 'pair', '2026-01-21'), ('fn', '', 'fn', 'nobody', '2026-01-21');"
        "INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, verified_at, created_at) "
        "VALUES ('FACILITATOR_OWNER:Enrolled', 'Enrolled', 'facilitator', 'FACILITATOR_OWNER:Enrolled', 'verified', "
        "    '2026-01-22 10:00:00', '2026-01-21 00:00:00');"
        "INSERT INTO reward_addresses(id, user_id, chain_type, address, created_at) "
        "SELECT 'wallet' || id, id, 'evm', '0x' || id, '2026-01-22' FROM \"user\";"
        "COMMIT");
}

// SQLite's own reading of the dates, of which platform_fill() has none that it reads differently.
#define ENROLLMENT_DATE(user_id)                                                                                 \
    "(SELECT min(datetime(created_at)) FROM facilitators WHERE owner_address IN (" user_id ", lower(" user_id ")))"

char *text_of(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = NULL;
    char *text = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        text = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
    } else {
        text = sqlite3_mprintf("%s (%d)", sqlite3_errmsg(db), sqlite3_extended_errcode(db));
        wrong("%.60s: %s", sql, text);
    }
    sqlite3_finalize(statement);
    CHECK(text != NULL);
    return text;
}

sqlite3_int64 number_of(sqlite3 *db, const char *sql) {
    char *text = text_of(db, sql), *end;
    long long number = strtoll(text, &end, 10);
    int is_number = end != text && *end == '\0';
    sqlite3_free(text);
    return is_number ? number : -1;
}

static char *text_for(sqlite3 *db, const char *format, const char *user_id) {
    char *sql = sqlite3_mprintf(format, user_id, user_id);
    char *text = text_of(db, sql);
    sqlite3_free(sql);
    return text;
}

char *enrollment_date(sqlite3 *db, const char *user_id) {
    return text_for(db, "SELECT " ENROLLMENT_DATE("%Q"), user_id);
}

sqlite3_int64 markers_of(sqlite3 *db, const char *user_id) {
    char *text = text_for(
        db, "SELECT count(*) FROM reward_addresses WHERE user_id = %Q AND +chain_type = 'facilitator'", user_id);
    long long number = strtoll(text, NULL, 10);
    sqlite3_free(text);
    return number;
}

#define TABLES_BUT_MARKERS                                                                                      \
    "SELECT format('u %Q %Q %Q', id, name, email) AS row FROM \"user\" UNION ALL "                               \
    "SELECT format('f %Q %Q %Q %Q', id, name, owner_address, created_at) FROM facilitators UNION ALL "           \
    "SELECT format('t %Q %Q %Q', id, facilitator_id, amount) FROM transactions UNION ALL "                       \
    "SELECT format('w %Q %Q %Q %Q', id, user_id, address, created_at) FROM reward_addresses "                    \
    "WHERE chain_type <> 'facilitator'"

char *rows_of_the_host(sqlite3 *db) {
    return text_of(db, "SELECT group_concat(row, char(10)) FROM (" TABLES_BUT_MARKERS " ORDER BY 1)");
}

char *all_markers(sqlite3 *db) {
    return text_of(db,
                   "SELECT group_concat(row, char(10)) FROM (SELECT format('%Q %Q %Q %Q %Q %Q', id, user_id, address, "
                   "verification_status, verified_at, created_at) AS row FROM reward_addresses "
                   "WHERE chain_type = 'facilitator' ORDER BY 1)");
}

char *all_rows(sqlite3 *db) {
    return text_of(db,
                   "SELECT group_concat(row, char(10)) FROM (" TABLES_BUT_MARKERS " UNION ALL "
                   "SELECT format('m %Q %Q %Q %Q %Q', id, user_id, address, verification_status, created_at) "
                   "FROM reward_addresses WHERE chain_type = 'facilitator' ORDER BY 1)");
}

void check_markers(sqlite3 *db) {
    sqlite3_int64 number = number_of(
        db,
        "SELECT count(*) FROM reward_addresses AS marker WHERE chain_type = 'facilitator' "
        "AND id NOT GLOB '" MISTAKES "' AND ("
        "    id IS NOT 'FACILITATOR_OWNER:' || user_id OR address IS NOT id "
        "    OR verification_status IS NOT 'verified' OR verified_at IS NULL "
        "    OR verified_at IS NOT datetime(verified_at) "
        "    OR user_id NOT IN (SELECT id FROM \"user\") "
        "    OR created_at IS NOT " ENROLLMENT_DATE("marker.user_id") ")");
    if (number != 0) wrong("%lld markers are half made, misdated or without a user", (long long)number);
    check_mistakes(db);
}

void check_file(sqlite3 *db) {
    char *integrity = text_of(db, "PRAGMA integrity_check");
    if (strcmp(integrity, "ok") != 0) wrong("integrity_check: %s", integrity);
    sqlite3_free(integrity);
    sqlite3_int64 violations = number_of(db, "SELECT count(*) FROM pragma_foreign_key_check");
    if (violations != 0) wrong("%lld foreign keys mean no row", (long long)violations);
}
