//! Stages behind gRPC on localhost: tonic, one connection, streaming calls.
//!
//! The stages take turns: the source is in the client, the first processor in the server, the second in the client, and
//! so on. So each message crosses once for each edge of the chain; source, processor, sink are one bidirectional call.
//!
//! tonic sends what a stream has ready in one frame, up to 32 KiB. The source is never short of messages, so that where
//! throughput is measured many small ones travel together.

use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::thread;

use comparison_work::{MESSAGE, STAMPED, stamp};
use tokio::runtime::{Builder, Runtime};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};

use super::CallPath;
use crate::Failed;
use crate::load::{Load, Window};
use crate::pace::{Emitter, Meter, pace};
use stubs::chain_client::ChainClient;
use stubs::chain_server::{Chain, ChainServer};

mod stubs {
    include!(concat!(env!("OUT_DIR"), "/torvyn.comparison.Chain.rs"));
}

/// What a receiver lets a sender have on its way in one call: several of the largest messages.
const STREAM_WINDOW: u32 = 1 << 20;

/// The same for all calls together: more than the longest chain has.
const CONNECTION_WINDOW: u32 = 64 << 20;

/// An element on the wire.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Message {
    #[prost(uint64, tag = "1")]
    sequence: u64,
    #[prost(string, tag = "2")]
    content_type: String,
    #[prost(bytes = "vec", tag = "3")]
    payload: Vec<u8>,
}

/// What a call ends with that has no stream of answers.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Collected {
    #[prost(uint64, tag = "1")]
    messages: u64,
}

/// Its name in output.
pub(super) const NAME: &str = "grpc";

pub(super) struct Grpc {
    runtime: Runtime,
    client: ChainClient<Channel>,
    /// The sink of a chain that ends in the server.
    sink: Sink,
}

impl Grpc {
    /// Starts the server, on a thread of its own that lives as long as the process, and connects to it.
    pub(super) fn start() -> Result<Self, Failed> {
        let sink = Sink::default();
        let service = Stages { sink: sink.clone() };
        let server = Builder::new_current_thread().enable_all().build()?;
        let incoming = {
            let _entered = server.enter();
            TcpIncoming::bind((Ipv4Addr::LOCALHOST, 0).into())?.with_nodelay(Some(true))
        };
        let address = incoming.local_addr()?;
        thread::Builder::new().name("server".to_owned()).spawn(move || {
            let serving = Server::builder()
                .initial_stream_window_size(STREAM_WINDOW)
                .initial_connection_window_size(CONNECTION_WINDOW)
                .add_service(ChainServer::new(service))
                .serve_with_incoming(incoming);
            // Without it every call fails, and says so.
            let _ = server.block_on(serving);
        })?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?
            .tcp_nodelay(true)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW);
        let channel = runtime.block_on(endpoint.connect())?;
        Ok(Self {
            runtime,
            client: ChainClient::new(channel),
            sink,
        })
    }
}

impl CallPath for Grpc {
    fn name(&self) -> &str {
        NAME
    }

    fn run(&mut self, load: &Load) -> Result<Window, Failed> {
        let (emitter, meter) = pace(*load);
        let meter = self
            .runtime
            .block_on(chain(&mut self.client, &self.sink, load, emitter, meter))?;
        meter.finish()
    }
}

/// Makes the calls of a chain, each with the answers of the one before.
async fn chain(
    client: &mut ChainClient<Channel>,
    sink: &Sink,
    load: &Load,
    emitter: Emitter,
    meter: Meter,
) -> Result<Meter, Failed> {
    let mut messages: Messages = Box::pin(SourceStream(emitter));
    let mut edges = load.shape.edges();
    while edges > 2 {
        let answers = client.process(messages).await?.into_inner();
        messages = Box::pin(answers.map_while(Result::ok).map(stamped));
        edges -= 2;
    }
    if edges == 2 {
        let answers = client.process(messages).await?.into_inner();
        return Ok(collect(answers, meter).await?);
    }
    *sink.lock() = Some(meter);
    client.collect(messages).await?;
    sink.lock().take().ok_or_else(|| "the server lost the sink".into())
}

type Messages = Pin<Box<dyn Stream<Item = Message> + Send>>;

struct SourceStream(Emitter);

impl Stream for SourceStream {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        let emitted = self.0.poll_next(cx);
        emitted.map(|emitted| {
            emitted.map(|(sequence, payload)| Message {
                sequence,
                content_type: MESSAGE.to_owned(),
                payload,
            })
        })
    }
}

fn stamped(mut message: Message) -> Message {
    stamp(&mut message.payload, message.sequence);
    message.content_type = STAMPED.to_owned();
    message
}

async fn collect(mut messages: Streaming<Message>, mut meter: Meter) -> Result<Meter, Status> {
    while let Some(message) = messages.message().await? {
        meter.take(&message.payload);
    }
    Ok(meter)
}

/// Where client and server hand each other the sink of a chain.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Option<Meter>>>);

impl Sink {
    fn lock(&self) -> MutexGuard<'_, Option<Meter>> {
        self.0.lock().expect("invariant: panics end the process")
    }
}

/// The stages in the server.
struct Stages {
    sink: Sink,
}

#[tonic::async_trait]
impl Chain for Stages {
    type ProcessStream = Pin<Box<dyn Stream<Item = Result<Message, Status>> + Send>>;

    async fn process(&self, request: Request<Streaming<Message>>) -> Result<Response<Self::ProcessStream>, Status> {
        let answers = request.into_inner().map(|message| message.map(stamped));
        Ok(Response::new(Box::pin(answers)))
    }

    async fn collect(&self, request: Request<Streaming<Message>>) -> Result<Response<Collected>, Status> {
        let meter = self.sink.lock().take();
        let meter = meter.ok_or_else(|| Status::failed_precondition("nobody waits for the result"))?;
        let meter = collect(request.into_inner(), meter).await?;
        let messages = meter.messages();
        *self.sink.lock() = Some(meter);
        Ok(Response::new(Collected { messages }))
    }
}
