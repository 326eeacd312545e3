//! Output of components: on standard output in order with the lines of consoles, on standard error in order with all
//! messages.

use std::io;

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi_io::async_trait;
use wasmtime_wasi_io::bytes::Bytes;

use crate::stdio;

/// Standard output of the executable.
#[derive(Debug)]
pub(super) struct StandardOutput;

impl IsTerminal for StandardOutput {
    fn is_terminal(&self) -> bool {
        IsTerminal::is_terminal(&io::stdout())
    }
}

impl StdoutStream for StandardOutput {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Stream(io::stdout().p2_stream()))
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        io::stdout().async_stream()
    }
}

struct Stream(Box<dyn OutputStream>);

impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if stdio::prints_are_redirected() {
            stdio::write_message(&bytes);
            return Ok(());
        }
        stdio::print(|| {
            self.0.write(bytes)?;
            self.0.flush()
        })
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.0.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.0.check_write()
    }
}

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {
        self.0.ready().await;
    }
}

/// Standard error of the executable.
#[derive(Debug)]
pub(super) struct StandardError;

/// Most bytes that a component may write at once.
const AT_ONCE: usize = 64 << 10;

impl IsTerminal for StandardError {
    fn is_terminal(&self) -> bool {
        IsTerminal::is_terminal(&io::stderr())
    }
}

impl StdoutStream for StandardError {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Messages)
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        io::stderr().async_stream()
    }
}

struct Messages;

impl OutputStream for Messages {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        stdio::write_message(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(AT_ONCE)
    }
}

#[async_trait]
impl Pollable for Messages {
    async fn ready(&mut self) {}
}
