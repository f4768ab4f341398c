// Checks that end the program where they fail.

#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                     \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            exit(1);                                                                         \
        }                                                                                    \
    } while (0)

#define CHECK_CODE(expected, call)                                                           \
    do {                                                                                     \
        int code_ = (call);                                                                  \
        if (code_ != (expected)) {                                                           \
            fprintf(stderr, "%s:%d: %d instead of %d: %s\n", __FILE__, __LINE__, code_,      \
                    (expected), #call);                                                      \
            exit(1);                                                                         \
        }                                                                                    \
    } while (0)

#define CHECK_TEXT(expected, text)                                                           \
    do {                                                                                     \
        const char *text_ = (text);                                                          \
        if (text_ == NULL || strcmp(text_, (expected)) != 0) {                               \
            fprintf(stderr, "%s:%d: %s instead of %s: %s\n", __FILE__, __LINE__,             \
                    text_ ? text_ : "NULL", (expected), #text);                              \
            exit(1);                                                                         \
        }                                                                                    \
    } while (0)

#endif
