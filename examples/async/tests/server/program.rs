//! The whole server, as an operator runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::host::{File, add_owner, add_user, markers};

const DAY: &str = "2026-01-21 10:00:00";

/// Ends the server also when a test fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn answer(address: &str, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_enrolls_owners_answers_and_ends_on_ctrl_c() {
    let file = File::new();
    let conn = file.connect();
    add_owner(&conn, "Ada", DAY);
    add_user(&conn, "Bob");
    let program = env!("CARGO_BIN_EXE_facilitator-markers-async");
    let mut command = Command::new(program);
    command.arg(file.path()).arg("127.0.0.1:0").stdout(Stdio::piped());
    let mut server = Server(command.spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.next().unwrap().strip_prefix("http://").unwrap().to_owned();
    assert_eq!(lines.next().unwrap(), "backfill: 1 of 1 owners newly enrolled");

    assert!(answer(&address, "GET /health", "").ends_with("backfill: 1 of 1 owners newly enrolled"));
    let bobs = r#"{ "id": "f2", "subdomain": "shop", "owner": "Bob", "created_at": "2026-03-01 09:30:00" }"#;
    assert!(answer(&address, "POST /facilitators", bobs).starts_with("HTTP/1.1 201 "));
    let unknown = bobs.replace("f2", "f3").replace("shop", "cafe").replace("Bob", "Bo");
    assert!(answer(&address, "POST /facilitators", &unknown).starts_with("HTTP/1.1 404 "));
    let of = |id: &str, date: &str| (id.to_owned(), date.to_owned());
    assert_eq!(markers(&conn), [of("Ada", DAY), of("Bob", "2026-03-01 09:30:00")]);

    let kill = Command::new("kill").args(["-INT", &server.0.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert!(server.0.wait().unwrap().success());
}
