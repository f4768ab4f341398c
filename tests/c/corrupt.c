// Whatever a database file holds, a call answers: it doesn't crash, go on for ever or panic, and it leaves no statement,
// nor the host's transaction otherwise than it says. Where the file is sound all the same, a repair writes to those markers
// that it names, and an audit and a list to nothing.
//
// Built with AddressSanitizer, which ends the program at the first read or write that isn't allowed.
//
// Arguments: the schema, an empty folder, and the extension if the calls go through it.

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "corrupt_damage.h"
#include "corrupt_rows.h"
#include "disk.h"
#include "harness.h"
#include "host.h"
#include "mistakes.h"
#include "platform.h"

enum {
    CASES = 900,
    OWNERS = 12,
    // Of SQLite's virtual machine, in one call: without damage it takes some thousands.
    MOST_INSTRUCTIONS = 20 * 1000 * 1000,
    // Instructions between two calls of the progress handler.
    INSTRUCTIONS = 1000,
    // Steps of one owner, where the file has a dozen.
    MOST_STEPS = 1000,
};

#define DATABASE "platform.db"

static const char *extension;
static char *schema_without_rowid;
static int instructions;
static long calls, succeeded, by_damage[DAMAGES], by_code[256];

static struct {
    int page_size, is_wal, is_in_transaction;
    // When it is damaged.
    enum { BEFORE_OPENING, WHILE_OPEN, BETWEEN_CALLS } when;
    enum damage damage;
} now;

static int on_progress(void *nothing) {
    (void)nothing;
    instructions += INSTRUCTIONS;
    return instructions > MOST_INSTRUCTIONS;
}

static sqlite3 *opened(void) {
    sqlite3 *db;
    CHECK_CODE(SQLITE_OK, sqlite3_open_v2(DATABASE, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, DISK_VFS));
    calls_connect(db, extension);
    sqlite3_progress_handler(db, INSTRUCTIONS, on_progress, NULL);
    instructions = 0;
    return db;
}

// Makes the database, and leaves it open.
static sqlite3 *made(void) {
    static const char *const ENCODINGS[] = {"UTF-8", "UTF-16le", "UTF-16be"};
    const char *encoding = ENCODINGS[one_in(2) ? 0 : random_below(LENGTH(ENCODINGS))];
    int is_without_rowid = one_in(3);
    now.page_size = 512 << random_below(4);
    now.is_wal = one_in(2);
    now.is_in_transaction = one_in(3);
    now.when = random_below(3);
    now.damage = random_below(DAMAGES);
    in_words("%s %s, pages of %d bytes%s%s, %s, calls through the %s%s", DAMAGE_NAMES[now.damage],
             now.when == BEFORE_OPENING ? "before the database is opened"
             : now.when == WHILE_OPEN   ? "while the database is open"
                                        : "between the calls",
             now.page_size, now.is_wal ? ", with a WAL" : "", is_without_rowid ? ", WITHOUT ROWID" : "", encoding, CALLS,
             now.is_in_transaction ? " in a transaction" : "");
    disk_clear();
    sqlite3 *db = opened();
    char *pragmas = sqlite3_mprintf("PRAGMA encoding = '%s'; PRAGMA page_size = %d; PRAGMA journal_mode = %s", encoding,
                                    now.page_size, now.is_wal ? "WAL" : "DELETE");
    run(db, pragmas);
    sqlite3_free(pragmas);
    run(db, is_without_rowid ? schema_without_rowid : host_schema);
    platform_fill(db, OWNERS, MISTAKE_KINDS);
    return db;
}

static void damage(sqlite3 *db) {
    by_damage[now.damage]++;
    if (now.damage == SCHEMA) damage_schema(db);
    else if (one_in(2)) damage_file(DATABASE, now.damage, now.page_size);
    else damage_file(now.is_wal ? DATABASE "-wal" : DATABASE "-journal", now.damage, now.page_size);
}

// The same as it is found after its process was killed, with a WAL or in the middle of a transaction, or was closed in order.
static sqlite3 *reopened(sqlite3 *db) {
    if (one_in(2)) {
        host_close(db);
        return opened();
    }
    // The cache is so small that pages reach the file, and their old content a journal, before the commit.
    sqlite3_exec(db, "PRAGMA cache_size = 1; BEGIN; UPDATE \"user\" SET image = hex(zeroblob(40))", NULL, NULL, NULL);
    disk_sync_all();
    disk_power_goes_at(1);
    sqlite3_close(db);
    disk_power_returns();
    return opened();
}

// Damages the file, by chance, when there were so many steps. Whether there were too many.
static int after_steps(sqlite3 *db, int steps_taken) {
    if (steps_taken == MOST_STEPS) wrong("a call in steps doesn't end");
    if (steps_taken == 3 && now.when == BETWEEN_CALLS && one_in(2)) {
        damage(db);
        rows_forget();
    }
    return steps_taken == MOST_STEPS;
}

static int repair_in_steps(sqlite3 *db, char **message) {
    struct repair *repair;
    int code = repair_open(db, &repair, message);
    for (int steps_taken = 0; code == SQLITE_OK && !after_steps(db, steps_taken); steps_taken++)
        code = repair_next(repair, 1, rows_told, NULL, message);
    repair_close(repair);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum call { CREATE, ENSURE, BACKFILL, PREVIEW, STEPS, REPAIR, REPAIR_STEPS, AUDIT, LISTS, CALL_NAMES_END };

static int make_call(sqlite3 *db, enum call call, char **message) {
    char id[64];
    int user = 1 + (int)random_below(OWNERS), outcome, due, skipped, code;
    fm_report report;
    fm_audit_report audit;
    struct steps *steps;
    snprintf(id, sizeof id, one_in(2) ? OWNER : OWNER_IN_LOWER_CASE, user);
    switch (call) {
        case CREATE: return call_create(db, id, "2026-01-05", &outcome, message);
        case ENSURE: return call_ensure(db, id, &outcome, message);
        case BACKFILL: return call_backfill(db, message);
        case PREVIEW: return call_preview(db, &report, message);
        case REPAIR: return call_repair(db, rows_told, NULL, message);
        case REPAIR_STEPS: return repair_in_steps(db, message);
        case AUDIT: return call_audit(db, one_in(2), &audit, message);
        case LISTS: return call_lists(db, &due, &skipped, message);
        default:
            code = steps_open(db, &steps, message);
            for (int steps_taken = 0; code == SQLITE_OK && !after_steps(db, steps_taken); steps_taken++)
                code = steps_next(steps, 1, message);
            steps_close(steps);
            return code == SQLITE_DONE ? SQLITE_OK : code;
    }
}

static void call_and_check(sqlite3 *db) {
    int was_autocommit = sqlite3_get_autocommit(db);
    char *message = (char *)&was_autocommit;
    enum call call = random_below(CALL_NAMES_END);
    if (call >= REPAIR) rows_before(db);
    instructions = 0;
    int code = make_call(db, call, &message);
    int is_autocommit = sqlite3_get_autocommit(db);
    calls++;
    succeeded += code == SQLITE_OK;
    by_code[code & 0xff]++;
    if ((code == SQLITE_OK) != (message == NULL)) wrong("%d with the message %s", code, message);
    // The arguments are good. A column that is NULL in every row and can't be looks as if an authorizer hid it.
    if (code == SQLITE_INTERNAL || code == SQLITE_MISUSE) wrong("%d: %s", code, message);
    if (instructions > MOST_INSTRUCTIONS) wrong("more than %d instructions: %d, %s", MOST_INSTRUCTIONS, code, message);
    if (sqlite3_next_stmt(db, NULL) != NULL) wrong("a statement is left: %s", sqlite3_sql(sqlite3_next_stmt(db, NULL)));
    if (was_autocommit && !is_autocommit) wrong("autocommit is off after %d: %s", code, message);
    int is_said = message != NULL && strstr(message, "SQLite has rolled back the whole transaction") != NULL;
    if (is_said != (!was_autocommit && is_autocommit))
        wrong("the host's transaction has%s ended, after %d: %s", is_said ? " not" : "", code, message);
    sqlite3_free(message);
    // What the host had written is gone, too.
    if (is_autocommit != was_autocommit) rows_forget();
    if (call >= REPAIR) rows_after(db);
}

static void run_case(void) {
    sqlite3 *db = made();
    if (now.when == BEFORE_OPENING) {
        int number = 1 + (int)random_below(2);
        if (now.damage == SCHEMA) {
            while (number-- > 0) damage(db);
            db = reopened(db);
        } else {
            db = reopened(db);
            // Nothing is read yet.
            while (number-- > 0) damage(db);
        }
    }
    if (now.is_in_transaction) sqlite3_exec(db, "BEGIN; UPDATE facilitators SET name = 'Renamed'", NULL, NULL, NULL);
    if (now.when == WHILE_OPEN) damage(db);
    if (now.when != BEFORE_OPENING && one_in(2)) sqlite3_db_release_memory(db);
    for (int number = 1 + (int)random_below(4); number > 0 && !is_wrong(); number--) {
        call_and_check(db);
        if (now.when == BETWEEN_CALLS) damage(db);
        if (one_in(2)) sqlite3_db_release_memory(db);
    }
    sqlite3_progress_handler(db, 0, NULL, NULL);
    if (sqlite3_close(db) != SQLITE_OK) wrong("a statement is left");
}

// The host's schema with tables that have no rowid.
static char *without_rowid(const char *schema) {
    char *changed = sqlite3_mprintf("");
    for (const char *end; (end = strstr(schema, "\n);")) != NULL; schema = end + 3)
        changed = sqlite3_mprintf("%z%.*s\n) WITHOUT ROWID;", changed, (int)(end - schema), schema);
    changed = sqlite3_mprintf("%z%s", changed, schema);
    CHECK(changed != NULL);
    return changed;
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    extension = argc > 3 ? argv[3] : NULL;
    schema_without_rowid = without_rowid(host_schema);
    disk_register();
    int status = harness_run(argc, argv, CASES, run_case);
    disk_clear();
    sqlite3_free(schema_without_rowid);
    printf("corrupt files, %s: %ld cases (", CALLS, harness_cases());
    for (int i = 0; i < DAMAGES; i++) printf("%s%s %ld", i ? ", " : "", DAMAGE_NAMES[i], by_damage[i]);
    printf("), %ld calls, %ld succeeded, %ld compared row by row, %ld changes told, failed by code:", calls, succeeded,
           rows_counts.compared, rows_counts.told);
    for (int i = 1; i < 256; i++) {
        if (by_code[i] > 0) printf(" %d %ld", i, by_code[i]);
    }
    printf("\n");
    return status;
}
