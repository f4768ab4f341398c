// Every outcome, every count, and what a marker holds.

#include "host.h"

static void check_ensure(sqlite3 *db, const char *user_id, int expected, const char *created_at) {
    char *errmsg = GARBAGE;
    fm_marker *marker = GARBAGE;
    int outcome = 0;
    CHECK_CODE(SQLITE_OK, fm_ensure_facilitator_marker(db, user_id, &outcome, &marker, &errmsg));
    CHECK_CODE(expected, outcome);
    CHECK(errmsg == NULL);
    if (created_at == NULL) {
        CHECK(marker == NULL);
    } else {
        CHECK_TEXT(created_at, fm_marker_created_at(marker));
        CHECK_TEXT("verified", fm_marker_verification_status(marker));
        CHECK_TEXT(fm_marker_id(marker), fm_marker_address(marker));
        CHECK(strlen(fm_marker_verified_at(marker)) == strlen(DAY));
        CHECK(strncmp(fm_marker_id(marker), "FACILITATOR_OWNER:", 18) == 0);
        CHECK_TEXT(fm_marker_user_id(marker), fm_marker_id(marker) + 18);
    }
    fm_marker_free(marker);
}

static void add_every_kind_of_owner(sqlite3 *db) {
    add_user(db, "Ada");
    add_facilitator(db, "ada", "2026-03-01 00:00:00");
    add_facilitator(db, "Ada", "2026-01-21T01:30:00.75+02:00");
    add_user(db, "Wallet");
    add_user(db, "Undated");
    add_facilitator(db, "undated", "");
    add_facilitator(db, "undated", DAY);
    add_user(db, "Pair");
    add_user(db, "pAIR");
    add_facilitator(db, "pair", DAY);
    add_facilitator(db, "gone", DAY);
}

static void of_ensure(void) {
    sqlite3 *db = host_in_memory();
    add_every_kind_of_owner(db);
    check_ensure(db, "aDA", FM_CREATED, "2026-01-20 23:30:00");
    check_ensure(db, "Ada", FM_ALREADY_ENROLLED, "2026-01-20 23:30:00");
    check_ensure(db, "nobody", FM_UNKNOWN_USER, NULL);
    check_ensure(db, "", FM_UNKNOWN_USER, NULL);
    check_ensure(db, "Wallet", FM_NOT_AN_OWNER, NULL);
    check_ensure(db, "PAIR", FM_AMBIGUOUS_USER, NULL);
    check_ensure(db, "Undated", FM_UNREADABLE_DATE, NULL);
    check_ensure(db, "Pair", FM_CREATED, DAY);
    host_close(db);
}

static void of_create(void) {
    sqlite3 *db = host_in_memory();
    add_every_kind_of_owner(db);
    int outcome;
    fm_marker *marker;
    CHECK_CODE(SQLITE_OK, fm_create_facilitator_marker(db, "Wallet", "2024-02-29", &outcome, &marker, NULL));
    CHECK(outcome == FM_CREATED);
    CHECK_TEXT("2024-02-29 00:00:00", fm_marker_created_at(marker));
    // A marker outlives its connection.
    CHECK_CODE(SQLITE_OK, fm_create_facilitator_marker(db, "wallet", DAY, &outcome, NULL, NULL));
    CHECK(outcome == FM_UNKNOWN_USER);
    host_close(db);
    CHECK_TEXT("FACILITATOR_OWNER:Wallet", fm_marker_id(marker));
    fm_marker_free(marker);
}

static void of_a_backfill(void) {
    sqlite3 *db = host_in_memory();
    add_every_kind_of_owner(db);
    add_owner(db, "Ben");
    check_ensure(db, "Ben", FM_CREATED, DAY);
    const fm_report expected = {.owners = 3, .created = 1, .already_enrolled = 1, .unreadable_date = 1,
                                .unknown_users = 1, .ambiguous_users = 1, .unreadable_dates = 1};
    fm_report report;
    char *warning = GARBAGE;
    CHECK_CODE(SQLITE_OK, fm_preview_facilitator_markers(db, &report, &warning, NULL));
    CHECK(warning == NULL);
    CHECK(memcmp(&report, &expected, sizeof report) == 0);
    CHECK(markers(db) == 1);
    CHECK_CODE(SQLITE_OK, fm_backfill_facilitator_markers(db, &report, NULL));
    CHECK(memcmp(&report, &expected, sizeof report) == 0);
    CHECK(markers(db) == 2);
    CHECK_CODE(SQLITE_OK, fm_backfill_facilitator_markers(db, &report, NULL));
    CHECK(report.created == 0 && report.already_enrolled == 2);
    host_close(db);
}

// Rows that somebody else wrote.
static void of_strange_markers(void) {
    sqlite3 *db = host_in_memory();
    add_owner(db, "Ada");
    run(db, "INSERT INTO reward_addresses(id, user_id, chain_type, address, verified_at, created_at) "
            "VALUES (NULL, 'Ada', 'facilitator', x'ff00', NULL, 'a' || char(0) || 'b')");
    fm_marker *marker;
    CHECK_CODE(SQLITE_OK, fm_ensure_facilitator_marker(db, "Ada", NULL, &marker, NULL));
    CHECK_TEXT("", fm_marker_id(marker));
    CHECK_TEXT("Ada", fm_marker_user_id(marker));
    CHECK_TEXT("x'ff00'", fm_marker_address(marker));
    CHECK_TEXT("pending", fm_marker_verification_status(marker));
    CHECK(fm_marker_verified_at(marker) == NULL);
    CHECK_TEXT("a", fm_marker_created_at(marker));
    fm_marker_free(marker);
    run(db, "UPDATE reward_addresses SET address = CAST(x'41ff42' AS TEXT), verified_at = 1.5");
    CHECK_CODE(SQLITE_OK, fm_ensure_facilitator_marker(db, "Ada", NULL, &marker, NULL));
    CHECK_TEXT("A\xef\xbf\xbd""B", fm_marker_address(marker));
    CHECK_TEXT("1.5", fm_marker_verified_at(marker));
    fm_marker_free(marker);
    host_close(db);
}

// Ids of a mebibyte.
static void of_long_ids(void) {
    sqlite3 *db = host_in_memory();
    enum { SIZE = 1 << 20 };
    char *id = malloc(SIZE + 1);
    CHECK(id != NULL);
    memset(id, 'a', SIZE);
    memcpy(id + SIZE - 2, "\xc3\xa9", 3);
    check_ensure(db, id, FM_UNKNOWN_USER, NULL);
    add_owner(db, id);
    check_ensure(db, id, FM_CREATED, DAY);
    CHECK_CODE(SQLITE_OK, fm_create_facilitator_marker(db, id, DAY, NULL, NULL, NULL));
    char *errmsg;
    CHECK_CODE(SQLITE_MISUSE, fm_create_facilitator_marker(db, id, id, NULL, NULL, &errmsg));
    // A message that nobody could read would be no use.
    CHECK(strlen(errmsg) < 1000 && strstr(errmsg, "... (1048576 bytes)") != NULL);
    failed(db, 0, &errmsg, "can't be read");
    id[0] = 'b';
    add_owner(db, id);
    fm_report report;
    CHECK_CODE(SQLITE_OK, fm_backfill_facilitator_markers(db, &report, NULL));
    CHECK(report.created == 1);
    free(id);
    host_close(db);
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    of_ensure();
    of_create();
    of_a_backfill();
    of_strange_markers();
    of_long_ids();
    host_end();
    return 0;
}
