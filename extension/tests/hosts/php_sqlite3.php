<?php
// PHP's SQLite3: the scenario, what runs a SELECT twice, and what can't load the extension.

const TESTS = __DIR__ . '/..';
// A debug build has checks that the release has not.
define('EXTENSION', TESTS . '/../target/' . (getenv('EXTENSION_BUILD') ?: 'release') . '/facilitator_markers.so');
define('SCHEMA', file_get_contents(TESTS . '/../../tests/host/schema.sql'));
define('SCENARIO', json_decode(file_get_contents(TESTS . '/scenario.json'), true, 512, JSON_THROW_ON_ERROR));
preg_match('/^version = "(.*)"/m', file_get_contents(TESTS . '/../Cargo.toml'), $found);
define('VERSION', $found[1]);
// Copies under other names: with a bundler's hash, with the host's own, and with none.
const COPIES = ['facilitator_markers-6lkihn3m', 'enrollment', 'facilitator_markers'];
const OPENING = ['PRAGMA journal_mode = WAL', 'PRAGMA foreign_keys = ON', 'PRAGMA busy_timeout = 0'];

function check(bool $holds, string $otherwise): void
{
    if (!$holds) {
        throw new LogicException($otherwise);
    }
}

/** A path is looked for below sqlite3.extension_dir, which hosts.py sets to the root. */
function connection(string $path, string $extension = EXTENSION): SQLite3
{
    $db = new SQLite3($path);
    $db->enableExceptions(true);
    $db->loadExtension(realpath($extension));
    return $db;
}

/** The statement's rows, as the scenario has them: in one row, since all that gives more rows runs a statement twice. */
function given(SQLite3 $db, string $sql): string
{
    if (!preg_match('/^(SELECT|WITH)/', $sql)) {
        return (string) $db->querySingle($sql);
    }
    $columns = $db->query("SELECT * FROM ($sql) LIMIT 0")->numColumns();
    $names = array_map(fn (int $column) => "c$column", range(1, $columns));
    $row = implode(" || '|' || ", array_map(fn (string $name) => "coalesce($name, '')", $names));
    $given = 'given(' . implode(', ', $names) . ')';
    return (string) $db->querySingle("WITH $given AS ($sql) SELECT group_concat($row) FROM given");
}

function take(SQLite3 $db, array $step, string $where): void
{
    try {
        $given = given($db, $step['sql']);
    } catch (Exception) {
        [$code, $message] = [$db->lastExtendedErrorCode(), $db->lastErrorMsg()];
        check(isset($step['fails']), "$where: failed with code $code: $message");
        check($code === SCENARIO['codes'][$step['fails']]['code'], "$where: failed with code $code: $message");
        check(str_contains($message, $step['says']), "$where: said $message");
        return;
    }
    check(!isset($step['fails']), "$where: gave $given, and should have failed");
    $expected = str_replace('{version}', VERSION, $step['gives'] ?? $given);
    check($given === $expected, "$where: gave $given, not $expected");
}

function run_case(array $case, string $path): void
{
    $main = connection($path);
    foreach ([...$case['before_schema'] ?? [], ...OPENING] as $sql) {
        given($main, $sql);
    }
    [$before, $after] = $case['schema_with'] ?? ['', ''];
    check(str_contains(SCHEMA, $before), "the schema has no $before");
    $main->exec(str_replace($before, $after, SCHEMA));
    foreach (SCENARIO['rows'] as $sql) {
        $main->exec($sql);
    }
    $other = connection($path);
    foreach (OPENING as $sql) {
        given($other, $sql);
    }
    foreach ($case['do'] as $step) {
        take(isset($step['other']) ? $other : $main, $step, "{$case['name']}: {$step['sql']}");
    }
    $other->close();
    $main->close();
}

/** Each of these runs a SELECT before the first row is asked for, and again then. */
function only_query_single_runs_a_select_once(): void
{
    $db = connection(':memory:');
    $db->exec(SCHEMA);
    array_map($db->exec(...), SCENARIO['rows']);
    $prepared = $db->prepare('SELECT ensure_facilitator_marker(:user)');
    $prepared->bindValue(':user', 'AdaK3v9Z');
    $answers = [
        $prepared->execute()->fetchArray()[0],
        $db->query("SELECT ensure_facilitator_marker('BobXt0aR')")->fetchArray()[0],
        $db->querySingle("SELECT ensure_facilitator_marker('" . SQLite3::escapeString('Dan7pL4m') . "')"),
    ];
    check($answers === ['already_enrolled', 'already_enrolled', 'created'], implode(', ', $answers));
    $markers = $db->querySingle('SELECT count(*) FROM reward_addresses');
    check($markers === 3, "$markers markers");
    $db->exec("UPDATE reward_addresses SET created_at = '2026-06-01 00:00:00' WHERE user_id = 'AdaK3v9Z'; BEGIN IMMEDIATE");
    $told = $db->query("SELECT repair_facilitator_markers() ->> '$.repaired'")->fetchArray()[0];
    $left = $db->querySingle("SELECT count(*) FROM facilitator_markers_audit WHERE name = 'dated_late'");
    check([$told, $left] === [0, 0], "$told told, $left left");
}

function the_file_has_to_be_named_with_its_ending(): void
{
    $loaded = @(new SQLite3(':memory:'))->loadExtension(substr(realpath(EXTENSION), 0, -strlen('.so')));
    check(!$loaded, 'the ending may be left out');
}

function pdo_loads_no_extension(): void
{
    try {
        (new PDO('sqlite::memory:'))->query("SELECT load_extension('" . realpath(EXTENSION) . "')");
    } catch (PDOException $error) {
        check(str_contains($error->getMessage(), 'not authorized'), $error->getMessage());
        return;
    }
    throw new LogicException('PDO loaded the extension');
}

$folder = rtrim(shell_exec('mktemp --directory'));
try {
    foreach (COPIES as $name) {
        copy(EXTENSION, "$folder/$name.so");
        $version = given(connection(':memory:', "$folder/$name.so"), 'SELECT facilitator_markers_version()');
        check($version === VERSION, "$name: $version");
    }
    foreach (SCENARIO['cases'] as $number => $case) {
        run_case($case, "$folder/$number.db");
    }
    $wait = given(connection("$folder/host.db"), 'PRAGMA busy_timeout');
} finally {
    array_map('unlink', glob("$folder/*"));
    rmdir($folder);
}
only_query_single_runs_a_select_once();
the_file_has_to_be_named_with_its_ending();
pdo_loads_no_extension();
echo json_encode([
    'host' => 'PHP ' . PHP_VERSION . ' SQLite3',
    'sqlite' => SQLite3::version()['versionString'],
    'wait' => number_format((int) $wait) . ' ms',
    'result' => 'all ' . count(SCENARIO['cases']) . ' cases',
]), "\n";
