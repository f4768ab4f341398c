// See mistakes.h.

#include "mistakes.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "harness.h"
#include "platform.h"

static int mistakes;

// The owners' only facilitator is of 2026-01-10 10:00:00, but for the last kind, whose date can't be read. Without a mended
// date a repair leaves the marker alone; it verifies each other one, and says when where nothing says so.
#define KINDS                                                                               \
    "kinds(kind, created_at, status, verified_at, mended_date) AS (VALUES "                 \
    "(0, '2026-03-01 09:00:00', 'verified', '2026-03-01 09:00:01', '2026-01-10 10:00:00'), " \
    "(1, '2025-10-01T00:00:00+02:00', 'verified', 'by hand', '2025-09-30 22:00:00'), "      \
    "(2, '2026-01-10 10:00:00', 'pending', NULL, '2026-01-10 10:00:00'), "                  \
    "(3, '2026-03-01 09:00:00', 'pending', NULL, '2026-01-10 10:00:00'), "                  \
    "(4, 'soon', 'pending', '2026-03-01 09:00:01', '2026-01-10 10:00:00'), "                \
    "(5, '2026-03-01T09:00:00.000Z', 'verified', NULL, '2026-01-10 10:00:00'), "            \
    "(6, '2025-10-01 00:00:00', 'verified', '2026-03-01 09:00:01', NULL), "                 \
    "(7, '2026-03-01 09:00:00', 'pending', NULL, NULL))"

#define USER_ID "printf('Mistaken%02dXyAbCdEfGhIjKlMnOp', x)"
#define FROM_NUMBERS "FROM n JOIN kinds ON kind = (x - 1) % 8 "

// The SQL with a recursive table of the markers' numbers before it, and the kinds.
static char *with_numbers(const char *sql) {
    char *whole = sqlite3_mprintf(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < %d), " KINDS " %s", mistakes, sql);
    CHECK(whole != NULL);
    return whole;
}

void mistakes_fill(sqlite3 *db, int number) {
    static const char *const INSERTS[] = {
        "INSERT INTO \"user\"(id, name, email) SELECT " USER_ID ", 'Somebody', 'mistaken' || x " FROM_NUMBERS,
        "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) "
        "SELECT 'mis' || x, 'Mis', 'mis' || x, lower(" USER_ID "), "
        "    iif(kind = 7, 'soon', '2026-01-10T12:00:00+02:00') " FROM_NUMBERS,
        "INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, verified_at, created_at) "
        "SELECT printf('mistake%02d', x), " USER_ID ", 'facilitator', 'legacy' || x, status, verified_at, created_at "
        FROM_NUMBERS,
    };
    CHECK(number > 0 && number < 64);
    mistakes = number;
    for (size_t i = 0; i < LENGTH(INSERTS); i++) {
        char *sql = with_numbers(INSERTS[i]);
        CHECK_CODE(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL));
        sqlite3_free(sql);
    }
}

char *mistakes_states(sqlite3 *db) {
    char *sql = with_numbers(
        "SELECT group_concat(state, '') FROM (SELECT CASE WHEN marker.id IS NULL THEN '-' "
        "WHEN user_id IS NOT " USER_ID " OR address IS NOT 'legacy' || x OR chain_type IS NOT 'facilitator' THEN '?' "
        "WHEN (marker.created_at, verification_status, marker.verified_at) "
        "    IS (kinds.created_at, status, kinds.verified_at) THEN 'w' "
        "WHEN mended_date IS NOT NULL AND marker.created_at IS mended_date AND verification_status IS 'verified' "
        "    AND iif(kinds.verified_at IS NULL AND status = 'pending', marker.verified_at = datetime(marker.verified_at), "
        "            marker.verified_at IS kinds.verified_at) THEN 'm' "
        "ELSE '?' END AS state " FROM_NUMBERS "LEFT JOIN reward_addresses AS marker ON marker.id = printf('mistake%02d', x) "
        "ORDER BY x)");
    char *states = text_of(db, sql);
    sqlite3_free(sql);
    // Where they can't be read, which is wrong(), nothing is known of any.
    if (strlen(states) != (size_t)mistakes) {
        sqlite3_free(states);
        states = sqlite3_mprintf("%.*c", mistakes, '?');
    }
    return states;
}

void check_mistakes(sqlite3 *db) {
    char *states = mistakes_states(db);
    if (strspn(states, "wm") != (size_t)mistakes)
        wrong("markers are neither as they were nor as a repair makes them: %s", states);
    sqlite3_free(states);
}

// Each is as it was, or all that a repair mends is mended.
static void check_all(sqlite3 *db, int are_mended, const char *when) {
    char *states = mistakes_states(db);
    for (int i = 0; i < mistakes && !is_wrong(); i++) {
        char expected = are_mended && i % MISTAKE_KINDS < 6 ? 'm' : 'w';
        if (states[i] != expected) wrong("marker %d is '%c' and not '%c' %s: %s", i + 1, states[i], expected, when, states);
    }
    sqlite3_free(states);
}

void check_mended(sqlite3 *db) {
    check_all(db, 1, "after a repair");
}

int told_keep(const fm_change *change, void *context) {
    struct told *told = context;
    int number = 0;
    if (sscanf(change->marker_id, "mistake%d", &number) != 1 || number < 1 || number > mistakes) {
        wrong("a change of the marker %s is told", change->marker_id);
        return 0;
    }
    told->ever |= UINT64_C(1) << number;
    told->lately |= UINT64_C(1) << number;
    told->undo = sqlite3_mprintf("%s;\n%z", change->undo, told->undo ? told->undo : sqlite3_mprintf(""));
    CHECK(told->undo != NULL);
    return 0;
}

void check_told(sqlite3 *db, const struct told *told) {
    char *states = mistakes_states(db);
    for (int i = 0; i < mistakes; i++) {
        if (states[i] == 'm' && !(told->ever >> (i + 1) & 1))
            wrong("marker %d was changed, and nobody was told: %s", i + 1, states);
    }
    sqlite3_free(states);
}

void check_undo(sqlite3 *db, const struct told *told) {
    char *message = NULL;
    if (told->undo != NULL && sqlite3_exec(db, told->undo, NULL, NULL, &message) != SQLITE_OK)
        wrong("the undo: %s", message);
    sqlite3_free(message);
    check_all(db, 0, "after the undo");
}

void told_forget(struct told *told) {
    sqlite3_free(told->undo);
    *told = (struct told){0};
}
