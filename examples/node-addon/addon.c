// A Node addon that owns its SQLite connection, and enrolls owners over it: see README.md.

#include <facilitator_markers.h>
#include <node_api.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_TIMEOUT = 5000 };

// The database of one JavaScript object. It is NULL once that was closed.
struct platform {
    sqlite3 *db;
    char *path;
};

// An error with SQLite's code as its errcode. Frees the message.
static napi_value error_of(napi_env env, int code, char *errmsg) {
    napi_value message, error, errcode;
    napi_create_string_utf8(env, errmsg ? errmsg : sqlite3_errstr(code), NAPI_AUTO_LENGTH, &message);
    sqlite3_free(errmsg);
    napi_create_error(env, NULL, message, &error);
    napi_create_int32(env, code, &errcode);
    napi_set_named_property(env, error, "errcode", errcode);
    return error;
}

static napi_value throw_error(napi_env env, int code, char *errmsg) {
    napi_throw(env, error_of(env, code, errmsg));
    return NULL;
}

// A string as UTF-8, to be freed, or NULL with a TypeError. A string with a NUL character is none for C.
static char *string_of(napi_env env, napi_value value, const char *name) {
    size_t size;
    char *text = NULL;
    if (napi_get_value_string_utf8(env, value, NULL, 0, &size) == napi_ok && (text = malloc(size + 1)) != NULL &&
        napi_get_value_string_utf8(env, value, text, size + 1, NULL) == napi_ok && strlen(text) == size) {
        return text;
    }
    free(text);
    napi_throw_type_error(env, NULL, name);
    return NULL;
}

static int open_connection(const char *path, sqlite3 **db) {
    int code = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (code == SQLITE_OK) return sqlite3_busy_timeout(*db, BUSY_TIMEOUT);
    sqlite3_close(*db);
    *db = NULL;
    return code;
}

// The object's database and the first argument, or NULL with an exception.
static struct platform *arguments(napi_env env, napi_callback_info info, napi_value *argument) {
    size_t count = argument ? 1 : 0;
    napi_value this;
    struct platform *platform = NULL;
    napi_get_cb_info(env, info, &count, argument, &this, NULL);
    if (napi_unwrap(env, this, (void **)&platform) != napi_ok || platform->db == NULL) {
        napi_throw_error(env, NULL, "the database is closed");
        return NULL;
    }
    return platform;
}

static napi_value exec(napi_env env, napi_callback_info info) {
    napi_value argument;
    struct platform *platform = arguments(env, info, &argument);
    char *sql = platform ? string_of(env, argument, "pass SQL as a string") : NULL;
    if (sql == NULL) return NULL;
    char *errmsg;
    int code = sqlite3_exec(platform->db, sql, NULL, NULL, &errmsg);
    free(sql);
    return code == SQLITE_OK ? NULL : throw_error(env, code, errmsg);
}

static napi_value ensure(napi_env env, napi_callback_info info) {
    static const char *const OUTCOMES[] = {
        [FM_CREATED] = "created",
        [FM_ALREADY_ENROLLED] = "already_enrolled",
        [FM_UNKNOWN_USER] = "unknown_user",
        [FM_NOT_AN_OWNER] = "not_an_owner",
        [FM_AMBIGUOUS_USER] = "ambiguous_user",
        [FM_UNREADABLE_DATE] = "unreadable_date",
    };
    napi_value argument, result, value;
    struct platform *platform = arguments(env, info, &argument);
    char *user_id = platform ? string_of(env, argument, "pass the user's id as a string") : NULL;
    if (user_id == NULL) return NULL;
    int outcome;
    fm_marker *marker;
    char *errmsg;
    int code = fm_ensure_facilitator_marker(platform->db, user_id, &outcome, &marker, &errmsg);
    free(user_id);
    if (code != SQLITE_OK) return throw_error(env, code, errmsg);
    napi_create_object(env, &result);
    napi_create_string_utf8(env, OUTCOMES[outcome], NAPI_AUTO_LENGTH, &value);
    napi_set_named_property(env, result, "outcome", value);
    if (marker != NULL) {
        napi_create_string_utf8(env, fm_marker_user_id(marker), NAPI_AUTO_LENGTH, &value);
        napi_set_named_property(env, result, "userId", value);
        napi_create_string_utf8(env, fm_marker_created_at(marker), NAPI_AUTO_LENGTH, &value);
        napi_set_named_property(env, result, "enrolledSince", value);
    }
    fm_marker_free(marker);
    return result;
}

// A backfill on a thread of libuv's, which has a connection of its own meanwhile: one thread at a time may use one.
struct backfill {
    napi_async_work work;
    napi_deferred deferred;
    char *path;
    int code;
    char *errmsg;
    fm_report report;
};

static void run_backfill(napi_env env, void *data) {
    (void)env;
    struct backfill *backfill = data;
    sqlite3 *db;
    backfill->code = open_connection(backfill->path, &db);
    if (backfill->code != SQLITE_OK) return;
    backfill->code = fm_backfill_facilitator_markers(db, &backfill->report, &backfill->errmsg);
    sqlite3_close(db);
}

static void set_count(napi_env env, napi_value report, const char *name, int64_t count) {
    napi_value value;
    napi_create_int64(env, count, &value);
    napi_set_named_property(env, report, name, value);
}

static void finish_backfill(napi_env env, napi_status status, void *data) {
    struct backfill *backfill = data;
    if (status != napi_ok) backfill->code = SQLITE_ABORT;
    if (backfill->code == SQLITE_OK) {
        napi_value report;
        napi_create_object(env, &report);
        set_count(env, report, "owners", backfill->report.owners);
        set_count(env, report, "created", backfill->report.created);
        set_count(env, report, "alreadyEnrolled", backfill->report.already_enrolled);
        set_count(env, report, "unreadableDate", backfill->report.unreadable_date);
        set_count(env, report, "unknownUsers", backfill->report.unknown_users);
        set_count(env, report, "ambiguousUsers", backfill->report.ambiguous_users);
        set_count(env, report, "unreadableDates", backfill->report.unreadable_dates);
        napi_resolve_deferred(env, backfill->deferred, report);
    } else {
        napi_reject_deferred(env, backfill->deferred, error_of(env, backfill->code, backfill->errmsg));
    }
    napi_delete_async_work(env, backfill->work);
    free(backfill->path);
    free(backfill);
}

static napi_value start_backfill(napi_env env, napi_callback_info info) {
    struct platform *platform = arguments(env, info, NULL);
    if (platform == NULL) return NULL;
    struct backfill *backfill = calloc(1, sizeof *backfill);
    char *path = malloc(strlen(platform->path) + 1);
    if (backfill == NULL || path == NULL) {
        free(backfill);
        free(path);
        return throw_error(env, SQLITE_NOMEM, NULL);
    }
    backfill->path = strcpy(path, platform->path);
    napi_value promise, name;
    napi_create_promise(env, &backfill->deferred, &promise);
    napi_create_string_utf8(env, "facilitator-markers backfill", NAPI_AUTO_LENGTH, &name);
    napi_create_async_work(env, NULL, name, run_backfill, finish_backfill, backfill, &backfill->work);
    napi_queue_async_work(env, backfill->work);
    return promise;
}

static napi_value close_platform(napi_env env, napi_callback_info info) {
    struct platform *platform = arguments(env, info, NULL);
    if (platform == NULL) return NULL;
    int code = sqlite3_close(platform->db);
    if (code != SQLITE_OK) return throw_error(env, code, NULL);
    platform->db = NULL;
    return NULL;
}

static void free_platform(napi_env env, void *data, void *hint) {
    (void)env;
    (void)hint;
    struct platform *platform = data;
    sqlite3_close(platform->db);
    free(platform->path);
    free(platform);
}

static napi_value construct(napi_env env, napi_callback_info info) {
    size_t count = 1;
    napi_value argument, this, class;
    napi_get_cb_info(env, info, &count, &argument, &this, NULL);
    if (napi_get_new_target(env, info, &class) != napi_ok || class == NULL) {
        napi_throw_type_error(env, NULL, "call Platform with new");
        return NULL;
    }
    char *path = string_of(env, argument, "pass the path of the database as a string");
    if (path == NULL) return NULL;
    struct platform *platform = calloc(1, sizeof *platform);
    int code = platform ? open_connection(path, &platform->db) : SQLITE_NOMEM;
    if (code != SQLITE_OK) {
        free(path);
        free(platform);
        return throw_error(env, code, NULL);
    }
    platform->path = path;
    if (napi_wrap(env, this, platform, free_platform, NULL, NULL) != napi_ok) {
        free_platform(env, platform, NULL);
        napi_throw_error(env, NULL, "this object can't hold a database");
        return NULL;
    }
    return this;
}

NAPI_MODULE_INIT() {
    char *errmsg;
    if (fm_check_sqlite(sqlite3_libversion(), &errmsg) != SQLITE_OK) {
        napi_throw_error(env, NULL, errmsg ? errmsg : "two copies of SQLite");
        return NULL;
    }
    const napi_property_descriptor methods[] = {
        {"exec", NULL, exec, NULL, NULL, NULL, napi_default_method, NULL},
        {"ensure", NULL, ensure, NULL, NULL, NULL, napi_default_method, NULL},
        {"backfill", NULL, start_backfill, NULL, NULL, NULL, napi_default_method, NULL},
        {"close", NULL, close_platform, NULL, NULL, NULL, napi_default_method, NULL},
    };
    napi_value platform;
    napi_define_class(env, "Platform", NAPI_AUTO_LENGTH, construct, NULL, sizeof methods / sizeof *methods, methods,
                      &platform);
    napi_set_named_property(env, exports, "Platform", platform);
    return exports;
}
