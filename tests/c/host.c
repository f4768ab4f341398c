// See host.h.

#include "host.h"

char *host_schema;
static const char *folder;

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    long size = ftell(file);
    CHECK(size > 0 && fseek(file, 0, SEEK_SET) == 0);
    char *text = malloc((size_t)size + 1);
    CHECK(text != NULL && fread(text, 1, (size_t)size, file) == (size_t)size);
    text[size] = '\0';
    fclose(file);
    return text;
}

void host_begin(int argc, char **argv) {
    CHECK(argc >= 3);
    host_schema = read_file(argv[1]);
    folder = argv[2];
}

void host_end(void) {
    free(host_schema);
    CHECK(sqlite3_memory_used() == 0);
    CHECK_CODE(SQLITE_OK, sqlite3_shutdown());
}

sqlite3 *host_in_memory(void) {
    sqlite3 *db;
    CHECK_CODE(SQLITE_OK, sqlite3_open(":memory:", &db));
    run(db, "PRAGMA foreign_keys = ON");
    run(db, host_schema);
    return db;
}

sqlite3 *host_file(const char *name) {
    char path[4096];
    CHECK(snprintf(path, sizeof path, "%s/%s.db", folder, name) < (int)sizeof path);
    sqlite3 *db;
    CHECK_CODE(SQLITE_OK, sqlite3_open(path, &db));
    if (number(db, "SELECT count(*) FROM sqlite_master") == 0) {
        run(db, "PRAGMA journal_mode = WAL");
        run(db, host_schema);
    }
    run(db, "PRAGMA foreign_keys = ON");
    run(db, "PRAGMA synchronous = OFF");
    return db;
}

void host_close(sqlite3 *db) {
    CHECK_CODE(SQLITE_OK, sqlite3_close(db));
}

void run(sqlite3 *db, const char *sql) {
    char *errmsg = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &errmsg) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, errmsg);
        exit(1);
    }
}

sqlite3_int64 number(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    CHECK_CODE(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &statement, NULL));
    CHECK_CODE(SQLITE_ROW, sqlite3_step(statement));
    sqlite3_int64 result = sqlite3_column_int64(statement, 0);
    CHECK_CODE(SQLITE_OK, sqlite3_finalize(statement));
    return result;
}

static void run_with(sqlite3 *db, const char *sql, const char *first, const char *second) {
    sqlite3_stmt *statement;
    CHECK_CODE(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &statement, NULL));
    CHECK_CODE(SQLITE_OK, sqlite3_bind_text(statement, 1, first, -1, SQLITE_STATIC));
    if (second != NULL) CHECK_CODE(SQLITE_OK, sqlite3_bind_text(statement, 2, second, -1, SQLITE_STATIC));
    CHECK_CODE(SQLITE_DONE, sqlite3_step(statement));
    CHECK_CODE(SQLITE_OK, sqlite3_finalize(statement));
}

void add_user(sqlite3 *db, const char *id) {
    run_with(db, "INSERT INTO \"user\"(id, name, email) VALUES (?1, 'Somebody', hex(randomblob(8)))", id, NULL);
}

void add_facilitator(sqlite3 *db, const char *owner_address, const char *created_at) {
    run_with(db,
             "INSERT INTO facilitators(id, name, subdomain, owner_address, created_at) "
             "VALUES (hex(randomblob(8)), 'Pay', hex(randomblob(8)), ?1, ?2)",
             owner_address, created_at);
}

void add_owner(sqlite3 *db, const char *id) {
    add_user(db, id);
    add_facilitator(db, id, DAY);
}

sqlite3_int64 markers(sqlite3 *db) {
    return number(db, "SELECT count(*) FROM reward_addresses WHERE chain_type = 'facilitator'");
}

void add_marker(sqlite3 *db, const char *id, const char *user_id, const char *created_at, const char *verified_at) {
    char *sql = sqlite3_mprintf("INSERT INTO reward_addresses(id, user_id, chain_type, address, verification_status, "
                                "verified_at, created_at) VALUES (%Q, %Q, 'facilitator', 'FACILITATOR_OWNER:' || %Q, %Q, %Q, %Q)",
                                id, user_id, id, verified_at ? "verified" : "pending", verified_at, created_at);
    CHECK(sql != NULL);
    run(db, sql);
    sqlite3_free(sql);
}

sqlite3_int64 markers_dated(sqlite3 *db, const char *created_at) {
    char *sql = sqlite3_mprintf("SELECT count(*) FROM reward_addresses WHERE chain_type = 'facilitator' AND created_at = %Q",
                                created_at);
    CHECK(sql != NULL);
    sqlite3_int64 count = number(db, sql);
    sqlite3_free(sql);
    return count;
}

void failed(sqlite3 *db, int in_transaction, char **errmsg, const char *explanation) {
    CHECK(*errmsg != NULL && *errmsg != GARBAGE);
    if (strstr(*errmsg, explanation) == NULL) {
        fprintf(stderr, "no \"%s\" in: %s\n", explanation, *errmsg);
        exit(1);
    }
    sqlite3_free(*errmsg);
    *errmsg = GARBAGE;
    if (db != NULL) {
        CHECK(sqlite3_next_stmt(db, NULL) == NULL);
        CHECK(sqlite3_get_autocommit(db) == !in_transaction);
    }
}
