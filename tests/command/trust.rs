//! A server with a certificate that only the person vouches for: trusted where their environment names it, and nowhere else.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{Home, said};

/// Of an authority made for this trial alone, for 127.0.0.1, good for a hundred years.
const CERTIFICATE: &[u8] = include_bytes!("../support/tls/server.pem");
const KEY: &[u8] = include_bytes!("../support/tls/server.key");
const AUTHORITY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/support/tls/authority.pem"
);

/// Lists one model over TLS, on a port of this machine; it ends with the trial's process.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut reader = BufReader::new(StreamOwned::new(session, stream.unwrap()));
            let mut line = String::new();
            // Who does not trust the certificate breaks off here.
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let body = r#"{"data":[{"id":"m"}]}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let mut tls = reader.into_inner();
            let _ = tls.write_all(answer.as_bytes());
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
    });
    format!("https://{address}/v1")
}

#[test]
fn a_certificate_is_trusted_where_the_persons_environment_names_it() {
    let address = server();
    let home = Home::with(&format!(
        "[providers.own]\nwire = \"openai-chat\"\nbase_url = \"{address}\"\n"
    ));
    // What a project says of it is nobody's wish.
    std::fs::write(
        home.work().join(".env"),
        format!("SSL_CERT_FILE={AUTHORITY}\n"),
    )
    .unwrap();
    for (environment, code) in [(None, 5), (Some(AUTHORITY), 0)] {
        let mut command = home.creel(&["providers", "check", "own", "--free"]);
        command.envs(environment.map(|file| ("SSL_CERT_FILE", file)));
        let said = said(command);
        assert_eq!(said.code, code, "{said:?}");
        assert_eq!(said.out.contains("certificate"), code == 5, "{said:?}");
    }
}
