// Whenever the power goes: what was reported as committed is there, the file is intact, each marker is whole and rightly
// dated, a host's transaction is there whole or not at all, and a backfill does the rest. A wrong marker is as it was or
// mended, a repair does the rest, and what it told undoes all that it did.
//
// What SQLite doesn't promise isn't asked for: synchronous NORMAL may lose the last commits, and without a WAL the file;
// with FULL the last commit may be lost if the journal's deletion is: https://sqlite.org/pragma.html#pragma_synchronous.
//
// Arguments: the schema, an empty folder, and the extension if the calls go through it.

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "disk.h"
#include "harness.h"
#include "host.h"
#include "mistakes.h"
#include "platform.h"

enum {
    CASES = 320,
    OWNERS = 20,
    // Users who are made with their facilitator and their marker.
    NEW_USERS = 10,
    // Users whose markers are wrong.
    MISTAKES_MADE = 16,
    FIRST_MISTAKE = OWNERS + NEW_USERS,
    EVERYBODY = FIRST_MISTAKE + MISTAKES_MADE,
    MOST_LIVES = 4,
};

enum journal { WAL, DELETE, TRUNCATE, PERSIST, JOURNALS };
static const char *const JOURNAL_NAMES[] = {"WAL", "DELETE", "TRUNCATE", "PERSIST"};
enum synchronous { NORMAL, FULL, EXTRA, SYNCHRONOUS };
static const char *const SYNCHRONOUS_NAMES[] = {"NORMAL", "FULL", "EXTRA"};

// What is known of each user's marker: that it was written, or mended.
enum knowledge { UNKNOWN, REPORTED, REPORTED_LAST };

static struct {
    enum journal journal;
    enum synchronous synchronous;
    int page_size, cache, checkpoint;
    enum knowledge markers[EVERYBODY];
    struct told told;
} now;

// What is begun on a connection.
struct begun {
    struct steps *steps;
    struct repair *repair;
};

static const char *extension;
static long commits, mended, undone, lost_with_normal, lost_with_journal, damaged_by_sqlite;

static const char *id_of(int user) {
    static char id[64];
    if (user < OWNERS) snprintf(id, sizeof id, OWNER, user + 1);
    else if (user >= FIRST_MISTAKE) snprintf(id, sizeof id, "Mistaken%02d", user - FIRST_MISTAKE + 1);
    else snprintf(id, sizeof id, "NewUser%02d", user - OWNERS);
    return id;
}

static sqlite3 *opened(void) {
    sqlite3 *db;
    if (sqlite3_open_v2("platform.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, DISK_VFS) != SQLITE_OK) {
        sqlite3_close(db);
        return NULL;
    }
    calls_connect(db, extension);
    char *pragmas = sqlite3_mprintf(
        "PRAGMA foreign_keys = ON; PRAGMA page_size = %d; PRAGMA journal_mode = %s; PRAGMA synchronous = %s; "
        "PRAGMA cache_size = %d; PRAGMA wal_autocheckpoint = %d",
        now.page_size, JOURNAL_NAMES[now.journal], SYNCHRONOUS_NAMES[now.synchronous], now.cache, now.checkpoint);
    // Where the power goes meanwhile, so it does.
    sqlite3_exec(db, pragmas, NULL, NULL, NULL);
    sqlite3_free(pragmas);
    return db;
}

static void draw(void) {
    now.journal = random_below(JOURNALS);
    now.synchronous = one_in(3) ? NORMAL : one_in(3) ? EXTRA : FULL;
    now.page_size = 512 << random_below(4);
    now.cache = one_in(2) ? 2 : 100;
    now.checkpoint = (int[]){4, 20, 1000}[random_below(3)];
    memset(now.markers, 0, sizeof now.markers);
    told_forget(&now.told);
    in_words("calls through the %s, journal_mode %s, synchronous %s, pages of %d bytes, a cache of %d, checkpoints at %d",
             CALLS, JOURNAL_NAMES[now.journal], SYNCHRONOUS_NAMES[now.synchronous], now.page_size, now.cache,
             now.checkpoint);
    disk_clear();
    sqlite3 *db = opened();
    CHECK(db != NULL);
    run(db, host_schema);
    platform_fill(db, OWNERS, MISTAKES_MADE);
    if (one_in(2)) {
        host_close(db);
        disk_sync_all();
    } else {
        // What is open stays so without its process, as the WAL does.
        disk_sync_all();
        disk_power_goes_at(1);
        sqlite3_close(db);
        disk_power_returns();
    }
}

// Whose markers a commit that was just reported has written or mended.
static void reported(const int *users, int number) {
    if (number == 0) return;
    commits++;
    for (int i = 0; i < EVERYBODY; i++) {
        if (now.markers[i] == REPORTED_LAST) now.markers[i] = REPORTED;
    }
    for (int i = 0; i < number; i++) now.markers[users[i]] = REPORTED_LAST;
}

// Unless the power is gone, and nobody can look any more.
static void reported_all_that_is_there(sqlite3 *db) {
    if (disk_has_lost_power()) return;
    int users[EVERYBODY], number = 0;
    for (int i = 0; i < FIRST_MISTAKE; i++) {
        if (now.markers[i] == UNKNOWN && markers_of(db, id_of(i)) == 1) users[number++] = i;
    }
    reported(users, number);
}

// What the call that just succeeded has told.
static void reported_all_that_was_told(void) {
    int users[MISTAKES_MADE], number = 0;
    for (int i = 0; i < MISTAKES_MADE; i++) {
        if (now.told.lately >> (i + 1) & 1) users[number++] = FIRST_MISTAKE + i;
    }
    mended += number;
    reported(users, number);
}

static int take_step(sqlite3 *db, struct begun *begun, char **message) {
    int code = begun->steps == NULL ? steps_open(db, &begun->steps, message) : SQLITE_OK;
    if (code == SQLITE_OK) code = steps_next(begun->steps, 1 + (int)random_below(4), message);
    if (code == SQLITE_OK || code == SQLITE_DONE) reported_all_that_is_there(db);
    if (code != SQLITE_DONE) return code;
    steps_close(begun->steps);
    begun->steps = NULL;
    return SQLITE_OK;
}

// In steps, or whole.
static int mend(sqlite3 *db, struct begun *begun, int in_steps, char **message) {
    int code = in_steps && begun->repair == NULL ? repair_open(db, &begun->repair, message) : SQLITE_OK;
    now.told.lately = 0;
    if (code != SQLITE_OK) return code;
    code = in_steps ? repair_next(begun->repair, 1 + (int)random_below(4), told_keep, &now.told, message)
                    : call_repair(db, told_keep, &now.told, message);
    if (code == SQLITE_OK || code == SQLITE_DONE) reported_all_that_was_told();
    if (code != SQLITE_DONE) return code;
    repair_close(begun->repair);
    begun->repair = NULL;
    return SQLITE_OK;
}

// A host's transaction: a user, a facilitator, the marker, a payment.
static int make_user(sqlite3 *db, int number, char **message) {
    char sql[600];
    int outcome;
    snprintf(sql, sizeof sql,
             "BEGIN IMMEDIATE; INSERT INTO \"user\"(id, name, email) VALUES ('NewUser%02d', 'New', 'new%d');"
             "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) "
             "VALUES ('new%d', 'New', 'new%d', 'newuser%02d', '2026-02-01 10:00:00')",
             number, number, number, number, number);
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (code == SQLITE_OK) code = call_ensure(db, id_of(OWNERS + number), &outcome, message);
    snprintf(sql, sizeof sql,
             "INSERT INTO transactions(id, facilitator_id, type, network, amount) "
             "VALUES ('paid%d', 'new%d', 'settle', 'base', '1'); COMMIT",
             number, number);
    return code == SQLITE_OK ? sqlite3_exec(db, sql, NULL, NULL, NULL) : code;
}

static int do_something(sqlite3 *db, struct begun *begun) {
    // A commit is reported though the power goes while the WAL is copied afterwards.
    if (disk_has_lost_power()) return SQLITE_IOERR;
    char *message = NULL;
    int outcome = 0, code, user = (int)random_below(OWNERS);
    unsigned work = random_below(28);
    fm_audit_report audit;
    if (work < 6) {
        code = call_ensure(db, id_of(user), &outcome, &message);
        if (outcome == FM_CREATED) reported(&user, 1);
    } else if (work < 9) {
        char *date = enrollment_date(db, id_of(user));
        code = call_create(db, id_of(user), date, &outcome, &message);
        if (outcome == FM_CREATED) reported(&user, 1);
        sqlite3_free(date);
    } else if (work < 13) {
        user = OWNERS + (int)random_below(NEW_USERS);
        if (now.markers[user] != UNKNOWN) return SQLITE_OK;
        code = make_user(db, user - OWNERS, &message);
        if (code == SQLITE_OK) reported(&user, 1);
    } else if (work < 19) {
        code = take_step(db, begun, &message);
    } else if (work < 26) {
        code = mend(db, begun, work < 25, &message);
    } else if (work < 27) {
        code = call_audit(db, 1, &audit, &message);
    } else {
        code = call_backfill(db, &message);
        if (code == SQLITE_OK) reported_all_that_is_there(db);
    }
    if (code != SQLITE_OK && !disk_has_lost_power()) wrong("%d without a power loss: %s", code, message);
    sqlite3_free(message);
    return code;
}

static void work_until_power_goes(void) {
    disk_power_goes_at(1 + random_below(one_in(2) ? 60 : 400));
    sqlite3 *db = opened();
    struct begun begun = {0};
    for (int i = 0; db != NULL && i < 60 && do_something(db, &begun) == SQLITE_OK; i++) {
    }
    steps_close(begun.steps);
    repair_close(begun.repair);
    // Where the power didn't go, it goes now.
    disk_power_goes_at(1);
    if (db != NULL && sqlite3_close(db) != SQLITE_OK) wrong("a statement is left");
}

static void check_promises(sqlite3 *db, int lost_journal) {
    char *states = mistakes_states(db);
    for (int user = 0; user < EVERYBODY; user++) {
        int is_there = user < FIRST_MISTAKE ? markers_of(db, id_of(user)) == 1 : states[user - FIRST_MISTAKE] == 'm';
        if (now.markers[user] != UNKNOWN && !is_there) {
            if (now.synchronous == NORMAL) lost_with_normal++;
            else if (now.journal == DELETE && now.synchronous == FULL && lost_journal && now.markers[user] == REPORTED_LAST)
                lost_with_journal++;
            else wrong("the marker of %s, reported as committed, is lost", id_of(user));
        }
        // A commit that wasn't reported any more may stand, and what is on the disk now stays there.
        now.markers[user] = is_there ? REPORTED : UNKNOWN;
    }
    sqlite3_free(states);
    check_markers(db);
    check_told(db, &now.told);
    sqlite3_int64 users = number_of(db, "SELECT count(*) FROM \"user\" WHERE id GLOB 'NewUser*'");
    sqlite3_int64 whole = number_of(
        db,
        "SELECT count(*) FROM \"user\" JOIN facilitators ON owner_address = lower(\"user\".id) "
        "JOIN transactions ON facilitator_id = facilitators.id JOIN reward_addresses ON user_id = \"user\".id "
        "WHERE \"user\".id GLOB 'NewUser*' AND chain_type = 'facilitator'");
    sqlite3_int64 paid = number_of(db, "SELECT count(*) FROM transactions");
    if (users != whole || paid != whole)
        wrong("of the host's transactions %lld users, %lld payments, but %lld of both and with a marker",
              (long long)users, (long long)paid, (long long)whole);
}

// Whether the file is as SQLite promises it, without which there is nothing to ask of the library.
static int is_intact(sqlite3 *db) {
    if (now.synchronous == NORMAL && now.journal != WAL) {
        char *integrity = NULL;
        sqlite3_stmt *statement = NULL;
        int code = sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL);
        if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
            integrity = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
        sqlite3_finalize(statement);
        int is_damaged = integrity == NULL || strcmp(integrity, "ok") != 0;
        damaged_by_sqlite += is_damaged;
        sqlite3_free(integrity);
        return !is_damaged;
    }
    check_file(db);
    return !is_wrong();
}

static void finish(sqlite3 *db) {
    char *message;
    if (call_backfill(db, &message) != SQLITE_OK) wrong("the backfill afterwards: %s", message);
    sqlite3_free(message);
    for (int user = 0; user < OWNERS; user++) {
        if (markers_of(db, id_of(user)) != 1) wrong("%s has no marker after the backfill", id_of(user));
    }
    if (call_repair(db, told_keep, &now.told, &message) != SQLITE_OK) wrong("the repair afterwards: %s", message);
    sqlite3_free(message);
    check_mended(db);
    check_markers(db);
    check_file(db);
    check_undo(db, &now.told);
    undone++;
    check_file(db);
}

static void run_case(void) {
    draw();
    for (int lives = 1 + (int)random_below(MOST_LIVES); lives > 0 && !is_wrong(); lives--) {
        work_until_power_goes();
        int lost_journal = disk_power_returns();
        while (one_in(3)) {
            // It goes again while SQLite recovers.
            disk_power_goes_at(1 + random_below(20));
            sqlite3 *db = opened();
            if (db != NULL) sqlite3_exec(db, "SELECT count(*) FROM \"user\"", NULL, NULL, NULL);
            sqlite3_close(db);
            lost_journal |= disk_power_returns();
        }
        sqlite3 *db = opened();
        CHECK(db != NULL);
        int is_good = is_intact(db);
        if (is_good) check_promises(db, lost_journal);
        if (is_good && lives == 1 && !is_wrong()) finish(db);
        sqlite3_close(db);
        if (!is_good) return;
    }
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    extension = argc > 3 ? argv[3] : NULL;
    disk_register();
    int status = harness_run(argc, argv, CASES, run_case);
    disk_clear();
    told_forget(&now.told);
    printf("power loss, %s: %ld cases, %ld commits reported, %ld markers mended, %ld logs undone, %ld power losses "
           "(%ld sectors lost, %ld torn, %ld truncations, %ld creations and %ld deletions of files lost); lost markers: "
           "%ld with synchronous NORMAL, %ld with the deletion of a journal; %ld files damaged by synchronous NORMAL without a WAL\n",
           CALLS, harness_cases(), commits, mended, undone, disk_losses.power_losses, disk_losses.sectors_lost,
           disk_losses.sectors_torn, disk_losses.truncations_lost, disk_losses.creations_lost, disk_losses.deletions_lost,
           lost_with_normal, lost_with_journal, damaged_by_sqlite);
    return status;
}
