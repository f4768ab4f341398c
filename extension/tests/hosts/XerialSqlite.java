// Java's sqlite-jdbc: the scenario, what generated keys don't tell, and the setting without which nothing is loaded.

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteException;

class XerialSqlite {
    // hosts.py runs this in the folder of the tests. A debug build has checks that the release has not.
    static final Path EXTENSION =
        Path.of("../target", System.getenv("EXTENSION_BUILD"), "facilitator_markers").toAbsolutePath().normalize();
    static final String SCHEMA = content("../../tests/host/schema.sql");
    static final String SCENARIO = content("scenario.json");
    static final String VERSION = version();
    // Copies under other names: with a bundler's hash, with the host's own, and with none.
    static final List<String> COPIES = List.of("facilitator_markers-6lkihn3m", "enrollment", "facilitator_markers");
    static final List<String> OPENING =
        List.of("PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON", "PRAGMA busy_timeout = 0");

    record Step(String sql, boolean other, String gives, Integer code, String says) {}

    /** Java has no JSON of its own. */
    final Connection reader = DriverManager.getConnection("jdbc:sqlite::memory:");

    XerialSqlite() throws SQLException {}

    static String content(String path) {
        try {
            return Files.readString(Path.of(path));
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    static String version() {
        var line = Pattern.compile("^version = \"(.*)\"", Pattern.MULTILINE).matcher(content("../Cargo.toml"));
        check(line.find(), "there is no version");
        return line.group(1);
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    static Connection connect(String path, Path extension) throws SQLException {
        var config = new SQLiteConfig();
        config.enableLoadExtension(true);
        var db = config.createConnection("jdbc:sqlite:" + path);
        rows(db, "SELECT load_extension(?)", extension.toString());
        return db;
    }

    static List<String[]> rows(Connection db, String sql, Object... values) throws SQLException {
        var all = new ArrayList<String[]>();
        try (var statement = db.prepareStatement(sql)) {
            for (var place = 0; place < values.length; place++) {
                statement.setObject(place + 1, values[place]);
            }
            if (statement.execute()) {
                var rows = statement.getResultSet();
                while (rows.next()) {
                    var row = new String[rows.getMetaData().getColumnCount()];
                    for (var column = 0; column < row.length; column++) {
                        row[column] = rows.getString(column + 1);
                    }
                    all.add(row);
                }
            }
        }
        return all;
    }

    /** The statement's rows, as the scenario has them. */
    static String given(Connection db, String sql) throws SQLException {
        var written = new ArrayList<String>();
        for (var row : rows(db, sql)) {
            for (var column = 0; column < row.length; column++) {
                row[column] = row[column] == null ? "" : row[column];
            }
            written.add(String.join("|", row));
        }
        return String.join(",", written);
    }

    static Connection prepared(String path, List<String> before, String schema) throws SQLException {
        var db = connect(path, EXTENSION);
        for (var sql : before) {
            given(db, sql);
        }
        for (var sql : OPENING) {
            given(db, sql);
        }
        try (var statement = db.createStatement()) {
            statement.executeUpdate(schema);
        }
        return db;
    }

    /** The texts of an array of the scenario's: none where there is no such array. */
    List<String> texts(String path) throws SQLException {
        return rows(reader, "SELECT value FROM json_each(?, ?)", SCENARIO, path).stream().map(row -> row[0]).toList();
    }

    List<Step> steps(String path) throws SQLException {
        var sql = """
            SELECT value ->> 'sql', value ->> 'other', value ->> 'gives', value ->> 'fails', value ->> 'says',
                ?1 ->> ('$.codes.' || (value ->> 'fails') || '.code')
            FROM json_each(?1, ?2)""";
        var steps = new ArrayList<Step>();
        for (var row : rows(reader, sql, SCENARIO, path)) {
            var code = row[5] == null ? null : Integer.valueOf(row[5]);
            steps.add(new Step(row[0], row[1] != null, row[2], code, row[4]));
        }
        return steps;
    }

    static void take(Connection db, Step step, String where) throws SQLException {
        String given;
        try {
            given = given(db, step.sql);
        } catch (SQLiteException error) {
            var code = error.getResultCode().code;
            check(step.code != null && step.code == code, where + ": failed with code " + code + ": " + error);
            check(error.getMessage().contains(step.says), where + ": said " + error);
            return;
        }
        check(step.code == null, where + ": gave " + given + ", and should have failed");
        var expected = step.gives == null ? given : step.gives.replace("{version}", VERSION);
        check(given.equals(expected), where + ": gave " + given + ", not " + expected);
    }

    void runCase(String path, int number) throws SQLException {
        var place = "$.cases[" + number + "]";
        var name = rows(reader, "SELECT ? ->> ?", SCENARIO, place + ".name").get(0)[0];
        var change = texts(place + ".schema_with");
        check(change.isEmpty() || SCHEMA.contains(change.get(0)), name + ": the schema has no such text");
        var schema = change.isEmpty() ? SCHEMA : SCHEMA.replace(change.get(0), change.get(1));
        try (var db = prepared(path, texts(place + ".before_schema"), schema)) {
            for (var sql : texts("$.rows")) {
                given(db, sql);
            }
            try (var other = connect(path, EXTENSION)) {
                for (var sql : OPENING) {
                    given(other, sql);
                }
                for (var step : steps(place + ".do")) {
                    take(step.other ? other : db, step, name + ": " + step.sql);
                }
            }
        }
    }

    /** They are those of the connection's last insert, whichever that was. */
    void generatedKeysTellNothingOfACall() throws SQLException {
        try (var db = prepared(":memory:", List.of(), SCHEMA); var statement = db.createStatement()) {
            for (var sql : texts("$.rows")) {
                given(db, sql);
            }
            var keys = new ArrayList<String>();
            for (var outcome : List.of("created", "already_enrolled")) {
                check(outcome.equals(given(db, "SELECT ensure_facilitator_marker('AdaK3v9Z')")), outcome);
                statement.executeQuery("SELECT 1");
                var key = statement.getGeneratedKeys();
                check(key.next(), "no key");
                keys.add(key.getString(1));
            }
            check(keys.get(0).equals(keys.get(1)), keys.toString());
        }
    }

    static void onlyTheSettingLetsItLoad() throws SQLException {
        try (var db = DriverManager.getConnection("jdbc:sqlite::memory:?enable_load_extension=true")) {
            rows(db, "SELECT load_extension(?)", EXTENSION.toString());
        }
        try (var db = DriverManager.getConnection("jdbc:sqlite::memory:")) {
            rows(db, "SELECT load_extension(?)", EXTENSION.toString());
        } catch (SQLException error) {
            check(error.getMessage().contains("not authorized"), error.getMessage());
            return;
        }
        throw new IllegalStateException("loaded");
    }

    public static void main(String[] arguments) throws IOException, SQLException {
        var host = new XerialSqlite();
        var folder = Files.createTempDirectory("facilitator-markers-");
        var count = host.texts("$.cases").size();
        String wait;
        try {
            for (var name : COPIES) {
                Files.copy(Path.of(EXTENSION + ".so"), folder.resolve(name + ".so"));
                try (var db = connect(":memory:", folder.resolve(name))) {
                    check(given(db, "SELECT facilitator_markers_version()").equals(VERSION), name);
                }
            }
            for (var number = 0; number < count; number++) {
                host.runCase(folder.resolve(number + ".db").toString(), number);
            }
            try (var db = connect(folder.resolve("host.db").toString(), EXTENSION)) {
                wait = String.format(Locale.ROOT, "%,d ms", Integer.valueOf(given(db, "PRAGMA busy_timeout")));
            }
        } finally {
            try (var files = Files.list(folder)) {
                files.forEach(file -> file.toFile().delete());
            }
            Files.delete(folder);
        }
        host.generatedKeysTellNothingOfACall();
        onlyTheSettingLetsItLoad();
        var versions = host.reader.getMetaData();
        var report = "SELECT json_object('host', ?, 'sqlite', ?, 'wait', ?, 'result', ?)";
        var java = String.join(".", Runtime.version().version().stream().map(String::valueOf).toList());
        var name = "Java " + java + " sqlite-jdbc " + versions.getDriverVersion();
        System.out.println(rows(host.reader, report, name, versions.getDatabaseProductVersion(), wait,
            "all " + count + " cases").get(0)[0]);
    }
}
