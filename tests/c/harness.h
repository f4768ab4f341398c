// Cases that are drawn by seeds, for programs that go on for as long as they are told to.
//
// In the environment:
//   HARNESS_SECONDS  how long to go on with one seed after the other; unset: a fixed number of seeds, from 1 on
//   HARNESS_SEED     the one seed to replay
//   HARNESS_COMMAND  what replays it, to be printed where a case fails; unset: the program and its arguments
//
// A case that fails is printed with its seed, and the program goes on with the next one.

#ifndef HARNESS_H
#define HARNESS_H

// Runs case after case, each with the random numbers of its own seed, and gives the program's exit status.
int harness_run(int argc, char **argv, long cases, void (*run_case)(void));

// How many cases there were.
long harness_cases(void);

// A random number from 0 to bound - 1.
unsigned random_below(unsigned bound);
// True once in n times.
int one_in(unsigned n);

#define LENGTH(array) (sizeof(array) / sizeof *(array))

// The case in words, for the person who reads that it failed.
void in_words(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Says what is wrong in this case: only the first of it is printed.
void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Whether something is wrong in this case.
int is_wrong(void);

#endif
