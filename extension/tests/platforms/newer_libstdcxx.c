/* What Bun asks of libstdc++ that version 6.0.28 lacks, and calls where it would end anyway. */

void _ZSt28__throw_bad_array_new_lengthv(void) {
    __builtin_trap();
}

void _ZSt21__glibcxx_assert_failPKciS0_S0_(const char *file, int line, const char *function, const char *condition) {
    (void)file, (void)line, (void)function, (void)condition;
    __builtin_trap();
}
