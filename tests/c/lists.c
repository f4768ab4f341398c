// The lists of owners and the audit: what a callback is told, and what it may do.

#include "host.h"

// What a callback is to do, and how often it was called.
struct listener {
    sqlite3 *db;
    int calls;
    // What it returns from this call on, where that isn't 0.
    int answer_at, answer;
    const char *sql;
};

static int heard(struct listener *listener) {
    listener->calls++;
    if (listener->sql != NULL) run(listener->db, listener->sql);
    return listener->calls == listener->answer_at ? listener->answer : 0;
}

static void check_text(const char *text) {
    CHECK(text != NULL && strlen(text) > 0);
}

static void check_maybe(const char *expected, const char *text) {
    if (expected == NULL) CHECK(text == NULL);
    else CHECK_TEXT(expected, text);
}

static int on_due(const fm_due_owner *owner, void *context) {
    check_text(owner->user_id);
    CHECK(strlen(owner->enrollment_date) == strlen(DAY));
    return heard(context);
}

static int on_skipped(const fm_skipped_owner *owner, void *context) {
    check_text(owner->reason);
    check_text(owner->owner_address != NULL ? owner->owner_address : owner->user_id);
    check_text(owner->message);
    return heard(context);
}

static int on_finding(const fm_finding *finding, void *context) {
    check_text(finding->name);
    check_text(finding->mend);
    check_text(finding->message);
    CHECK((strcmp(finding->mend, "repair") == 0) == (finding->column != NULL));
    CHECK((finding->column != NULL) == (finding->value != NULL));
    CHECK((strcmp(finding->mend, "statement") == 0) == (finding->statement != NULL));
    return heard(context);
}

static int due(sqlite3 *db, struct listener *listener, char **errmsg) {
    return fm_for_each_due_owner(db, on_due, listener, errmsg);
}

static int skipped(sqlite3 *db, struct listener *listener, char **errmsg) {
    return fm_for_each_skipped_owner(db, on_skipped, listener, errmsg);
}

static int audit(sqlite3 *db, struct listener *listener, char **errmsg) {
    fm_audit_report report, before;
    memset(&report, 0x5a, sizeof report);
    before = report;
    int code = fm_audit_facilitator_markers(db, 0, on_finding, listener, &report, errmsg);
    CHECK((code == SQLITE_OK) == (memcmp(&report, &before, sizeof report) != 0));
    return code;
}

static int (*const CALLS[])(sqlite3 *, struct listener *, char **) = {due, skipped, audit};
enum { CALL_COUNT = sizeof CALLS / sizeof *CALLS };

// Two owners who are due, two who are left out, two markers that are wrong.
static void fill(sqlite3 *db) {
    run(db, "PRAGMA foreign_keys = OFF");
    add_owner(db, "Ada");
    add_owner(db, "Ben");
    add_facilitator(db, "gone", DAY);
    add_facilitator(db, "lost", DAY);
    add_marker(db, "m1", "Nobody", DAY, DAY);
    add_marker(db, "m2", "No one", DAY, DAY);
}

static void each_calls_back_for_each(void) {
    sqlite3 *db = host_in_memory();
    for (int i = 0; i < CALL_COUNT; i++) {
        struct listener none = {.calls = 0};
        CHECK_CODE(SQLITE_OK, CALLS[i](db, &none, NULL));
        CHECK(none.calls == 0);
    }
    fill(db);
    run(db, "PRAGMA query_only = ON");
    for (int i = 0; i < CALL_COUNT; i++) {
        struct listener listener = {.calls = 0};
        char *errmsg = GARBAGE;
        CHECK_CODE(SQLITE_OK, CALLS[i](db, &listener, &errmsg));
        CHECK(errmsg == NULL && listener.calls == 2);
        CHECK(sqlite3_next_stmt(db, NULL) == NULL && sqlite3_get_autocommit(db));
    }
    host_close(db);
}

// A callback that returns other than 0 is called no more.
static void a_callback_ends_the_call(void) {
    sqlite3 *db = host_in_memory();
    fill(db);
    for (int i = 0; i < CALL_COUNT; i++) {
        for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
            if (in_transaction) run(db, "BEGIN");
            for (int at = 1; at <= 2; at++) {
                struct listener listener = {.answer_at = at, .answer = i % 2 ? -1 : 7};
                char *errmsg = GARBAGE;
                CHECK_CODE(SQLITE_ABORT, CALLS[i](db, &listener, &errmsg));
                CHECK(listener.calls == at);
                failed(db, in_transaction, &errmsg, i % 2 ? "it returned -1" : "it returned 7");
                CHECK_CODE(SQLITE_ABORT, CALLS[i](db, &(struct listener){.answer_at = at, .answer = 1}, NULL));
            }
            if (in_transaction) run(db, "COMMIT");
        }
    }
    host_close(db);
}

// It writes, begins and ends transactions, and calls the library.
static void a_callback_uses_the_connection(void) {
    for (int i = 0; i < CALL_COUNT; i++) {
        sqlite3 *db = host_in_memory();
        fill(db);
        run(db, "CREATE TABLE told(x)");
        struct listener listener = {.db = db, .sql = "BEGIN; INSERT INTO told VALUES (1); CREATE TABLE more(x); COMMIT; "
                                                     "BEGIN; DROP TABLE more; ROLLBACK; DROP TABLE more"};
        CHECK_CODE(SQLITE_OK, CALLS[i](db, &listener, NULL));
        CHECK(listener.calls == 2 && number(db, "SELECT count(*) FROM told") == 2);
        CHECK(sqlite3_next_stmt(db, NULL) == NULL && sqlite3_get_autocommit(db));
        host_close(db);
    }
}

// What becomes of the host's transaction in a callback is not said to be SQLite's doing.
static void a_callback_ends_the_hosts_transaction_and_the_call(void) {
    for (int i = 0; i < CALL_COUNT; i++) {
        sqlite3 *db = host_in_memory();
        fill(db);
        run(db, "BEGIN");
        struct listener listener = {.db = db, .sql = "ROLLBACK", .answer_at = 1, .answer = 7};
        char *errmsg = GARBAGE;
        CHECK_CODE(SQLITE_ABORT, CALLS[i](db, &listener, &errmsg));
        CHECK(strstr(errmsg, "SQLite has rolled back") == NULL);
        failed(db, 0, &errmsg, "it returned 7");
        host_close(db);
    }
}

static int on_due_enroll(const fm_due_owner *owner, void *db) {
    int outcome;
    CHECK_CODE(SQLITE_OK, fm_ensure_facilitator_marker(db, owner->user_id, &outcome, NULL, NULL));
    CHECK(outcome == FM_CREATED);
    CHECK(sqlite3_exec(db, "VACUUM", NULL, NULL, NULL) == SQLITE_ERROR);
    // The text is still the library's.
    CHECK_TEXT(DAY, owner->enrollment_date);
    return 0;
}

static void a_callback_calls_the_library(void) {
    sqlite3 *db = host_in_memory();
    fill(db);
    CHECK_CODE(SQLITE_OK, fm_for_each_due_owner(db, on_due_enroll, db, NULL));
    CHECK(markers(db) == 4);
    host_close(db);
}

static int on_finding_interrupt(const fm_finding *finding, void *db) {
    (void)finding;
    sqlite3_interrupt(db);
    return 0;
}

static void an_interrupt_in_a_callback_is_not_forgotten(void) {
    sqlite3 *db = host_in_memory();
    fill(db);
    for (int i = 0; i < 20000; i++) {
        char id[16];
        snprintf(id, sizeof id, "many%d", i);
        add_marker(db, id, id, DAY, DAY);
    }
    char *errmsg = GARBAGE;
    CHECK_CODE(SQLITE_INTERRUPT, fm_audit_facilitator_markers(db, 0, on_finding_interrupt, db, NULL, &errmsg));
    failed(db, 0, &errmsg, "try again");
    host_close(db);
}

static void missing_schema(void) {
    sqlite3 *db;
    CHECK_CODE(SQLITE_OK, sqlite3_open(":memory:", &db));
    for (int i = 0; i < CALL_COUNT; i++) {
        struct listener listener = {.calls = 0};
        char *errmsg = GARBAGE;
        CHECK_CODE(SQLITE_ERROR, CALLS[i](db, &listener, &errmsg));
        failed(db, 0, &errmsg, "the database lacks table user");
    }
    host_close(db);
}

static int on_due_dates(const fm_due_owner *owner, void *seen) {
    int is_later = strcmp(owner->user_id, "Zoe") == 0;
    CHECK(owner->is_to_come == is_later);
    CHECK_TEXT(is_later ? "9000-01-01 00:00:00" : DAY, owner->enrollment_date);
    *(int *)seen |= is_later ? 2 : 1;
    return 0;
}

static void of_due_owners(void) {
    sqlite3 *db = host_in_memory();
    add_owner(db, "Ada");
    add_user(db, "Zoe");
    add_facilitator(db, "zoe", "9000-01-01");
    int seen = 0;
    CHECK_CODE(SQLITE_OK, fm_for_each_due_owner(db, on_due_dates, &seen, NULL));
    CHECK(seen == 3);
    host_close(db);
}

static int on_each_reason(const fm_skipped_owner *owner, void *seen) {
    static const char *const EXPECTED[][3] = {
        {"unknown_user", "gone", "names no user"},
        {"ambiguous_user", "pair", "could mean any of the users \"Pair\", \"pAIR\""},
        {"unreadable_date", "Undated", "whose created_at can't be read"},
        {"refused", "Taken", "has the id that the marker needs"},
    };
    for (int i = 0; i < 4; i++) {
        if (strcmp(owner->reason, EXPECTED[i][0]) != 0) continue;
        check_maybe(i < 2 ? EXPECTED[i][1] : NULL, owner->owner_address);
        check_maybe(i < 2 ? NULL : EXPECTED[i][1], owner->user_id);
        if (i < 3) CHECK(strstr(owner->message, EXPECTED[i][2]) != NULL);
        CHECK((*(int *)seen & 1 << i) == 0);
        *(int *)seen |= 1 << i;
        return 0;
    }
    CHECK(!"a reason of the header's");
    return 1;
}

static void of_skipped_owners(void) {
    sqlite3 *db = host_in_memory();
    add_owner(db, "Ada");
    add_facilitator(db, "gone", DAY);
    add_user(db, "Pair");
    add_user(db, "pAIR");
    add_facilitator(db, "pair", DAY);
    add_user(db, "Undated");
    add_facilitator(db, "undated", "soon");
    add_owner(db, "Taken");
    run(db, "INSERT INTO reward_addresses(id, user_id, chain_type, address) "
            "VALUES ('FACILITATOR_OWNER:Taken', 'Pair', 'evm', '0x1')");
    int seen = 0;
    CHECK_CODE(SQLITE_OK, fm_for_each_skipped_owner(db, on_each_reason, &seen, NULL));
    CHECK(seen == 15);
    host_close(db);
}

// A finding of each kind: the marker's id is its number among these.
static const struct {
    const char *name, *mend, *column, *value, *enrollment_date, *other_marker_id, *same_fold, *counted, *total;
} FINDINGS[] = {
    {"dated_late", "repair", "created_at", DAY, DAY, NULL, NULL, "5", "1000005"},
    {"date_form", "repair", "created_at", DAY, NULL, NULL, NULL, "0", "0"},
    {"not_verified", "repair", "verification_status", "verified", NULL, NULL, NULL, "0", "7"},
    {"duplicate", "statement", NULL, NULL, NULL, "/", NULL, "0", "0"},
    {"orphan", "statement", NULL, NULL, NULL, NULL, "Iso", NULL, NULL},
    {"not_an_owner", "nothing", NULL, NULL, NULL, NULL, NULL, NULL, NULL},
    {"dated_early", "nothing", NULL, NULL, DAY, NULL, NULL, "0", "0"},
    {"not_verified", "withheld", NULL, NULL, NULL, NULL, NULL, "0", "0"},
};

struct findings {
    int seen, with_cost;
};

static int on_each_finding(const fm_finding *finding, void *context) {
    struct findings *findings = context;
    int number = atoi(finding->marker_id);
    CHECK(number < 8 && (findings->seen & 1 << number) == 0);
    findings->seen |= 1 << number;
    check_maybe(FINDINGS[number].enrollment_date, finding->enrollment_date);
    check_maybe(FINDINGS[number].other_marker_id, finding->other_marker_id);
    check_maybe(FINDINGS[number].same_fold, finding->same_fold);
    check_maybe(findings->with_cost ? FINDINGS[number].counted : NULL, finding->counted);
    check_maybe(findings->with_cost ? FINDINGS[number].total : NULL, finding->total);
    CHECK(finding->unreadable_amounts == (findings->with_cost && number == 0));
    CHECK_TEXT(FINDINGS[number].name, finding->name);
    CHECK_TEXT(FINDINGS[number].mend, finding->mend);
    check_maybe(FINDINGS[number].column, finding->column);
    check_maybe(FINDINGS[number].value, finding->value);
    int is_pending = strcmp(finding->name, "not_verified") == 0;
    CHECK_TEXT(is_pending ? "pending" : "verified", finding->verification_status);
    check_maybe(is_pending ? NULL : DAY, finding->verified_at);
    CHECK(strncmp(finding->address, "FACILITATOR_OWNER:", 18) == 0);
    if (finding->statement != NULL) CHECK(strstr(finding->statement, "DELETE FROM main.reward_addresses WHERE id IS '") != NULL);
    return 0;
}

// A payment that is settled by the facilitator of this owner.
static void add_payment(sqlite3 *db, const char *id, const char *owner_address, const char *amount, const char *created_at) {
    char *sql = sqlite3_mprintf(
        "INSERT INTO transactions(id, facilitator_id, type, network, from_address, to_address, amount, asset, status, created_at) "
        "SELECT %Q, id, 'settle', 'base', 'a', 'b', %Q, 'USDC', 'success', %Q FROM facilitators WHERE owner_address = %Q",
        id, amount, created_at, owner_address);
    run(db, sql);
    sqlite3_free(sql);
}

static void of_findings(void) {
    sqlite3 *db = host_in_memory();
    run(db, "PRAGMA foreign_keys = OFF");
    const char *const owners[] = {"Late", "Iso", "Pending", "Twice", "Early", "Unread"};
    for (int i = 0; i < 6; i++) add_owner(db, owners[i]);
    add_facilitator(db, "unread", "soon");
    add_user(db, "Nothing");
    add_marker(db, "0", "Late", LATER, DAY);
    add_marker(db, "1", "Iso", "2026-01-21T10:00:00Z", DAY);
    add_marker(db, "2", "Pending", DAY, NULL);
    add_marker(db, "/", "Twice", DAY, DAY);
    add_marker(db, "3", "Twice", DAY, DAY);
    add_marker(db, "4", "iso", DAY, DAY);
    add_marker(db, "5", "Nothing", DAY, DAY);
    add_marker(db, "6", "Early", "2020-01-01 00:00:00", DAY);
    add_marker(db, "7", "Unread", DAY, NULL);
    add_payment(db, "t1", "Late", "1000000", DAY);
    add_payment(db, "t2", "Late", "5", LATER);
    add_payment(db, "t3", "Late", "much", LATER);
    add_payment(db, "t4", "Pending", "7", LATER);
    const fm_audit_report expected = {.markers = 9, .dated_late = 1, .date_form = 1, .not_verified = 2, .duplicate = 1,
                                      .orphan = 1, .not_an_owner = 1, .dated_early = 1};
    for (int with_cost = 0; with_cost < 2; with_cost++) {
        struct findings findings = {0, with_cost};
        fm_audit_report report;
        CHECK_CODE(SQLITE_OK, fm_audit_facilitator_markers(db, with_cost, on_each_finding, &findings, &report, NULL));
        CHECK(findings.seen == 255);
        CHECK(memcmp(&report, &expected, sizeof report) == 0);
    }
    host_close(db);
}

static int on_strange_due(const fm_due_owner *owner, void *seen) {
    CHECK_TEXT("a\xef\xbf\xbd""b\xef\xbf\xbd", owner->user_id);
    ++*(int *)seen;
    return 0;
}

static int on_strange_skipped(const fm_skipped_owner *owner, void *seen) {
    // A BLOB is given as SQL writes it.
    CHECK_TEXT("x'ff00'", owner->owner_address);
    ++*(int *)seen;
    return 0;
}

static int on_strange_finding(const fm_finding *finding, void *db) {
    CHECK_TEXT("orphan", finding->name);
    CHECK_TEXT("a\xef\xbf\xbd""b", finding->marker_id);
    CHECK_TEXT("\xef\xbf\xbd", finding->user_id);
    CHECK_TEXT("", finding->created_at);
    // The statement is exact.
    run(db, finding->statement);
    CHECK(sqlite3_changes(db) == 1);
    return 0;
}

// Ids with NUL bytes, without UTF-8, and values that are no text.
static void of_strange_texts(void) {
    sqlite3 *db = host_in_memory();
    run(db, "PRAGMA foreign_keys = OFF");
    run(db, "INSERT INTO \"user\"(id, name, email) VALUES (CAST(x'610062ff' AS TEXT), '', '')");
    run(db, "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) "
            "VALUES ('f1', '', 'f1', CAST(x'610062ff' AS TEXT), '" DAY "'), ('f2', '', 'f2', x'ff00', '" DAY "')");
    run(db, "INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, created_at) "
            "VALUES ('a' || char(0) || 'b', CAST(x'ff' AS TEXT), 'facilitator', x'00', 'verified', '')");
    int seen = 0;
    CHECK_CODE(SQLITE_OK, fm_for_each_due_owner(db, on_strange_due, &seen, NULL));
    CHECK_CODE(SQLITE_OK, fm_for_each_skipped_owner(db, on_strange_skipped, &seen, NULL));
    CHECK(seen == 2);
    CHECK_CODE(SQLITE_OK, fm_audit_facilitator_markers(db, 0, on_strange_finding, db, NULL, NULL));
    CHECK(markers(db) == 0);
    host_close(db);
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    each_calls_back_for_each();
    a_callback_ends_the_call();
    a_callback_uses_the_connection();
    a_callback_ends_the_hosts_transaction_and_the_call();
    a_callback_calls_the_library();
    an_interrupt_in_a_callback_is_not_forgotten();
    missing_schema();
    of_due_owners();
    of_skipped_owners();
    of_findings();
    of_strange_texts();
    host_end();
    return 0;
}
