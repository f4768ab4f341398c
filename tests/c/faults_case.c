// See faults_case.h.

#include "faults_case.h"

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "faults_checks.h"
#include "faults_file.h"
#include "harness.h"
#include "host.h"
#include "mistakes.h"
#include "platform.h"

static const char *const JOURNAL_NAMES[] = {"WAL", "DELETE", "TRUNCATE", "PERSIST", "MEMORY", "OFF"};
static const char *const TRANSACTION_NAMES[] = {"autocommit", "a transaction", "a savepoint",
                                                "a savepoint in a transaction"};
static const char *const BEGINS[] = {"", "BEGIN", "SAVEPOINT host", "BEGIN; SAVEPOINT host"};
static const char *const ENDS[] = {"", "COMMIT", "RELEASE host", "RELEASE host; COMMIT"};
static const char *const CALL_NAMES[] = {
    "create",  "ensure", "backfill",            "steps of 1", "steps of 500",          "preview",
    "lists",   "audit",  "an audit with costs", "repair",     "a repair in steps of 1", "a repair in steps of 500",
};
static const char *const MEANWHILE_NAMES[] = {"nothing", "another connection wrote", "another connection changed the schema",
                                              "nothing was read"};

struct faults_counts faults_counts;
static char *ada, *ada_in_lower_case, *date_of_ada, *markers_at_first;

void faults_begin(const char *folder, const char *extension) {
    faults_register();
    files_begin(folder, extension, JOURNAL_NAMES, JOURNALS);
    sqlite3 *db = file_open_plainly(0);
    ada = sqlite3_mprintf(OWNER, 3);
    ada_in_lower_case = sqlite3_mprintf(OWNER_IN_LOWER_CASE, 3);
    date_of_ada = enrollment_date(db, ada);
    markers_at_first = all_markers(db);
    host_close(db);
}

void faults_draw(struct faults_case *drawn) {
    drawn->journal = random_below(JOURNALS);
    drawn->synchronous = (const char *[]){"NORMAL", "FULL", "EXTRA"}[random_below(drawn->journal == DELETE_JOURNAL ? 3 : 2)];
    drawn->transaction = one_in(2) ? AUTOCOMMIT : random_below(TRANSACTIONS);
    drawn->call = random_below(CALL_NAMES_END);
    // What most operations can answer is tried most often.
    drawn->kind = one_in(2) ? IO_ERROR : random_below(KINDS);
    drawn->goes_on = one_in(2);
    drawn->small_cache = one_in(2);
    drawn->meanwhile = random_below(MEANWHILES);
    if (drawn->meanwhile == NEW) {
        // What follows from no pragma: any of these pragmas reads the database.
        if (drawn->journal != WAL) drawn->journal = DELETE_JOURNAL;
        drawn->synchronous = "FULL";
        drawn->transaction = AUTOCOMMIT;
        drawn->small_cache = 0;
    }
}

void faults_describe(const struct faults_case *drawn, long nth) {
    in_words("%s, %s through the %s in %s, journal_mode %s, synchronous %s, %s cache, before it %s; operation %ld%s",
             KIND_NAMES[drawn->kind], CALL_NAMES[drawn->call], CALLS, TRANSACTION_NAMES[drawn->transaction],
             JOURNAL_NAMES[drawn->journal], drawn->synchronous, drawn->small_cache ? "small" : "large",
             MEANWHILE_NAMES[drawn->meanwhile], nth, drawn->goes_on ? " and all that follow" : "");
}

// What the host writes in its transaction before it calls the library.
static void begin_of_the_host(sqlite3 *db, const struct faults_case *drawn) {
    if (drawn->transaction == AUTOCOMMIT) return;
    run(db, BEGINS[drawn->transaction]);
    run(db,
        "INSERT INTO \"user\"(id, name, email) VALUES ('NewUser', 'New', 'new@example.org');"
        "INSERT INTO transactions(id, facilitator_id, type, network, amount) VALUES ('t1', 'pay1', 'settle', 'base', '1');"
        "DELETE FROM reward_addresses WHERE id = 'walletGuest';"
        "UPDATE facilitators SET name = 'Renamed'");
}

static sqlite3 *opened(const struct faults_case *drawn) {
    file_renew(drawn->journal);
    sqlite3 *db = file_open();
    run(db, "PRAGMA foreign_keys = ON");
    if (drawn->meanwhile == NEW) return db;
    char *pragmas = sqlite3_mprintf(
        "PRAGMA journal_mode = %s; PRAGMA synchronous = %s; PRAGMA cache_size = %d; "
        "PRAGMA wal_autocheckpoint = %d; SELECT count(*) FROM facilitators",
        JOURNAL_NAMES[drawn->journal], drawn->synchronous, drawn->small_cache ? 2 : 200, drawn->small_cache ? 8 : 1000);
    run(db, pragmas);
    sqlite3_free(pragmas);
    if (drawn->meanwhile != NOTHING) {
        sqlite3 *other = file_open_plainly(1);
        run(other, "UPDATE \"user\" SET image = 'new'");
        if (drawn->meanwhile == CHANGED_SCHEMA) run(other, "CREATE TABLE more (column_of_it)");
        host_close(other);
    }
    begin_of_the_host(db, drawn);
    // Otherwise there would be little to read.
    CHECK_CODE(SQLITE_OK, sqlite3_db_release_memory(db));
    return db;
}

static int is_repair(enum call call) {
    return call >= REPAIR;
}

// Takes steps until one fails, or all are taken.
static int take_steps(sqlite3 *db, enum call call, struct attempt *attempt) {
    int code = SQLITE_OK, size = call == STEPS_OF_1 || call == REPAIR_STEPS_OF_1 ? 1 : 500;
    if (is_repair(call) && attempt->repair == NULL) code = repair_open(db, &attempt->repair, &attempt->message);
    if (!is_repair(call) && attempt->steps == NULL) code = steps_open(db, &attempt->steps, &attempt->message);
    while (code == SQLITE_OK) {
        attempt_look(attempt, db);
        code = is_repair(call) ? repair_next(attempt->repair, size, told_keep, &attempt->told, &attempt->message)
                               : steps_next(attempt->steps, size, &attempt->message);
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static void check_audit(const fm_audit_report *report) {
    if (report->dated_late != 2 || report->date_form != 1 || report->not_verified != 2 || report->dated_early != 1 ||
        report->duplicate + report->orphan + report->not_an_owner != 0)
        wrong("audit: %d dated late, %d in another form, %d not verified, %d dated early", (int)report->dated_late,
              (int)report->date_form, (int)report->not_verified, (int)report->dated_early);
}

// Makes the call to its end; the steps until one fails.
static int make_call(sqlite3 *db, enum call call, struct attempt *attempt) {
    int outcome = 0, due, skipped, code;
    fm_report report = {0};
    fm_audit_report audit = {0};
    switch (call) {
        case CREATE: code = call_create(db, ada, date_of_ada, &outcome, &attempt->message); break;
        case ENSURE: code = call_ensure(db, ada_in_lower_case, &outcome, &attempt->message); break;
        case BACKFILL: return call_backfill(db, &attempt->message);
        case PREVIEW:
            code = call_preview(db, &report, &attempt->message);
            if (code == SQLITE_OK && (report.owners != REPORTED_OWNERS(OWNERS, MISTAKES_MADE) || report.created != OWNERS))
                wrong("preview: %lld owners, %lld markers to write", (long long)report.owners, (long long)report.created);
            return code;
        case REPAIR: return call_repair(db, told_keep, &attempt->told, &attempt->message);
        case AUDIT:
        case COSTS:
            code = call_audit(db, call == COSTS, &audit, &attempt->message);
            if (code == SQLITE_OK) check_audit(&audit);
            return code;
        case LISTS:
            code = call_lists(db, &due, &skipped, &attempt->message);
            if (code == SQLITE_OK && (due != OWNERS || skipped != LEFT_OUT)) wrong("lists: %d due, %d left out", due, skipped);
            return code;
        default: return take_steps(db, call, attempt);
    }
    if (code == SQLITE_OK && outcome != FM_CREATED && outcome != FM_ALREADY_ENROLLED) wrong("outcome %d", outcome);
    return code;
}

// The call again, after what failed is mended.
static void retry(sqlite3 *db, const struct faults_case *drawn, struct attempt *attempt) {
    faults_counts.retried++;
    if (attempt->ended) {
        faults_counts.ended++;
        // It is the host's transaction that is to be begun again, and the backfill or repair with it.
        begin_of_the_host(db, drawn);
        attempt_close(attempt);
    }
    int code = make_call(db, drawn->call, attempt);
    if (code != SQLITE_OK) wrong("the retry: %d, %s", code, attempt->message);
    if (code == SQLITE_OK && CALLS_REPORT && attempt->steps != NULL) {
        fm_report report;
        steps_report(attempt->steps, &report);
        int again = attempt->in_doubt ? 1 : 0;
        if (report.owners != REPORTED_OWNERS(OWNERS, MISTAKES_MADE) || (report.created != OWNERS && !again))
            wrong("after the retry %lld owners, %lld created", (long long)report.owners, (long long)report.created);
    }
    sqlite3_free(attempt->message);
}

// Ends what is begun, compares all rows with those after a run without faults, and undoes what a repair has told.
static void end(sqlite3 *db, const struct faults_case *drawn, const struct told *told, char **expected) {
    if (drawn->transaction != AUTOCOMMIT) run(db, ENDS[drawn->transaction]);
    check_end(db, expected);
    host_close(db);
    db = file_open_plainly(1);
    check_end(db, expected);
    if (is_repair(drawn->call)) {
        check_mended(db);
        check_undo(db, told);
    }
    if (drawn->call >= PREVIEW) {
        char *markers = all_markers(db);
        if (strcmp(markers, markers_at_first) != 0) wrong("at the end the markers are not as they were at first");
        sqlite3_free(markers);
    }
    host_close(db);
}

// Without a rollback journal SQLite can't undo anything, and with one in memory only what it can write again, and not after
// an error while pages reach the file before the commit: https://sqlite.org/pragma.html#pragma_journal_mode.
static int can_undo(const struct faults_case *drawn) {
    return drawn->journal != OFF && !(drawn->journal == MEMORY && (drawn->goes_on || drawn->small_cache));
}

// Whether there was an nth operation. The rows at the end of a run without one are what is expected of the others.
static int run_with_fault(const struct faults_case *drawn, long nth, char **expected) {
    faults_describe(drawn, nth);
    faults_counts.runs++;
    sqlite3 *db = opened(drawn);
    struct attempt attempt = {.may_be_in_doubt = drawn->journal != WAL && drawn->transaction == AUTOCOMMIT,
                              .is_one_transaction = (drawn->call != BACKFILL && drawn->call != REPAIR) ||
                                                    drawn->transaction != AUTOCOMMIT};
    attempt_begin(&attempt, db, drawn->meanwhile != NEW, markers_at_first);
    faults_arm(drawn->kind, drawn->goes_on, nth);
    attempt.code = make_call(db, drawn->call, &attempt);
    faults_disarm();
    check_answer(&attempt, db, drawn->kind, can_undo(drawn));
    if (attempt.code != SQLITE_OK) faults_counts.failed++;
    if (can_undo(drawn) && !is_wrong()) {
        if (attempt.code != SQLITE_OK) check_undone(&attempt, db);
        faults_counts.in_doubt += attempt.in_doubt;
        sqlite3_free(attempt.message);
        if (attempt.code != SQLITE_OK && !is_wrong()) retry(db, drawn, &attempt);
        attempt_close(&attempt);
        if (!is_wrong()) end(db, drawn, &attempt.told, expected);
        else sqlite3_close_v2(db);
    } else {
        sqlite3_free(attempt.message);
        attempt_close(&attempt);
        if (!sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        if (sqlite3_close(db) != SQLITE_OK) wrong("a statement is left");
    }
    attempt_end(&attempt);
    return faults_struck() > 0;
}

void faults_run(const struct faults_case *drawn) {
    char *expected = NULL;
    run_with_fault(drawn, 0, &expected);
    for (long nth = 1; !is_wrong() && run_with_fault(drawn, nth, &expected); nth++) {
    }
    sqlite3_free(expected);
}
