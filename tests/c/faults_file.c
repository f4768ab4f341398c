// See faults_file.h.

#include "faults_file.h"

#include <stdio.h>

#include "calls.h"
#include "faults_vfs.h"
#include "host.h"
#include "platform.h"

enum { MOST_JOURNALS = 6 };

static const char *extension_file;
static char *path, *path_of_copied;
static struct {
    unsigned char *content;
    sqlite3_int64 size;
} copied[MOST_JOURNALS];

static sqlite3 *open_by(const char *file, const char *vfs) {
    sqlite3 *db;
    CHECK_CODE(SQLITE_OK, sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs));
    return db;
}

sqlite3 *file_open(void) {
    sqlite3 *db = open_by(path, FAULTS_VFS);
    calls_connect(db, extension_file);
    return db;
}

sqlite3 *file_open_plainly(int copy) {
    sqlite3 *db = open_by(copy ? path : path_of_copied, NULL);
    run(db, "PRAGMA synchronous = OFF");
    return db;
}

static void remove_file(const char *file) {
    const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char *name = sqlite3_mprintf("%s%s", file, endings[i]);
        remove(name);
        sqlite3_free(name);
    }
}

static void make(int journal, const char *name) {
    remove_file(path_of_copied);
    sqlite3 *db = file_open_plainly(0);
    char *pragmas = sqlite3_mprintf("PRAGMA page_size = 1024; PRAGMA journal_mode = %s", name);
    run(db, pragmas);
    sqlite3_free(pragmas);
    run(db, host_schema);
    platform_fill(db, OWNERS, MISTAKES_MADE);
    copied[journal].content = sqlite3_serialize(db, "main", &copied[journal].size, 0);
    CHECK(copied[journal].content != NULL);
    host_close(db);
}

void files_begin(const char *folder, const char *extension, const char *const *journals, int number) {
    extension_file = extension;
    path = sqlite3_mprintf("%s/faults.db", folder);
    path_of_copied = sqlite3_mprintf("%s/copied.db", folder);
    CHECK(path != NULL && path_of_copied != NULL && number <= MOST_JOURNALS);
    for (int journal = 0; journal < number; journal++) make(journal, journals[journal]);
}

void file_renew(int journal) {
    remove_file(path);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    CHECK(fwrite(copied[journal].content, (size_t)copied[journal].size, 1, file) == 1 && fclose(file) == 0);
}
