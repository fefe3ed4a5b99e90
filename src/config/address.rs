//! Where calls may be sent: addresses of providers, checked before a key could go there.

/// The address without a trailing slash; the error says what to write instead. Whether a key may go there is the question of
/// [`readable_at`].
pub fn check(address: &str) -> Result<String, String> {
    if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("has blanks or control characters in it".to_owned());
    }
    let Some((scheme, rest)) = address.split_once("://") else {
        return Err("must begin with https:// or http://".to_owned());
    };
    if !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(format!(
            "must begin with https:// or http://, not {scheme}://"
        ));
    }
    if rest.contains(['?', '#']) {
        return Err("must end with the path, without `?` or `#`".to_owned());
    }
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Err(
            "must not contain a user or password: use key_env, key_file or key_command".to_owned(),
        );
    }
    let (host, port) = host_and_port(authority)?;
    if host.is_empty() {
        return Err("names no host".to_owned());
    }
    if let Some(port) = port
        && port.parse::<u16>().is_err()
    {
        return Err(format!("has `{port}` where a port from 0 to 65535 belongs"));
    }
    Ok(address.trim_end_matches('/').to_owned())
}

/// The host to which all that is sent can be read on the way: over plain HTTP, on another machine. No key goes there.
pub fn readable_at(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    let (host, _) = host_and_port(rest.split('/').next()?).ok()?;
    (scheme.eq_ignore_ascii_case("http") && !is_loopback(host)).then_some(host)
}

/// Why a key does not go to such a host; the rest of a sentence that begins with the address or its setting.
pub fn exposing(host: &str) -> String {
    format!(
        "would send the key readable to all on the way to {host}: use https, or a tunnel to 127.0.0.1"
    )
}

/// Whether the server is on this machine: then a model without a price costs nothing.
pub fn is_local(address: &str) -> bool {
    address
        .split_once("://")
        .and_then(|(_, rest)| host_and_port(rest.split('/').next()?).ok())
        .is_some_and(|(host, _)| is_loopback(host))
}

/// Whether the server is at that port of this machine.
pub fn is_at_port(address: &str, port: u16) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else {
        return false;
    };
    let usual = if scheme.eq_ignore_ascii_case("https") {
        "443"
    } else {
        "80"
    };
    let place = rest.split('/').next().map(host_and_port);
    matches!(place, Some(Ok((host, at))) if is_loopback(host) && at.unwrap_or(usual).parse() == Ok(port))
}

fn host_and_port(authority: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let Some((host, after)) = rest.split_once(']') else {
            return Err("has `[` without `]`".to_owned());
        };
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(format!("has `{host}` where an IPv6 address belongs"));
        }
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err("has something between `]` and the port".to_owned()),
        };
    }
    match authority.split_once(':') {
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

/// Whether a host, without brackets, is this machine by its very name.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_form() {
        let cases = [
            (
                "https://api.example.com/v1/",
                Ok("https://api.example.com/v1"),
            ),
            ("HTTPS://host:8443", Ok("HTTPS://host:8443")),
            ("http://127.0.0.1:8080/v1", Ok("http://127.0.0.1:8080/v1")),
            ("http://127.8.9.1", Ok("http://127.8.9.1")),
            ("http://[::1]:1234/v1", Ok("http://[::1]:1234/v1")),
            ("http://localhost:11434", Ok("http://localhost:11434")),
            ("http://box.localhost", Ok("http://box.localhost")),
            ("", Err("must begin with https:// or http://")),
            (
                "api.example.com",
                Err("must begin with https:// or http://"),
            ),
            (
                "ftp://host",
                Err("must begin with https:// or http://, not ftp://"),
            ),
            ("https://", Err("names no host")),
            ("https:///v1", Err("names no host")),
            ("https://:80", Err("names no host")),
            (
                "https://host:port",
                Err("has `port` where a port from 0 to 65535 belongs"),
            ),
            (
                "https://host:99999",
                Err("has `99999` where a port from 0 to 65535 belongs"),
            ),
            ("https://[::1", Err("has `[` without `]`")),
            (
                "https://[zz]",
                Err("has `zz` where an IPv6 address belongs"),
            ),
            (
                "https://[::1]x",
                Err("has something between `]` and the port"),
            ),
            ("https://a b", Err("has blanks or control characters in it")),
            (
                "https://a\u{1b}[2J",
                Err("has blanks or control characters in it"),
            ),
            (
                "https://host/v1?key=x",
                Err("must end with the path, without `?` or `#`"),
            ),
            (
                "https://me:secret@host",
                Err("must not contain a user or password: use key_env, key_file or key_command"),
            ),
            (
                "http://192.168.1.5:8080/v1",
                Ok("http://192.168.1.5:8080/v1"),
            ),
        ];
        for (address, expected) in cases {
            assert_eq!(
                check(address),
                expected.map(str::to_owned).map_err(str::to_owned),
                "{address}"
            );
        }
    }

    #[test]
    fn plain_http_to_another_machine_is_read_on_the_way() {
        for (address, expected) in [
            ("http://192.168.1.5:8080/v1", Some("192.168.1.5")),
            ("HTTP://box.local/v1", Some("box.local")),
            ("http://[fe80::1]:80/v1", Some("fe80::1")),
            (
                "http://localhost.example.com",
                Some("localhost.example.com"),
            ),
            (
                "http://127.0.0.1.example.com",
                Some("127.0.0.1.example.com"),
            ),
            ("https://192.168.1.5/v1", None),
            ("http://127.0.0.1:8080/v1", None),
            ("http://[::1]:1234", None),
            ("http://LOCALHOST:1", None),
            ("", None),
        ] {
            assert_eq!(readable_at(address), expected, "{address}");
        }
    }

    #[test]
    fn a_port_of_this_machine_is_known_by_each_of_its_names() {
        let cases = [
            ("http://127.0.0.1:11434", true),
            ("http://localhost:11434/v1", true),
            ("http://[::1]:11434/v1", true),
            ("http://127.0.0.1:8080/v1", false),
            ("http://10.0.0.2:11434", false),
            ("http://127.0.0.1", false),
            ("", false),
        ];
        for (address, expected) in cases {
            assert_eq!(is_at_port(address, 11434), expected, "{address}");
        }
        assert!(is_at_port("http://localhost/v1", 80));
        assert!(is_at_port("https://localhost/v1", 443));
    }

    #[test]
    fn only_this_machine_is_local() {
        for (address, expected) in [
            ("http://127.0.0.1:8080/v1", true),
            ("https://localhost", true),
            ("http://[::1]/v1", true),
            ("https://api.example.com", false),
            ("https://127.0.0.1.example.com", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_local(address), expected, "{address}");
        }
    }
}
