//! Tries the functions of WASI, and reports the results: one element per attempt.

#![expect(
    clippy::disallowed_methods,
    reason = "what the sandbox does with such calls is the question"
)]

use std::io::Read as _;
use std::{env, fs, vec};

use torvyn::{Error, Output, Source};

mod sockets {
    wit_bindgen::generate!({ path: "wit", world: "client" });
}

use sockets::wasi::sockets::instance_network::instance_network;
use sockets::wasi::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use sockets::wasi::sockets::tcp_create_socket::create_tcp_socket;

struct WasiProbe {
    reports: vec::IntoIter<String>,
}

#[torvyn::component]
impl Source for WasiProbe {
    fn init(_: ()) -> Result<Self, Error> {
        let mut input = Vec::new();
        let reports = vec![
            format!("variables: {}", env::vars_os().count()),
            format!("arguments: {}", env::args_os().count()),
            format!("stdin: {} bytes", std::io::stdin().read_to_end(&mut input).unwrap_or(0)),
            report("read a file", fs::read("/etc/passwd")),
            report("write a file", fs::write("probe.txt", "probe")),
            report("list a folder", fs::read_dir(".")),
            report("connect", connect()),
        ];
        Ok(WasiProbe {
            reports: reports.into_iter(),
        })
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        self.reports.next().map(|report| Output::text(&report)).transpose()
    }
}

fn connect() -> Result<(), ErrorCode> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
    let address = Ipv4SocketAddress {
        port: 9,
        address: (127, 0, 0, 1),
    };
    socket.start_connect(&instance_network(), IpSocketAddress::Ipv4(address))
}

fn report<T, E>(attempt: &str, result: Result<T, E>) -> String {
    match result {
        Ok(_) => format!("{attempt}: allowed"),
        Err(_) => format!("{attempt}: denied"),
    }
}
