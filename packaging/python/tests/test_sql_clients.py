"""The clients of the SQL edition: python packaging/python/tests/test_sql_clients.py"""

import json
import os
import re
import socket
import sqlite3
import threading
import unittest
from contextlib import closing, redirect_stdout
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from facilitator_markers import sql
from host import OWNERS, folder_with_database

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()


class OverDbApi(unittest.TestCase):
    def setUp(self):
        self.path = folder_with_database(self) / "host.db"
        self.opened = []

    def connect(self, **options):
        self.opened.append(sqlite3.connect(self.path, **options))
        return self.opened[-1]

    def enrolled(self):
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute("SELECT count(*) FROM reward_addresses").fetchone()[0]

    def test_what_it_writes_is_committed_whatever_the_driver_begins_by_itself(self):
        for isolation_level in (None, "", "IMMEDIATE"):
            with self.subTest(isolation_level), sql.dbapi(lambda: self.connect(isolation_level=isolation_level)) as client:
                result = client.execute(sql.statements["last_page"], ["2026-11-27 12:00:00", ""])
                self.assertEqual((result, self.enrolled()), (([], OWNERS), OWNERS))
                self.assertFalse(self.opened[-1].in_transaction)
                client.execute("DELETE FROM reward_addresses", [])

    def test_a_row_is_a_tuple_and_a_select_changes_nothing(self):
        with sql.dbapi(self.connect) as client:
            self.assertEqual(client.execute("SELECT ?, 2", ["1"]), ([("1", 2)], 0))

    def test_a_failure_ends_its_connection_and_the_next_statement_opens_another(self):
        with sql.dbapi(self.connect) as client:
            with self.assertRaises(sqlite3.OperationalError):
                client.execute("SELECT nonsense", [])
            with self.assertRaisesRegex(sqlite3.ProgrammingError, "closed"):
                self.opened[0].execute("SELECT 1")
            client.execute("SELECT 1", [])
            client.execute("SELECT 1", [])
        self.assertEqual(len(self.opened), 2)
        with self.assertRaisesRegex(sqlite3.ProgrammingError, "closed"):
            self.opened[1].execute("SELECT 1")

    def test_a_database_that_somebody_has_locked_is_waited_for_and_nobody_is_refused(self):
        for run in (lambda client: sql.backfill(client)["created"] == OWNERS, lambda client: sql.ensure(client, "owner1") == "created"):
            with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
                other.execute("DELETE FROM reward_addresses")
                other.execute("BEGIN IMMEDIATE")
                with patch("facilitator_markers.sql._patience.sleep", lambda _: other.in_transaction and other.execute("ROLLBACK")):
                    with sql.dbapi(lambda: self.connect(timeout=0)) as client:
                        self.assertTrue(run(client))

    def test_it_enrolls_every_owner(self):
        with sql.dbapi(self.connect) as client:
            self.assertEqual(sql.backfill(client)["created"], OWNERS)
            self.assertEqual(sql.ensure(client, "owner1"), "already_enrolled")


class Node(BaseHTTPRequestHandler):
    """Answers like a node of rqlite, from a database, or as a test says."""

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers))
        status, answer = self.server.answer or (200, self.result(*json.loads(text)[0]))
        body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def result(self, text, *args):
        with closing(sqlite3.connect(self.server.path)) as db, db:
            try:
                cursor = db.execute(text, args)
            except sqlite3.Error as error:
                return {"results": [{"error": str(error)}]}
            if self.path.startswith("/db/execute"):
                return {"results": [{"rows_affected": cursor.rowcount} if cursor.rowcount else {}]}
            rows = cursor.fetchall()
            columns = {"columns": [column[0] for column in cursor.description]}
            return {"results": [{**columns, "values": rows} if rows else columns]}

    def log_message(self, *_):
        pass


class OverRqlite(unittest.TestCase):
    """A cluster of two nodes, which have one database."""

    def setUp(self):
        patcher = patch.dict(os.environ, no_proxy="127.0.0.1")
        patcher.start()
        self.addCleanup(patcher.stop)
        path = folder_with_database(self) / "host.db"
        self.first, self.second = self.start(path), self.start(path)
        self.urls = [self.url(self.first), self.url(self.second) + "/"]

    def start(self, path):
        node = HTTPServer(("127.0.0.1", 0), Node)
        node.path, node.requests, node.answer = path, [], None
        thread = threading.Thread(target=node.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(node.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(node.shutdown)
        return node

    def url(self, node):
        return f"http://127.0.0.1:{node.server_port}"

    def paths(self, node):
        return [path for path, _ in node.requests]

    def test_it_enrolls_every_owner_and_reads_at_the_level(self):
        client = sql.rqlite(self.urls, level="strong")
        self.assertEqual(sql.backfill(client)["created"], OWNERS)
        self.assertEqual(sql.ensure(client, "owner1"), "already_enrolled")
        self.assertEqual(self.paths(self.first), [
            "/db/query?level=strong", "/db/execute", "/db/query?level=strong", "/db/query?level=strong", "/db/execute",
            "/db/query?level=strong",
        ])
        self.assertEqual(self.second.requests, [])
        self.assertEqual(client.execute("SELECT 1 WHERE 0", []), ([], 0))
        client.execute(sql.statements["due"], [])
        client.execute("UPDATE reward_addresses SET verified_at = verified_at", [])
        self.assertEqual(self.paths(self.first)[-2:], ["/db/query?level=strong", "/db/execute"])

    def test_the_readmes_snippet_enrolls_every_owner(self):
        [snippet] = [block for block in re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S) if "sql.rqlite" in block]
        for number, url in enumerate([self.url(self.first)] * 3, 1):
            snippet = snippet.replace(f"http://10.0.0.{number}:4001", url)
        names = {"user_id": "owner1"}
        with redirect_stdout(StringIO()) as printed:
            exec(snippet, names)
        self.assertEqual((names["report"]["created"], names["outcome"]), (OWNERS, "already_enrolled"))
        self.assertEqual(printed.getvalue(), f"Progress(visited={OWNERS}, due={OWNERS})\n")

    def test_where_a_node_fails_the_next_is_asked_and_stays(self):
        with closing(socket.socket()) as nobody:
            nobody.bind(("127.0.0.1", 0))
            gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
            for broken in ((503, "leader not found"), (200, "no JSON"), (200, "")):
                self.first.answer = broken
                client = sql.rqlite([gone, *self.urls], timeout=10)
                self.assertEqual(client.execute("SELECT 1", []).rows, [[1]])
                client.execute("SELECT 1", [])
        self.assertEqual((len(self.first.requests), len(self.second.requests)), (3, 6))

    def test_where_all_nodes_fail_the_last_failure_says_what_the_node_said(self):
        self.first.answer = self.second.answer = (503, "leader not found")
        client = sql.rqlite(self.urls)
        with self.assertRaisesRegex(sql.RqliteError, f"{self.url(self.second)} answered 503 .*: leader not found"):
            client.execute("SELECT 1", [])
        self.assertEqual((len(self.first.requests), len(self.second.requests)), (1, 1))

    def test_an_error_in_the_results_is_raised_and_no_other_node_is_asked(self):
        client = sql.rqlite(self.urls)
        for text in ("SELECT nonsense", "INSERT INTO nonsense VALUES (1)"):
            with self.assertRaisesRegex(sql.RqliteError, "nonsense"):
                client.execute(text, [])
        self.first.answer = 200, {"results": [], "error": "leadership lost"}
        with self.assertRaisesRegex(sql.RqliteError, "leadership lost"):
            client.execute("SELECT 1", [])
        self.assertEqual((len(self.first.requests), len(self.second.requests)), (3, 0))

    def test_headers_and_a_password_are_sent(self):
        sql.rqlite(self.urls[0], auth=("Ada", "pass:word"), headers={"X-Trace": "7"}).execute("SELECT 1", [])
        [(_, headers)] = self.first.requests
        self.assertEqual((headers["Authorization"], headers["X-Trace"]), ("Basic QWRhOnBhc3M6d29yZA==", "7"))
        self.assertEqual(headers["Content-Type"], "application/json")

    def test_reads_that_may_be_stale_are_refused_and_so_is_a_cluster_without_nodes(self):
        with self.assertRaisesRegex(ValueError, "level is 'none': it has to be one of weak, linearizable, strong"):
            sql.rqlite(self.urls, level="none")
        with self.assertRaisesRegex(ValueError, "name at least one node"):
            sql.rqlite([])


if __name__ == "__main__":
    unittest.main()
