//! A node that answers requests as rqlite does, over a SQLite of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use facilitator_markers::rusqlite::types::Value as Sql;
use facilitator_markers::rusqlite::{self, Connection, params_from_iter};
use serde_json::{Value, json};

use crate::host::in_memory;

/// A node, for as long as the test runs.
pub(crate) struct Node {
    pub(crate) url: String,
    pub(crate) conn: Arc<Mutex<Connection>>,
    asked: mpsc::Receiver<String>,
}

/// How a node answers a request.
pub(crate) enum Answer {
    AsRqlite,
    /// With this status line and body.
    Status(&'static str, &'static str),
    /// With this object.
    Object(&'static str),
    /// Only after something has been received.
    After(mpsc::Receiver<()>),
}

impl Node {
    /// A node that knows the sample of examples/backfill.
    pub(crate) fn sample() -> Self {
        let conn = in_memory();
        conn.execute_batch(include_str!("../../../backfill/sample.sql")).unwrap();
        Self::with(conn, |_| Answer::AsRqlite)
    }

    pub(crate) fn with(conn: Connection, answer: impl FnMut(&str) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let conn = Arc::new(Mutex::new(conn));
        let (tell, asked) = mpsc::channel();
        let theirs = Arc::clone(&conn);
        thread::spawn(move || serve(&listener, &theirs, answer, &tell));
        Node { url, conn, asked }
    }

    /// The heads of the requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.try_iter().collect()
    }

    /// Waits for the next request, and gives its head.
    pub(crate) fn next_asked(&self) -> String {
        self.asked.recv().unwrap()
    }
}

fn serve(
    listener: &TcpListener,
    conn: &Mutex<Connection>,
    mut answer: impl FnMut(&str) -> Answer,
    tell: &Sender<String>,
) {
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        let (head, body) = request(&stream);
        let _ = tell.send(head.clone());
        let (status, body) = match answer(&head) {
            Answer::Status(status, body) => (status, body.to_owned()),
            Answer::Object(object) => ("200 OK", object.to_owned()),
            Answer::AsRqlite => ("200 OK", results(conn, &head, &body)),
            Answer::After(sign) => {
                let _ = sign.recv();
                ("200 OK", results(conn, &head, &body))
            }
        };
        let length = body.len();
        // Whoever asked may be gone.
        let _ = write!(
            &stream,
            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
    }
}

fn request(stream: &TcpStream) -> (String, String) {
    let mut lines = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn results(conn: &Mutex<Connection>, head: &str, body: &str) -> String {
    let statements: Vec<Vec<String>> = serde_json::from_str(body).unwrap();
    let [statement] = statements.as_slice() else { panic!("{body}") };
    let conn = conn.lock().unwrap();
    let result = match head.starts_with("POST /db/execute ") {
        true => conn
            .execute(&statement[0], params_from_iter(&statement[1..]))
            .map(|rows| json!({ "last_insert_id": 1, "rows_affected": rows })),
        false => rows(&conn, &statement[0], &statement[1..]),
    };
    let result = result.unwrap_or_else(|error| json!({ "error": error.to_string() }));
    json!({ "results": [result] }).to_string()
}

fn rows(conn: &Connection, sql: &str, values: &[String]) -> rusqlite::Result<Value> {
    let mut statement = conn.prepare(sql)?;
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| {
        (0..columns)
            .map(|at| {
                Ok(match row.get(at)? {
                    Sql::Null => Value::Null,
                    Sql::Integer(number) => number.into(),
                    Sql::Real(number) => number.into(),
                    Sql::Text(text) => text.into(),
                    Sql::Blob(_) => "AA==".into(),
                })
            })
            .collect::<rusqlite::Result<Vec<Value>>>()
    };
    let rows: Vec<_> =
        statement.query_map(params_from_iter(values), read)?.collect::<rusqlite::Result<_>>()?;
    // As rqlite, which leaves the rows out where there are none.
    Ok(if rows.is_empty() { json!({ "columns": [] }) } else { json!({ "columns": [], "values": rows }) })
}
