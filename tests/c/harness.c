// See harness.h.

#define _POSIX_C_SOURCE 200809L

#include "harness.h"

#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    // A case that takes longer hangs: the slowest take a few seconds.
    LONGEST_CASE = 120,
    // With so many failed cases the reader has enough of them.
    MOST_FAILED = 10,
};

static uint64_t seed, state;
static long cases_run, cases_failed;
static int case_is_wrong, is_in_case;
static char words[600], command[4096];

// splitmix64: https://prng.di.unimi.it/splitmix64.c describes it.
static uint64_t next_random(void) {
    uint64_t mixed = state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

unsigned random_below(unsigned bound) {
    return (unsigned)((next_random() >> 32) * bound >> 32);
}

int one_in(unsigned n) {
    return random_below(n) == 0;
}

void in_words(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
}

static void print_case(void) {
    fprintf(stderr, "  in the case: %s\n  replay it: HARNESS_SEED=%llu %s\n", words, (unsigned long long)seed, command);
    fflush(stderr);
}

void wrong(const char *format, ...) {
    if (case_is_wrong) return;
    case_is_wrong = 1;
    cases_failed++;
    fprintf(stderr, "FAILED: ");
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    print_case();
}

int is_wrong(void) {
    return case_is_wrong;
}

long harness_cases(void) {
    return cases_run;
}

// The program ends here, so what a signal handler must not call does no harm any more.
static void on_signal(int signal) {
    fprintf(stderr, "FAILED: %s\n", signal == SIGALRM ? "a case hangs" : strsignal(signal));
    print_case();
    _exit(1);
}

// A check of check.h or host.h ends the program where it fails.
static void on_exit_within_case(void) {
    if (is_in_case) print_case();
}

static void run_seed(uint64_t number, void (*run_case)(void)) {
    seed = state = number;
    case_is_wrong = 0;
    words[0] = '\0';
    cases_run++;
    alarm(LONGEST_CASE);
    is_in_case = 1;
    run_case();
    is_in_case = 0;
    alarm(0);
}

static void remember_command(int argc, char **argv) {
    const char *given = getenv("HARNESS_COMMAND");
    size_t length = 0;
    if (given != NULL) length = (size_t)snprintf(command, sizeof command, "%s", given);
    for (int i = 0; given == NULL && i < argc && length < sizeof command; i++)
        length += (size_t)snprintf(command + length, sizeof command - length, i ? " %s" : "%s", argv[i]);
}

int harness_run(int argc, char **argv, long cases, void (*run_case)(void)) {
    remember_command(argc, argv);
    signal(SIGALRM, on_signal);
    signal(SIGABRT, on_signal);
#ifndef __SANITIZE_ADDRESS__
    // AddressSanitizer says where it was, and aborts.
    signal(SIGSEGV, on_signal);
    signal(SIGBUS, on_signal);
#endif
    atexit(on_exit_within_case);
    const char *one = getenv("HARNESS_SEED"), *seconds = getenv("HARNESS_SECONDS");
    if (one != NULL) {
        run_seed(strtoull(one, NULL, 10), run_case);
    } else {
        struct timespec now, begin;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        long limit = seconds ? strtol(seconds, NULL, 10) : 0;
        for (uint64_t number = 1; cases_failed < MOST_FAILED; number++) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            if (seconds ? now.tv_sec - begin.tv_sec >= limit : number > (uint64_t)cases) break;
            run_seed(number, run_case);
        }
    }
    if (cases_failed > 0) fprintf(stderr, "%ld of %ld cases failed\n", cases_failed, cases_run);
    return cases_failed > 0;
}
