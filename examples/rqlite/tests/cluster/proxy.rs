//! What stands between the command and a cluster, and knows when a page is under way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// When something happens to a statement that writes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Moment {
    /// The node has the whole request.
    Sent,
    /// The node has answered that it is done, and the command doesn't know it yet.
    Answered,
}

/// What becomes of an answer.
#[derive(PartialEq)]
pub(crate) enum Pass {
    On,
    Lost,
}

/// Stands before the nodes with these addresses, and gives the URLs to use instead.
pub(crate) fn stand_before(
    addresses: &[String],
    on: impl Fn(Moment) -> Pass + Send + Sync + 'static,
) -> Vec<String> {
    let on = Arc::new(on);
    let stand = |address: &String| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (address, on) = (address.clone(), Arc::clone(&on));
        thread::spawn(move || {
            for stream in listener.incoming() {
                // Where it fails, the connection ends, as that of a node that dies.
                let _ = pass(&stream.unwrap(), &address, &*on);
            }
        });
        url
    };
    addresses.iter().map(stand).collect()
}

fn pass(stream: &TcpStream, address: &str, on: &dyn Fn(Moment) -> Pass) -> std::io::Result<()> {
    let (mut lines, mut head, mut length) = (BufReader::new(stream), String::new(), 0);
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;

    let is_write = head.starts_with("POST /db/execute ");
    let mut node = TcpStream::connect(address)?;
    write!(node, "{head}Connection: close\r\n\r\n")?;
    node.write_all(&body)?;
    if is_write && on(Moment::Sent) == Pass::Lost {
        return Ok(());
    }
    let mut answer = Vec::new();
    node.read_to_end(&mut answer)?;
    let is_done = answer.windows(15).any(|bytes| bytes == b"\"rows_affected\"");
    if is_write && is_done && on(Moment::Answered) == Pass::Lost {
        return Ok(());
    }
    let mut stream = stream;
    stream.write_all(&answer)
}
