// Whatever operation of the file system fails under a call, the call says so, undoes its work and nothing else, and a
// retry ends as if nothing had been.
//
// Arguments: the schema, an empty folder, and the extension if the calls go through it.

#include <stdio.h>

#include "calls.h"
#include "faults_case.h"
#include "harness.h"
#include "host.h"

enum { CASES = 12 };

static void run_case(void) {
    struct faults_case drawn;
    faults_draw(&drawn);
    faults_run(&drawn);
}

int main(int argc, char **argv) {
    host_begin(argc, argv);
    faults_begin(argv[2], argc > 3 ? argv[3] : NULL);
    int status = harness_run(argc, argv, CASES, run_case);
    long faults = 0;
    for (int i = 0; i < OPERATIONS; i++) faults += faults_by_operation[i];
    printf("faults, %s: %ld cases, %ld calls on a file that fails, %ld faults (", CALLS, harness_cases(),
           faults_counts.runs, faults);
    for (int i = 0; i < OPERATIONS; i++) printf("%s%s %ld", i ? ", " : "", OPERATION_NAMES[i], faults_by_operation[i]);
    printf("), %ld calls failed, %ld retried, %ld transactions ended by SQLite, %ld commits in doubt\n",
           faults_counts.failed, faults_counts.retried, faults_counts.ended, faults_counts.in_doubt);
    return status;
}
