// What an operator does with markers that are wrong: ./repair DATABASE [UNDO_LOG]
//
// Without an UNDO_LOG it says what is wrong and what that costs, and writes nothing. With one it mends what nobody has to
// decide, after the statement that undoes each change has reached the log.

#include <facilitator_markers.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

enum { MARKERS_PER_STEP = 500 };

static int complain(int code, char *errmsg) {
    fprintf(stderr, "error: %s (%s)\n", errmsg ? errmsg : "no memory for the reason", sqlite3_errstr(code));
    sqlite3_free(errmsg);
    return code;
}

static int print_finding(const fm_finding *finding, void *context) {
    (void)context;
    printf("%s: %s\n", finding->name, finding->message);
    if (finding->counted != NULL) printf("  %s of %s counted\n", finding->counted, finding->total);
    return 0;
}

static int audit(sqlite3 *db) {
    char *errmsg;
    fm_audit_report report;
    int code = fm_audit_facilitator_markers(db, 1, print_finding, NULL, &report, &errmsg);
    if (code != SQLITE_OK) return complain(code, errmsg);
    printf("%" PRId64 " markers\n", report.markers);
    return SQLITE_OK;
}

// Other than 0, where a change can't be logged, has the step undone.
static int log_change(const fm_change *change, void *log) {
    if (fprintf(log, "%s;\n", change->undo) < 0) return 1;
    printf("%s\n", change->message);
    return 0;
}

static int repair(sqlite3 *db, FILE *log) {
    fm_repair *repair;
    char *errmsg;
    int code = fm_repair_open(db, &repair, &errmsg);
    if (code != SQLITE_OK) return complain(code, errmsg);
    do {
        code = fm_repair_step(repair, MARKERS_PER_STEP, log_change, log, &errmsg);
        // A server serves its clients here.
    } while (code == SQLITE_OK);
    fm_repair_report report;
    int is_done;
    // The counts are there in any case: refused changes are reported when all other markers have been visited.
    if (fm_repair_progress(repair, &report, &is_done) == SQLITE_OK)
        printf("%" PRId64 " markers, %" PRId64 " repaired, %" PRId64 " refused\n", report.markers, report.repaired, report.refused);
    fm_repair_close(repair);
    return code == SQLITE_DONE ? SQLITE_OK : complain(code, errmsg);
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s DATABASE [UNDO_LOG]\n", argv[0]);
        return 2;
    }
    sqlite3 *db;
    FILE *log = NULL;
    int code = sqlite3_open_v2(argv[1], &db, argc == 3 ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, NULL);
    if (code != SQLITE_OK) {
        fprintf(stderr, "error: %s can't be opened: %s\n", argv[1], sqlite3_errstr(code));
    } else if (argc == 2) {
        code = audit(db);
    } else if ((log = fopen(argv[2], "a")) == NULL) {
        perror(argv[2]);
        code = SQLITE_CANTOPEN;
    } else {
        // What is written to the log leaves the program at once; log_change() is called before the commit.
        setvbuf(log, NULL, _IONBF, 0);
        sqlite3_busy_timeout(db, 5000);
        code = repair(db, log);
        fclose(log);
    }
    int closed = sqlite3_close(db);
    return code == SQLITE_OK && closed == SQLITE_OK ? 0 : 1;
}
