// See corrupt_rows.h.

#include "corrupt_rows.h"

#include <string.h>

#include "harness.h"

struct rows_counts rows_counts;
static char *before, *told;

// The first column of the first row, or NULL.
static char *text_if(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = NULL;
    char *text = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        text = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

// A line for each row, in the order of keys, which no call of these changes. That of a marker begins with its id.
static char *rows(sqlite3 *db) {
    return text_if(db,
                   "SELECT group_concat(replace(row, char(10), ' '), char(10)) || char(10) FROM ("
                   "SELECT * FROM (SELECT id || ' ' || format('%Q %Q %Q %Q %Q %Q', user_id, chain_type, address, "
                   "verification_status, verified_at, created_at) AS row FROM reward_addresses ORDER BY id) UNION ALL "
                   "SELECT * FROM (SELECT 'u ' || format('%Q %Q %Q', id, name, email) FROM \"user\" ORDER BY id) UNION ALL "
                   "SELECT * FROM (SELECT 'f ' || format('%Q %Q %Q %Q', id, name, owner_address, created_at) "
                   "FROM facilitators ORDER BY id) UNION ALL "
                   "SELECT * FROM (SELECT 't ' || format('%Q %Q', id, amount) FROM transactions ORDER BY id))");
}

void rows_before(sqlite3 *db) {
    rows_forget();
    char *integrity = text_if(db, "PRAGMA integrity_check");
    if (integrity != NULL && strcmp(integrity, "ok") == 0) before = rows(db);
    sqlite3_free(integrity);
    told = sqlite3_mprintf("");
}

int rows_told(const fm_change *change, void *nothing) {
    (void)nothing;
    rows_counts.told++;
    if (told != NULL) told = sqlite3_mprintf("%z%s\n", told, change->marker_id);
    return 0;
}

void rows_forget(void) {
    sqlite3_free(before);
    sqlite3_free(told);
    before = told = NULL;
}

// Whether the marker with whose id this line begins was told. What isn't UTF-8 in an id is told as U+FFFD, and may be anything.
static int was_told(const char *line, int length) {
    int is_told = 0;
    for (const char *id = told; *id != '\0' && !is_told; id += strcspn(id, "\n") + 1) {
        int size = (int)strcspn(id, "\n\xef");
        is_told = size < length && strncmp(line, id, (size_t)size) == 0 && (id[size] != '\n' || line[size] == ' ');
    }
    return is_told;
}

void rows_after(sqlite3 *db) {
    char *after = before == NULL ? NULL : rows(db);
    if (after != NULL) {
        rows_counts.compared++;
        const char *old = before, *new = after;
        while (*old != '\0' || *new != '\0') {
            int old_length = (int)strcspn(old, "\n"), new_length = (int)strcspn(new, "\n");
            int is_same = old_length == new_length && strncmp(old, new, (size_t)old_length) == 0;
            if (!is_same && !(was_told(old, old_length) && was_told(new, new_length))) {
                wrong("%.*s\nbecame\n%.*s\nand nobody was told; told were\n%s", old_length, old, new_length, new, told);
                break;
            }
            old += old_length + (old[old_length] == '\n');
            new += new_length + (new[new_length] == '\n');
        }
    }
    sqlite3_free(after);
    rows_forget();
}
