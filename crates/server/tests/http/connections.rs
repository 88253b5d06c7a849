//! Connections that say nothing, or come in numbers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Answer, Server};
use holdfast_server::http::ConnectionLimits;
use reqwest::StatusCode;

/// Longer than anything takes: a server that does not answer in this time hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Whether the server closes the connection by itself.
fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    // A reset is an end, too; a timeout is not.
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

fn limits() -> ConnectionLimits {
    ConnectionLimits {
        total: 4,
        per_network: None,
        head: Duration::from_millis(300),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_do_not_finish_a_head_are_closed() {
    let server = Server::start_limited(limits(), |_| {}).await;
    for begun in [
        "",
        "GET /healthz HTTP/1.1\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A",
    ] {
        let mut stream = connect(&server);
        stream.write_all(begun.as_bytes()).unwrap();
        assert!(is_closed(&mut stream), "{begun:?}");
    }
    // After an answer, too: the connection is kept for a next request, not for ever.
    let mut stream = connect(&server);
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    assert!(is_closed(&mut stream));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_trickles_in_is_cut_off_by_the_first_byte_s_clock() {
    let server = Server::start_limited(limits(), |_| {}).await;
    let mut stream = connect(&server);
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        .unwrap();
    let mut cut = false;
    for number in 0..600 {
        std::thread::sleep(Duration::from_millis(100));
        cut = stream.write_all(format!("X-{number}: a\r\n").as_bytes()).is_err();
        if cut {
            break;
        }
    }
    assert!(cut, "a byte now and then keeps no connection open");
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_keep_nobody_out() {
    let server = Server::start_limited(limits(), |_| {}).await;
    let _silent: Vec<TcpStream> = (0..20).map(|_| connect(&server)).collect();
    let answer = Answer::of(server.get("/healthz").timeout(PATIENCE)).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_has_only_so_many_connections() {
    let limits = ConnectionLimits {
        total: 100,
        per_network: Some(3),
        head: PATIENCE,
    };
    let server = Server::start_limited(limits, |_| {}).await;
    let ask = |stream: &mut TcpStream| {
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let mut start = [0; 12];
        stream.read_exact(&mut start).is_ok() && &start == b"HTTP/1.1 200"
    };
    let mut open: Vec<TcpStream> = (0..3).map(|_| connect(&server)).collect();
    assert!(open.iter_mut().all(ask));
    assert!(!ask(&mut connect(&server)), "a fourth is closed");
    drop(open);
    // The place is free as soon as the server has noticed.
    let again = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        ask(&mut connect(&server))
    });
    assert!(again);
}
