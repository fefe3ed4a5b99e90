//! A server behind TLS: with a certificate that is good, expired, for another name, or of nobody known; and one that speaks
//! HTTP/2 and takes it back. Certificates and key were made for these trials alone.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const CA: &str = "MIIBjDCCATOgAwIBAgIUOxBceQMkhf6vcqv8IwIbHn6LhyQwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIVHJpYWwgQ0EwIBcNMjYxMTI2MTIwODU0WhgPMjEyNjExMDIxMjA4NTRaMBMxETAPBgNVBAMMCFRyaWFsIENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAElvy9X4kvMignfRlYdAqv+Rnr8QX/yh4FiGh1bIHDSnA45e7yObAUKhHhjDxSXYmOE8VKOPm1g/qn4v704Yce2qNjMGEwHQYDVR0OBBYEFMEExg+XBcipFpLl65mj36ZhoGJGMB8GA1UdIwQYMBaAFMEExg+XBcipFpLl65mj36ZhoGJGMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgIEMAoGCCqGSM49BAMCA0cAMEQCIGnkl7iNqLNotcYCYWW+fmSYGeHZKGUdIfV3LOg8Y7wWAiAeNiXrLXeCd3mesIiuhbnep+MDkb2fKDUnI+V97lke0w==";
const GOOD: &str = "MIIBqjCCAVGgAwIBAgIUJqSIY1BbbBGTm0ZFmG3JZbdQOiQwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIVHJpYWwgQ0EwIBcNMjYxMTI2MTIwODU1WhgPMjEyNjExMDIxMjA4NTVaMA8xDTALBgNVBAMMBGdvb2QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARM5yanmsAMu56jjNh/v58JGfS7Q/T5aCN8tA1dYcMwxq//Z7Kl3oSeB75s5XdA2v0ZXq6nLBr62rNoJJp4pmbPo4GEMIGBMA8GA1UdEQQIMAaHBH8AAAEwDAYDVR0TAQH/BAIwADALBgNVHQ8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFGk/Gv5qgMPwkG1U0xUgaIQ4vl8zMB8GA1UdIwQYMBaAFMEExg+XBcipFpLl65mj36ZhoGJGMAoGCCqGSM49BAMCA0cAMEQCIA8zdm8vtRpZX8raaJtNzB7i43tXHW9OlY/Ka31blt1uAiAPcK7UadwgmF2HoIgY38zILn6S+Cuilz77ZNINQLjX0Q==";
const STRANGER: &str = "MIIBuzCCAWKgAwIBAgIUJqSIY1BbbBGTm0ZFmG3JZbdQOiYwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIVHJpYWwgQ0EwIBcNMjYxMTI2MTIwOTM2WhgPMjEyNjExMDIxMjA5MzZaMBMxETAPBgNVBAMMCHN0cmFuZ2VyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETOcmp5rADLueo4zYf7+fCRn0u0P0+WgjfLQNXWHDMMav/2eypd6Enge+bOV3QNr9GV6upywa+tqzaCSaeKZmz6OBkTCBjjAcBgNVHREEFTATghFlbHNld2hlcmUuaW52YWxpZDAMBgNVHRMBAf8EAjAAMAsGA1UdDwQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAdBgNVHQ4EFgQUaT8a/mqAw/CQbVTTFSBohDi+XzMwHwYDVR0jBBgwFoAUwQTGD5cFyKkWkuXrmaPfpmGgYkYwCgYIKoZIzj0EAwIDRwAwRAIgXSUfbHqyY5egroliKX2xEQdAgyjaEyLEWBRnJ5qU/vACIC8ajUn/BkOE8HdnBxWEMch++TGcHH2r1ElsjTfHJzeg";
const EXPIRED: &str = "MIIBmjCCAT+gAwIBAgIBAjAKBggqhkjOPQQDAjATMREwDwYDVQQDDAhUcmlhbCBDQTAeFw0yMDAxMDEwMDAwMDBaFw0yMDAxMDIwMDAwMDBaMBIxEDAOBgNVBAMMB2V4cGlyZWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARM5yanmsAMu56jjNh/v58JGfS7Q/T5aCN8tA1dYcMwxq//Z7Kl3oSeB75s5XdA2v0ZXq6nLBr62rNoJJp4pmbPo4GEMIGBMA8GA1UdEQQIMAaHBH8AAAEwDAYDVR0TAQH/BAIwADALBgNVHQ8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFGk/Gv5qgMPwkG1U0xUgaIQ4vl8zMB8GA1UdIwQYMBaAFMEExg+XBcipFpLl65mj36ZhoGJGMAoGCCqGSM49BAMCA0kAMEYCIQD/2J5FdblA5JNHxrJ9LvCLHWufDkHh+I2KbLsYQS6oDgIhAJueZHilj4wLlHTQDlAyf/WHOfObVMXMzJam60VhULn/";
const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgV/eAvkzCiVmTh090UySDLOdGl4j491WHorIg4py1xAmhRANCAARM5yanmsAMu56jjNh/v58JGfS7Q/T5aCN8tA1dYcMwxq//Z7Kl3oSeB75s5XdA2v0ZXq6nLBr62rNoJJp4pmbP";

/// What a server shows when it is asked who it is.
#[derive(Debug, Clone, Copy)]
pub enum Shows {
    Good,
    Stranger,
    Expired,
}

/// The certificate of the one who signed them all, as a file has it.
pub fn authority() -> String {
    let lines: Vec<&str> = CA
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

/// What happens on a connection once it is safe.
pub type Speaks = Arc<dyn Fn(usize, &mut StreamOwned<ServerConnection, TcpStream>) + Send + Sync>;

/// A server for as long as the trial lasts; its connections are counted.
#[derive(Debug)]
pub struct Safe {
    /// `https://127.0.0.1:PORT`.
    pub address: String,
    connections: Arc<AtomicUsize>,
}

impl Safe {
    /// `versions` are the versions of HTTP offered on a connection, by its index; the last for all beyond.
    pub fn start(shows: Shows, versions: &'static [&'static [u8]], speaks: Speaks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let index = count.fetch_add(1, Ordering::Relaxed);
                let config = config(shows, versions[index.min(versions.len() - 1)]);
                let speaks = Arc::clone(&speaks);
                std::thread::spawn(move || {
                    let connection = ServerConnection::new(Arc::new(config)).unwrap();
                    let mut stream = StreamOwned::new(connection, stream);
                    // Nothing is heard from who does not trust it.
                    if stream.read(&mut []).is_ok() && stream.flush().is_ok() {
                        speaks(index, &mut stream);
                    }
                });
            }
        });
        Self {
            address,
            connections,
        }
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

fn config(shows: Shows, version: &[u8]) -> ServerConfig {
    let bytes = |text: &str| STANDARD.decode(text).unwrap();
    let certificate = match shows {
        Shows::Good => GOOD,
        Shows::Stranger => STRANGER,
        Shows::Expired => EXPIRED,
    };
    let chain = vec![CertificateDer::from(bytes(certificate))];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(bytes(KEY)));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = builder
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![version.to_vec()];
    config
}
