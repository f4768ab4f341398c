/* An extension that loads facilitator_markers with the host's function table altered: as if the host were another one.
 *
 * Environment:
 *   FACILITATOR_MARKERS  the file to load
 *   ENTRY_POINT          which of its entry points to call
 *   NULL_SLOTS           slots to set to NULL, by their numbers in sqlite3ext.h, separated by commas
 *   VERSION              what sqlite3_libversion_number() answers
 *   TWICE                load it a second time, with another table
 *   NO_TABLE             hand over no table; NO_MESSAGE: nor a place for the message
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

typedef int (*entry_point)(sqlite3 *, char **, const sqlite3_api_routines *);

static int version_number(void) {
    return atoi(getenv("VERSION"));
}

static void clear_slots(sqlite3_api_routines *table, const char *numbers) {
    void **slots = (void **)table;
    while (numbers != NULL && *numbers != '\0') {
        char *end;
        unsigned long number = strtoul(numbers, &end, 10);
        if (number < sizeof *table / sizeof *slots) slots[number] = NULL;
        numbers = *end == ',' ? end + 1 : end;
    }
}

int sqlite3_alteredtable_init(sqlite3 *db, char **message, const sqlite3_api_routines *api) {
    static sqlite3_api_routines altered, second;
    SQLITE_EXTENSION_INIT2(api);
    altered = *api;
    if (getenv("VERSION") != NULL) altered.libversion_number = version_number;
    clear_slots(&altered, getenv("NULL_SLOTS"));
    void *library = dlopen(getenv("FACILITATOR_MARKERS"), RTLD_NOW);
    entry_point load = library == NULL ? NULL : (entry_point)dlsym(library, getenv("ENTRY_POINT"));
    if (load == NULL) {
        *message = sqlite3_mprintf("%s", dlerror());
        return SQLITE_ERROR;
    }
    if (getenv("NO_TABLE") != NULL) return load(db, message, NULL);
    int code = load(db, getenv("NO_MESSAGE") != NULL ? NULL : message, &altered);
    if (code == SQLITE_OK && getenv("TWICE") != NULL) {
        second = altered;
        code = load(db, message, &second);
    }
    return code;
}
