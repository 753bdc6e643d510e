//! Interfaces, addresses and one port of the reader's own network namespace.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use nix::{
    ifaddrs::{InterfaceAddress, getifaddrs},
    net::if_::InterfaceFlags,
};

use super::value::symbol;

/// How long a port may take to answer.
const PATIENCE: Duration = Duration::from_millis(50);

/// What `getifaddrs(3)` tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Net {
    /// `lo DOWN`, `eth0 UP`.
    pub interfaces: Vec<String>,
    /// `lo 127.0.0.1`.
    pub addresses: Vec<String>,
}

impl Net {
    /// Looks now.
    pub fn read() -> io::Result<Self> {
        let mut net = Self::default();
        for entry in getifaddrs()? {
            let state = if entry.flags.contains(InterfaceFlags::IFF_UP) { "UP" } else { "DOWN" };
            let interface = format!("{} {state}", entry.interface_name);
            if !net.interfaces.contains(&interface) {
                net.interfaces.push(interface);
            }
            if let Some(address) = address(&entry) {
                net.addresses.push(format!("{} {address}", entry.interface_name));
            }
        }
        Ok(net)
    }
}

fn address(entry: &InterfaceAddress) -> Option<String> {
    let address = entry.address.as_ref()?;
    let v4 = address.as_sockaddr_in().map(|v4| v4.ip().to_string());
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| v6.ip().to_string()))
}

/// Whether a port of the loopback address answers: `open`, or the symbolic error. At most 50 ms.
pub fn port(port: u16) -> String {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match TcpStream::connect_timeout(&address, PATIENCE) {
        Ok(_) => "open".to_owned(),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => "ETIMEDOUT".to_owned(),
        Err(error) => symbol(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_there_once() {
        let net = Net::read().unwrap();
        assert_eq!(net.interfaces.iter().filter(|i| i.starts_with("lo ")).count(), 1, "{net:?}");
    }

    #[test]
    fn a_port_is_open_while_someone_listens() {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let number = listener.local_addr().unwrap().port();
        assert_eq!(port(number), "open");
        drop(listener);
        assert_eq!(port(number), "ECONNREFUSED");
    }
}
