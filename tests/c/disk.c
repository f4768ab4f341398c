// See disk.h.

#include "disk.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "harness.h"

enum { MOST_NAMES = 8, MOST_REGIONS = 16 };

// A write that isn't synced, or a truncation if it has no bytes.
struct change {
    sqlite3_int64 offset;
    int size;
    unsigned char *bytes;
};

struct file {
    struct content now, synced;
    struct change *changes;
    int number, capacity;
    void *regions[MOST_REGIONS];
    struct file *next;
};

// A name in the folder. What it meant at the last sync, and what since then, in turn; NULL: no file.
struct name {
    char text[64];
    struct file *meant[64];
    int number;
};

static struct name names[MOST_NAMES];
// All that there ever were since the disk was cleared: names may mean them again.
static struct file *files;
static long operations_left;
static int is_off;
struct disk_losses disk_losses;

void content_resize(struct content *content, sqlite3_int64 size) {
    if (size > content->capacity) {
        content->capacity = 2 * size;
        content->bytes = realloc(content->bytes, (size_t)content->capacity);
        CHECK(content->bytes != NULL);
    }
    if (size > content->size) memset(content->bytes + content->size, 0, (size_t)(size - content->size));
    content->size = size;
}

static void copy_content(struct content *to, const struct content *from) {
    content_resize(to, from->size);
    if (from->size > 0) memcpy(to->bytes, from->bytes, (size_t)from->size);
}

static void put(struct content *content, const unsigned char *bytes, int size, sqlite3_int64 offset) {
    if (offset + size > content->size) content_resize(content, offset + size);
    memcpy(content->bytes + offset, bytes, (size_t)size);
}

static void forget_changes(struct file *file) {
    for (int i = 0; i < file->number; i++) free(file->changes[i].bytes);
    file->number = 0;
}

void disk_clear(void) {
    for (struct file *next; files != NULL; files = next) {
        next = files->next;
        forget_changes(files);
        disk_forget_memory(files);
        free(files->changes);
        free(files->now.bytes);
        free(files->synced.bytes);
        free(files);
    }
    memset(names, 0, sizeof names);
    is_off = 0;
    operations_left = 0;
}

void disk_power_goes_at(long nth) {
    operations_left = nth;
}

int disk_has_lost_power(void) {
    return is_off;
}

// Whether there still is power. The operation at which it goes may be done in part.
static int has_power(int *goes_now) {
    *goes_now = 0;
    if (is_off) return 0;
    if (operations_left > 0 && --operations_left == 0) *goes_now = is_off = 1;
    return !is_off;
}

static struct name *find_name(const char *text, int makes) {
    struct name *unused = NULL;
    for (int i = 0; i < MOST_NAMES; i++) {
        if (strcmp(names[i].text, text) == 0) return &names[i];
        if (names[i].text[0] == '\0' && unused == NULL) unused = &names[i];
    }
    if (!makes) return NULL;
    CHECK(unused != NULL && strlen(text) < sizeof unused->text);
    strcpy(unused->text, text);
    unused->number = 1;
    return unused;
}

static struct file *meaning(const struct name *name) {
    return name == NULL ? NULL : name->meant[name->number - 1];
}

static void set_meaning(struct name *name, struct file *file) {
    CHECK(name->number < (int)LENGTH(name->meant));
    name->meant[name->number++] = file;
}

struct file *disk_open(const char *text, int creates) {
    if (is_off) return NULL;
    struct name *name = text == NULL ? NULL : find_name(text, creates);
    struct file *file = meaning(name);
    if (file != NULL || !creates) return file;
    file = calloc(1, sizeof *file);
    CHECK(file != NULL);
    file->next = files;
    files = file;
    if (name != NULL) set_meaning(name, file);
    return file;
}

int disk_exists(const char *text) {
    return meaning(find_name(text, 0)) != NULL;
}

struct content *disk_content(struct file *file) {
    return &file->now;
}

static void remember(struct file *file, sqlite3_int64 offset, const void *bytes, int size) {
    if (file->number == file->capacity) {
        file->capacity = 2 * file->capacity + 16;
        file->changes = realloc(file->changes, (size_t)file->capacity * sizeof *file->changes);
        CHECK(file->changes != NULL);
    }
    struct change *change = &file->changes[file->number++];
    *change = (struct change){.offset = offset, .size = size};
    if (size > 0) {
        change->bytes = malloc((size_t)size);
        CHECK(change->bytes != NULL);
        memcpy(change->bytes, bytes, (size_t)size);
    }
}

int disk_write(struct file *file, const void *from, int size, sqlite3_int64 offset) {
    int goes_now, done = has_power(&goes_now);
    if (done || goes_now) remember(file, offset, from, size);
    if (done) put(&file->now, from, size, offset);
    return done;
}

int disk_truncate(struct file *file, sqlite3_int64 size) {
    int goes_now, done = has_power(&goes_now);
    if (done || goes_now) remember(file, size, NULL, 0);
    if (done && size < file->now.size) content_resize(&file->now, size);
    return done;
}

int disk_sync(struct file *file) {
    int goes_now;
    if (!has_power(&goes_now)) return 0;
    copy_content(&file->synced, &file->now);
    forget_changes(file);
    return 1;
}

static void sync_name(struct name *name) {
    if (name->number == 0) return;
    name->meant[0] = meaning(name);
    name->number = 1;
}

int disk_sync_folder(void) {
    int goes_now;
    if (!has_power(&goes_now)) return 0;
    for (int i = 0; i < MOST_NAMES; i++) sync_name(&names[i]);
    return 1;
}

int disk_delete(const char *text) {
    int goes_now, done = has_power(&goes_now);
    if (done || goes_now) set_meaning(find_name(text, 1), NULL);
    return done;
}

void disk_sync_all(void) {
    for (struct file *file = files; file != NULL; file = file->next) disk_sync(file);
    disk_sync_folder();
}

void *disk_memory(struct file *file, int region, int size, int makes) {
    CHECK(region < MOST_REGIONS);
    if (file->regions[region] == NULL && makes) {
        file->regions[region] = calloc(1, (size_t)size);
        CHECK(file->regions[region] != NULL);
    }
    return file->regions[region];
}

void disk_forget_memory(struct file *file) {
    for (int i = 0; i < MOST_REGIONS; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
}

// How the changes of a file fare at a power loss.
enum fate { LOST, KEPT, FIRST_KEPT, AT_RANDOM, FATES };

// Keeps some of a write's sectors. A sector is written from its beginning or from its end, and may be half done:
// https://sqlite.org/atomiccommit.html#hardware.
static void keep_sectors(struct content *content, const struct change *change) {
    for (int from = 0, size; from < change->size; from += size) {
        size = SECTOR - (int)((change->offset + from) % SECTOR);
        if (size > change->size - from) size = change->size - from;
        int begin = from, length = size;
        if (one_in(4)) {
            disk_losses.sectors_lost++;
            continue;
        }
        if (one_in(8)) {
            disk_losses.sectors_torn++;
            length = (int)random_below((unsigned)size);
            if (one_in(2)) begin += size - length;
        }
        put(content, change->bytes + begin, length, change->offset + begin);
    }
}

static void keep(struct content *content, const struct change *change, int is_whole) {
    if (change->size == 0) {
        if (change->offset < content->size) content_resize(content, change->offset);
    } else if (is_whole) {
        put(content, change->bytes, change->size, change->offset);
    } else {
        keep_sectors(content, change);
    }
}

static void lose(const struct change *change) {
    if (change->size == 0) disk_losses.truncations_lost++;
    disk_losses.sectors_lost += (change->size + SECTOR - 1) / SECTOR;
}

static void power_returns_for(struct file *file) {
    enum fate fate = random_below(FATES);
    int kept = (int)random_below((unsigned)file->number + 1);
    for (int i = 0; i < file->number; i++) {
        const struct change *change = &file->changes[i];
        if (fate == KEPT || (fate == FIRST_KEPT && i < kept)) {
            keep(&file->synced, change, 1);
        } else if (fate == AT_RANDOM ? one_in(2) : fate == FIRST_KEPT && i == kept) {
            keep(&file->synced, change, 0);
        } else {
            lose(change);
        }
    }
    forget_changes(file);
    disk_forget_memory(file);
    copy_content(&file->now, &file->synced);
}

// Names don't wait for each other, but what happened to one happens in turn.
static int power_returns_for_name(struct name *name) {
    int lost_journal = 0, kept = 1 + (int)random_below((unsigned)name->number);
    for (int i = kept; i < name->number; i++) {
        if (name->meant[i] != NULL) {
            disk_losses.creations_lost++;
        } else {
            disk_losses.deletions_lost++;
            lost_journal |= strstr(name->text, "-journal") != NULL;
        }
    }
    name->number = kept;
    sync_name(name);
    return lost_journal;
}

int disk_power_returns(void) {
    int lost_journal = 0;
    disk_losses.power_losses++;
    for (struct file *file = files; file != NULL; file = file->next) power_returns_for(file);
    for (int i = 0; i < MOST_NAMES; i++) {
        if (names[i].number > 0) lost_journal |= power_returns_for_name(&names[i]);
    }
    is_off = 0;
    operations_left = 0;
    return lost_journal;
}
