# Perl's DBD::SQLite: the scenario, a number that it binds as TEXT, and what it does with transactions.

use strict;
use warnings;

use DBI;
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);

sub content {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!";
    local $/;
    return scalar <$file>;
}

my $tests = dirname(__FILE__) . '/..';
# A debug build has checks that the release has not.
my $extension = "$tests/../target/" . ($ENV{EXTENSION_BUILD} // 'release') . '/facilitator_markers';
my $schema = content("$tests/../../tests/host/schema.sql");
my $scenario = decode_json(content("$tests/scenario.json"));
my ($version) = content("$tests/../Cargo.toml") =~ /^version = "(.*)"/m;
# Copies under other names: with a bundler's hash, with the host's own, and with none.
my @copies = qw(facilitator_markers-6lkihn3m enrollment facilitator_markers);
my @opening = ('PRAGMA journal_mode = WAL', 'PRAGMA foreign_keys = ON', 'PRAGMA busy_timeout = 0');

sub connection {
    my ($path, $copy) = @_;
    my %settings = (RaiseError => 1, PrintError => 0, sqlite_unicode => 1, sqlite_extended_result_codes => 1);
    my $db = DBI->connect("dbi:SQLite:dbname=$path", '', '', \%settings);
    $db->sqlite_enable_load_extension(1);
    $db->sqlite_load_extension($copy // $extension);
    $db->sqlite_enable_load_extension(0);
    return $db;
}

# The statement's rows, as the scenario has them.
sub given {
    my ($db, $sql) = @_;
    my $statement = $db->prepare($sql);
    $statement->execute;
    return '' unless $statement->{NUM_OF_FIELDS};
    return join ',', map { join '|', map { $_ // '' } @$_ } @{ $statement->fetchall_arrayref };
}

sub take {
    my ($db, $step, $where) = @_;
    my $given = eval { given($db, $step->{sql}) };
    if ($@) {
        my ($code, $message) = ($db->err, $db->errstr);
        die "$where: failed: $@" unless $step->{fails};
        my $wanted = $scenario->{codes}{ $step->{fails} }{code};
        die "$where: failed with code $code, not $wanted" unless $code == $wanted;
        # Its messages are bytes.
        utf8::encode(my $says = $step->{says});
        die "$where: said $message" unless index($message, $says) >= 0;
        return;
    }
    # The driver itself answers a COMMIT where no transaction is active, and doesn't hand it to SQLite.
    return if $step->{sql} eq 'COMMIT' && $step->{fails};
    die "$where: gave $given, and should have failed" if $step->{fails};
    my $expected = $step->{gives} // return;
    $expected =~ s/\{version\}/$version/;
    die "$where: gave $given, not $expected" unless $given eq $expected;
}

sub prepared {
    my ($case, $path) = @_;
    my $db = connection($path);
    given($db, $_) for @{ $case->{before_schema} // [] }, @opening;
    my ($before, $after) = @{ $case->{schema_with} // ['', ''] };
    die "the schema has no $before" unless (my $at = index $schema, $before) >= 0;
    substr(my $own = $schema, $at, length $before) = $after;
    $db->{sqlite_allow_multiple_statements} = 1;
    $db->do($own);
    $db->{sqlite_allow_multiple_statements} = 0;
    given($db, $_) for @{ $scenario->{rows} };
    return $db;
}

sub run_case {
    my ($case, $path) = @_;
    my $main = prepared($case, $path);
    my $other = connection($path);
    given($other, $_) for @opening;
    take($_->{other} ? $other : $main, $_, "$case->{name}: $_->{sql}") for @{ $case->{do} };
    $_->disconnect for $other, $main;
}

sub a_number_is_bound_as_text_and_taken {
    my $db = prepared({}, ':memory:');
    my ($bound) = $db->selectrow_array('SELECT typeof(?)', {}, 500);
    my ($remaining) = $db->selectrow_array('SELECT backfill_facilitator_markers_step(?)', {}, 500);
    die "a number bound as $bound: $remaining" unless $bound eq 'text' && $remaining == 0;
}

sub a_commit_of_a_transaction_that_a_failure_ended_says_nothing {
    my $db = prepared({}, ':memory:');
    $db->do("CREATE TRIGGER fail AFTER INSERT ON reward_addresses BEGIN SELECT raise(ROLLBACK, 'no'); END");
    $db->begin_work;
    die 'the call went through' if eval { given($db, "SELECT ensure_facilitator_marker('AdaK3v9Z')") };
    die 'the transaction goes on' unless $db->sqlite_get_autocommit;
    $db->commit;
}

sub without_auto_commit_all_steps_are_in_one_transaction {
    my ($path) = @_;
    my $other = prepared({}, $path);
    my $db = connection($path);
    $db->{AutoCommit} = 0;
    1 while given($db, 'SELECT backfill_facilitator_markers_step(1)') > 0;
    my @seen = map { given($_, 'SELECT count(*) FROM reward_addresses') } $db, $other;
    die "@seen" unless "@seen" eq '2 0';
    $db->rollback;
}

my $folder = tempdir(CLEANUP => 1);
for my $copy (map { "$folder/$_" } @copies) {
    copy("$extension.so", "$copy.so") or die "$copy: $!";
    my $found = given(connection(':memory:', $copy), 'SELECT facilitator_markers_version()');
    die "$copy: $found" unless $found eq $version;
}
my @cases = @{ $scenario->{cases} };
run_case($cases[$_], "$folder/$_.db") for 0 .. $#cases;
a_number_is_bound_as_text_and_taken();
a_commit_of_a_transaction_that_a_failure_ended_says_nothing();
without_auto_commit_all_steps_are_in_one_transaction("$folder/host.db");
my $db = connection("$folder/host.db");
my $wait = given($db, 'PRAGMA busy_timeout') =~ s/(\d)(\d{3})$/$1,$2/r;
print JSON::PP->new->canonical->encode({
    host => sprintf('Perl %vd DBD::SQLite %s', $^V, $DBD::SQLite::VERSION),
    sqlite => given($db, 'SELECT sqlite_version()'),
    wait => "$wait ms",
    result => 'all ' . @cases . ' cases',
}), "\n";
