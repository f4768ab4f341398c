/* A host for any platform: a SQLite of its own, and connections on which it does what it is told on standard input.
 *
 *     open SLOT PATH          load SLOT PATH          run SLOT BYTES, and the SQL          close SLOT
 *
 * It answers with a line `row COLUMNS` for each row, followed by a line `null`, or `text BYTES` and the text, for each column; and
 * with `done`, or `failed CODE BYTES` and the message. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

#include "sqlite3.h"

#define SLOTS 4

static sqlite3 *connections[SLOTS];

static void failed(int code, const char *message) {
    printf("failed %d %zu\n%s\n", code, strlen(message), message);
}

static void answer(sqlite3 *db, int code) {
    if (code == SQLITE_OK) {
        printf("done\n");
    } else {
        failed(db == NULL ? code : sqlite3_extended_errcode(db), db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db));
    }
}

static void load(sqlite3 *db, const char *path) {
    char *message = NULL;
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
    int code = sqlite3_load_extension(db, path, NULL, &message);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    if (message != NULL) {
        failed(code, message);
        sqlite3_free(message);
    } else {
        answer(db, code);
    }
}

static void tell_row(sqlite3_stmt *statement) {
    int columns = sqlite3_column_count(statement);
    printf("row %d\n", columns);
    for (int column = 0; column < columns; column++) {
        const unsigned char *text = sqlite3_column_text(statement, column);
        if (text == NULL) {
            printf("null\n");
        } else {
            int bytes = sqlite3_column_bytes(statement, column);
            printf("text %d\n", bytes);
            fwrite(text, 1, (size_t)bytes, stdout);
            printf("\n");
        }
    }
}

static void run(sqlite3 *db, const char *sql) {
    while (*sql != '\0') {
        sqlite3_stmt *statement = NULL;
        int code = sqlite3_prepare_v2(db, sql, -1, &statement, &sql);
        while (code == SQLITE_OK && statement != NULL && sqlite3_step(statement) == SQLITE_ROW) {
            tell_row(statement);
        }
        if (code == SQLITE_OK) {
            code = sqlite3_reset(statement);
        }
        if (code != SQLITE_OK) {
            answer(db, code);
            sqlite3_finalize(statement);
            return;
        }
        sqlite3_finalize(statement);
    }
    printf("done\n");
}

int main(void) {
    char line[4096];
#ifdef _WIN32
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
#endif
    while (fgets(line, sizeof line, stdin) != NULL) {
        char what[8];
        int slot, argument = 0;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%7s %d %n", what, &slot, &argument) != 2 || slot < 0 || slot >= SLOTS) {
            return 2;
        }
        sqlite3 **db = &connections[slot];
        if (strcmp(what, "open") == 0) {
            answer(*db, sqlite3_open(line + argument, db));
        } else if (strcmp(what, "load") == 0) {
            load(*db, line + argument);
        } else if (strcmp(what, "run") == 0) {
            size_t bytes = strtoul(line + argument, NULL, 10);
            char *sql = malloc(bytes + 1);
            if (sql == NULL || fread(sql, 1, bytes, stdin) != bytes) {
                return 2;
            }
            sql[bytes] = '\0';
            run(*db, sql);
            free(sql);
        } else if (strcmp(what, "close") == 0) {
            int code = sqlite3_close(*db);
            answer(*db, code);
            *db = NULL;
        } else {
            return 2;
        }
        fflush(stdout);
    }
    return 0;
}
