// Go's github.com/mattn/go-sqlite3: the scenario, connections of a pool, and when a query is run.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/mattn/go-sqlite3"
)

type step struct {
	SQL   string
	Other bool
	Gives *string
	Fails string
	Says  string
}

type example struct {
	Name         string
	BeforeSchema []string  `json:"before_schema"`
	SchemaWith   [2]string `json:"schema_with"`
	Do           []step
}

var scenario struct {
	Codes map[string]struct{ Code int }
	Rows  []string
	Cases []example
}

// hosts.py runs this in the folder of the tests. A debug build has checks that the release has not.
var extension = "../target/" + os.Getenv("EXTENSION_BUILD") + "/facilitator_markers"
var schema = content("../../tests/host/schema.sql")
var version = regexp.MustCompile(`(?m)^version = "(.*)"`).FindStringSubmatch(content("../Cargo.toml"))[1]

// Under other names: with a bundler's hash, with the host's own, and with none.
var copies = []string{"facilitator_markers-6lkihn3m", "enrollment", "facilitator_markers"}
var opening = []string{"PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON", "PRAGMA busy_timeout = 0"}

func check(err error) {
	if err != nil {
		log.Panic(err)
	}
}

func content(path string) string {
	text, err := os.ReadFile(path)
	check(err)
	return string(text)
}

// A driver for each copy of the extension; its pools have one connection unless a test wants more.
func open(path, file string) *sql.DB {
	driver := "sqlite3 with " + file
	if !strings.Contains(strings.Join(sql.Drivers(), "\n")+"\n", driver+"\n") {
		sql.Register(driver, &sqlite3.SQLiteDriver{Extensions: []string{file}})
	}
	db, err := sql.Open(driver, path)
	check(err)
	db.SetMaxOpenConns(1)
	return db
}

// The statement's rows, as the scenario has them.
func given(db *sql.DB, statement string) (string, error) {
	rows, err := db.Query(statement)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	check(err)
	values, places := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for column := range values {
		places[column] = &values[column]
	}
	var all []string
	for rows.Next() {
		check(rows.Scan(places...))
		var row []string
		for _, value := range values {
			row = append(row, value.String)
		}
		all = append(all, strings.Join(row, "|"))
	}
	return strings.Join(all, ","), rows.Err()
}

func one(db *sql.DB, statement string) string {
	value, err := given(db, statement)
	check(err)
	return value
}

func take(db *sql.DB, step step, where string) {
	rows, err := given(db, step.SQL)
	var failure sqlite3.Error
	if errors.As(err, &failure) {
		code := int(failure.ExtendedCode)
		if wanted, known := scenario.Codes[step.Fails]; !known || code != wanted.Code {
			log.Panicf("%s: failed with code %d: %s", where, code, failure)
		}
		if !strings.Contains(failure.Error(), step.Says) {
			log.Panicf("%s: said %s", where, failure)
		}
		return
	}
	check(err)
	if step.Fails != "" {
		log.Panicf("%s: gave %s, and should have failed", where, rows)
	}
	if step.Gives != nil && rows != strings.ReplaceAll(*step.Gives, "{version}", version) {
		log.Panicf("%s: gave %s, not %s", where, rows, *step.Gives)
	}
}

func prepared(path string, example example) *sql.DB {
	db := open(path, extension)
	for _, statement := range append(example.BeforeSchema, opening...) {
		one(db, statement)
	}
	if !strings.Contains(schema, example.SchemaWith[0]) {
		log.Panicf("the schema has no %s", example.SchemaWith[0])
	}
	_, err := db.Exec(strings.Replace(schema, example.SchemaWith[0], example.SchemaWith[1], 1))
	check(err)
	for _, statement := range scenario.Rows {
		one(db, statement)
	}
	return db
}

func runCase(path string, example example) {
	db := prepared(path, example)
	defer db.Close()
	other := open(path, extension)
	defer other.Close()
	for _, statement := range opening {
		one(other, statement)
	}
	for _, step := range example.Do {
		on := db
		if step.Other {
			on = other
		}
		take(on, step, example.Name+": "+step.SQL)
	}
}

func loadCopies(folder string) {
	for _, name := range copies {
		file := filepath.Join(folder, name)
		check(os.WriteFile(file+".so", []byte(content(extension+".so")), 0o600))
		db := open(":memory:", file)
		if found := one(db, "SELECT facilitator_markers_version()"); found != version {
			log.Panicf("%s: %s", name, found)
		}
		check(db.Close())
	}
}

func aQueryIsNotRunBeforeItsRowsAreAskedFor() {
	db := prepared(":memory:", example{})
	defer db.Close()
	rows, err := db.Query("SELECT ensure_facilitator_marker('AdaK3v9Z')")
	check(err)
	check(rows.Close())
	if markers := one(db, "SELECT count(*) FROM reward_addresses"); markers != "0" {
		log.Panicf("%s markers", markers)
	}
}

// And a round of steps belongs to its connection.
func eachConnectionOfAPoolLoads(path string) {
	db := prepared(path, example{})
	defer db.Close()
	db.SetMaxOpenConns(2)
	ctx := context.Background()
	first, err := db.Conn(ctx)
	check(err)
	defer first.Close()
	second, err := db.Conn(ctx)
	check(err)
	defer second.Close()
	ask := func(connection *sql.Conn, statement string, wanted int) {
		var found int
		check(connection.QueryRowContext(ctx, statement).Scan(&found))
		if found != wanted {
			log.Panicf("%s: %d", statement, found)
		}
	}
	ask(first, "SELECT backfill_facilitator_markers_step(1) > 0", 1)
	ask(second, "SELECT backfill_facilitator_markers_close()", 0)
	ask(first, "SELECT backfill_facilitator_markers_close()", 1)
}

func aHookNamesTheEntryPoint() {
	var loaded, without error
	sql.Register("sqlite3 with a hook", &sqlite3.SQLiteDriver{ConnectHook: func(connection *sqlite3.SQLiteConn) error {
		without = connection.LoadExtension(extension, "")
		loaded = connection.LoadExtension(extension, "sqlite3_extension_init")
		return loaded
	}})
	db, err := sql.Open("sqlite3 with a hook", ":memory:")
	check(err)
	defer db.Close()
	if found := one(db, "SELECT facilitator_markers_version()"); found != version || without == nil {
		log.Panicf("%s, without the entry point's name: %v", found, without)
	}
}

func main() {
	check(json.Unmarshal([]byte(content("scenario.json")), &scenario))
	folder, err := os.MkdirTemp("", "facilitator-markers-")
	check(err)
	defer os.RemoveAll(folder)
	loadCopies(folder)
	for number, example := range scenario.Cases {
		runCase(filepath.Join(folder, fmt.Sprintf("%d.db", number)), example)
	}
	aQueryIsNotRunBeforeItsRowsAreAskedFor()
	eachConnectionOfAPoolLoads(filepath.Join(folder, "pool.db"))
	aHookNamesTheEntryPoint()
	db := open(filepath.Join(folder, "host.db"), extension)
	wait := regexp.MustCompile(`(\d)(\d{3})$`).ReplaceAllString(one(db, "PRAGMA busy_timeout"), "$1,$2")
	sqlite, _, _ := sqlite3.Version()
	report, err := json.Marshal(map[string]string{
		"host":   strings.Replace(runtime.Version(), "go", "Go ", 1) + " go-sqlite3",
		"sqlite": sqlite,
		"wait":   wait + " ms",
		"result": fmt.Sprintf("all %d cases", len(scenario.Cases)),
	})
	check(err)
	fmt.Println(string(report))
}
