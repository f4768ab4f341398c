// See corrupt_damage.h.

#include "corrupt_damage.h"

#include <string.h>

#include "disk.h"
#include "harness.h"

const char *const DAMAGE_NAMES[DAMAGES] = {
    "flipped bytes", "flipped bytes in texts", "flipped bytes in the header", "a damaged page header", "damaged cells",
    "swapped pages", "a copied page",          "a random page",               "a truncated file",      "an edited sqlite_schema",
};

// Values that lengths, numbers and offsets are likely to go wrong with.
static unsigned char likely_byte(unsigned char old) {
    static const unsigned char LIKELY[] = {0x00, 0x01, 0x02, 0x05, 0x0a, 0x0d, 0x7f, 0x80, 0xfe, 0xff};
    switch (random_below(3)) {
        case 0: return old ^ (unsigned char)(1 << random_below(8));
        case 1: return (unsigned char)random_below(256);
        default: return LIKELY[random_below(LENGTH(LIKELY))];
    }
}

// Where a file has its pages: https://sqlite.org/fileformat.html.
struct layout {
    int header, before_page, after_page;
};

static struct layout layout_of(const char *name) {
    if (strstr(name, "-wal") != NULL) return (struct layout){.header = 32, .before_page = 24};
    if (strstr(name, "-journal") != NULL) return (struct layout){.header = SECTOR, .before_page = 4, .after_page = 4};
    return (struct layout){0};
}

static void flip(struct content *content, sqlite3_int64 from, unsigned range, unsigned most) {
    if (from >= content->size) return;
    if (from + range > content->size) range = (unsigned)(content->size - from);
    for (unsigned number = 1 + random_below(most); number > 0 && range > 0; number--) {
        unsigned char *byte = &content->bytes[from + random_below(range)];
        *byte = likely_byte(*byte);
    }
}

// Flips bytes that follow some letter or digit, as ids and dates have them.
static void flip_in_texts(struct content *content) {
    for (unsigned number = 1 + random_below(12); number > 0; number--) {
        sqlite3_int64 at = random_below((unsigned)content->size);
        while (at < content->size && strchr("Xy2", content->bytes[at]) == NULL) at++;
        flip(content, at, 8, 3);
    }
}

void damage_file(const char *name, enum damage damage, int page_size) {
    struct file *file = disk_open(name, 0);
    if (file == NULL || disk_content(file)->size == 0) return;
    struct content *content = disk_content(file);
    struct layout layout = layout_of(name);
    int step = layout.before_page + page_size + layout.after_page;
    unsigned pages = (unsigned)((content->size - layout.header) / step), size = (unsigned)page_size;
    if (pages == 0 || content->size < layout.header) pages = 1;
    unsigned number = random_below(pages);
    sqlite3_int64 one = layout.header + (sqlite3_int64)number * step + layout.before_page;
    sqlite3_int64 two = layout.header + (sqlite3_int64)random_below(pages) * step + layout.before_page;
    // The first page has the file's header before its own.
    sqlite3_int64 page_header = one + (number == 0 && layout.header == 0 ? 100 : 0);
    int has_both = one + page_size <= content->size && two + page_size <= content->size;
    switch (damage) {
        case TEXTS: flip_in_texts(content); break;
        case FILE_HEADER: flip(content, 0, 100, 4); break;
        case PAGE_HEADER: flip(content, page_header, 12, 3); break;
        case CELL_POINTERS: flip(content, page_header + 8, 40, 6); break;
        case TRUNCATED: content_resize(content, random_below((unsigned)content->size)); break;
        case RANDOM_PAGE:
            for (unsigned i = 0; has_both && i < size; i++) content->bytes[one + i] = (unsigned char)random_below(256);
            break;
        case SWAPPED_PAGES:
        case COPIED_PAGE:
            for (unsigned i = 0; has_both && i < size; i++) {
                unsigned char byte = content->bytes[one + i];
                content->bytes[one + i] = content->bytes[two + i];
                if (damage == SWAPPED_PAGES) content->bytes[two + i] = byte;
            }
            break;
        default: flip(content, 0, (unsigned)content->size, 12); break;
    }
}

// What one of the objects says is replaced.
static const char *const EDITS[] = {
    "rootpage = (SELECT max(rootpage) FROM sqlite_schema)",
    "rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'user')",
    "rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'facilitators')",
    "rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'idx_facilitators_owner')",
    "rootpage = 1",
    "rootpage = 0",
    "rootpage = -7",
    "rootpage = 2147483647",
    "rootpage = 'root'",
    "sql = NULL",
    "sql = ''",
    "sql = x'ff00fe'",
    "sql = (SELECT sql FROM sqlite_schema WHERE name = 'facilitators')",
    "sql = replace(sql, 'TEXT', 'INTEGER')",
    "sql = replace(sql, 'TEXT', 'BLOB COLLATE NOCASE')",
    "sql = replace(sql, 'TEXT PRIMARY KEY', 'INTEGER PRIMARY KEY')",
    "sql = replace(sql, 'PRIMARY KEY', '')",
    "sql = replace(sql, 'UNIQUE', '')",
    "sql = replace(sql, 'NOT NULL', 'GENERATED ALWAYS AS (id || id)')",
    "sql = replace(sql, 'owner_address', 'rowid')",
    "sql = replace(sql, 'created_at', '\"created_at\"')",
    "sql = replace(sql, 'user', 'facilitators')",
    "sql = replace(sql, 'id', '\"\"')",
    "sql = sql || ' WITHOUT ROWID'",
    "sql = sql || ' STRICT'",
    "sql = sql || ' WHERE false'",
    "sql = 'CREATE TABLE ' || name || '(x)'",
    "sql = 'CREATE VIEW ' || name || ' AS SELECT 1 AS id', type = 'view', rootpage = 0",
    "sql = 'CREATE VIRTUAL TABLE ' || name || ' USING nothing(x)', rootpage = 0",
    "sql = 'CREATE TRIGGER ' || name || ' BEFORE INSERT ON ' || tbl_name || ' BEGIN SELECT 1; END', type = 'trigger'",
    "type = 'index'",
    "type = 'table'",
    "type = NULL",
    "tbl_name = 'reward_addresses'",
    "tbl_name = 'missing'",
    "tbl_name = NULL",
    "name = 'reward_addresses'",
    "name = 'sqlite_sequence'",
    "name = x'ff'",
    "name = NULL",
};

static void execute(sqlite3 *db, char *sql) {
    // SQLite may refuse it: what is there by then is damage as well.
    sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
}

void damage_schema(sqlite3 *db) {
    sqlite3_exec(db, "PRAGMA writable_schema = ON", NULL, NULL, NULL);
    int object = 1 + (int)random_below(18);
    switch (random_below(5)) {
        case 0: {
            int at = 1 + (int)random_below(300), character = 1 + (int)random_below(126);
            execute(db, sqlite3_mprintf("UPDATE sqlite_schema SET sql = substr(sql, 1, %d) || char(%d) || substr(sql, %d) "
                                        "WHERE rowid = %d",
                                        at, character, at + 1 + (int)random_below(4), object));
            break;
        }
        case 1:
            execute(db, one_in(2) ? sqlite3_mprintf("DELETE FROM sqlite_schema WHERE rowid = %d", object)
                                  : sqlite3_mprintf("INSERT INTO sqlite_schema SELECT * FROM sqlite_schema "
                                                    "WHERE rowid = %d",
                                                    object));
            break;
        default:
            execute(db, sqlite3_mprintf("UPDATE sqlite_schema SET %s WHERE rowid = %d", EDITS[random_below(LENGTH(EDITS))],
                                        object));
    }
    execute(db, sqlite3_mprintf("PRAGMA schema_version = %d", 1000 + (int)random_below(1000)));
}
