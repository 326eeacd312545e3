//! Glue's imports from the host, for everything that glue cannot do within the sandbox. Bytes pass through the scratch
//! area of the exchange memory, so that nothing here reads or writes the memory of a guest.

use wasmtime::{Caller, Engine, Error, Linker, Result};

use super::data::ShellData;
use super::violation::{TOO_MUCH, Violation};
use crate::bounds;
use crate::buffer::{BufferError, BufferId, BufferPool, ContentType};
use crate::capability::Capability;
use crate::crossing::cause::bounded;
use crate::error::ComponentError;
use crate::layout::{node, scratch};
use crate::sandbox::{self, Stream};

type Host<'a> = Caller<'a, ShellData>;

/// Error number of WASI 0.1: a write failed.
const IO: i32 = 29;

/// The linker with all of module `host`.
///
/// # Errors
/// When a name is defined twice, which would be a bug here.
pub(super) fn linker(engine: &Engine) -> Result<Linker<ShellData>> {
    let mut linker = Linker::new(engine);
    add_rules(&mut linker)?;
    add_buffers(&mut linker)?;
    add_texts(&mut linker)?;
    add_system(&mut linker)?;
    Ok(linker)
}

fn add_rules(linker: &mut Linker<ShellData>) -> Result<()> {
    linker.func_wrap(
        "host",
        "violation",
        |_: Host<'_>, kind: u32, detail: u32| -> Result<()> { Err(Violation { kind, detail }.into()) },
    )?;
    Ok(())
}

fn add_buffers(linker: &mut Linker<ShellData>) -> Result<()> {
    linker.func_wrap("host", "allocate", |mut host: Host<'_>, capacity: u64| {
        let node = host.data().node();
        let pool = pool(&mut host);
        let allocated = pool.allocate_for(node, capacity);
        answer(pool, allocated, capacity)
    })?;
    linker.func_wrap("host", "clone", |mut host: Host<'_>, id: u32| {
        let node = host.data().node();
        clone(pool(&mut host), node, BufferId::from_rep(id))
    })?;
    linker.func_wrap("host", "free", |mut host: Host<'_>, id: u32| {
        pool(&mut host).give_back_heap(BufferId::from_rep(id));
    })?;
    linker.func_wrap(
        "host",
        "heap_read",
        |mut host: Host<'_>, id: u32, offset: u32, len: u32| {
            pool(&mut host).heap_read(BufferId::from_rep(id), offset, len);
        },
    )?;
    linker.func_wrap(
        "host",
        "heap_write",
        |mut host: Host<'_>, id: u32, offset: u32, len: u32| {
            pool(&mut host).heap_write(BufferId::from_rep(id), offset, len);
        },
    )?;
    linker.func_wrap("host", "result", |mut host: Host<'_>| {
        let node = host.data().node();
        let pool = pool(&mut host);
        let block = pool.node_base(node);
        let buffer = BufferId::from_rep(pool.memory().u32(block + node::RESULT));
        let named = pool.memory().u32(block + node::RESULT_TYPE).cast_signed();
        let content_type = u32::try_from(named).ok().map(ContentType::from_number);
        host.data_mut().results.push((buffer, content_type));
    })?;
    Ok(())
}

/// Makes a mutable copy of a buffer that the guest owns or was lent.
fn clone(pool: &mut BufferPool, node: usize, source: BufferId) -> Result<i64> {
    let bytes = pool.contents(source).map_err(stale)?.to_vec();
    let content_type = pool.content_type(source).map_err(stale)?;
    let copy = pool.allocate_for(node, bytes.len() as u64);
    if let Ok(copy) = copy {
        pool.append(copy, &bytes).map_err(stale)?;
        let name = pool.content_types.name(content_type).to_owned();
        pool.set_content_type(copy, &name).map_err(stale)?;
        pool.count_written(node, bytes.len());
    }
    Ok(answer(pool, copy, bytes.len() as u64))
}

/// The error for a buffer that glue has checked before: a bug of the runtime.
fn stale(error: BufferError) -> Error {
    Error::msg(format!("the buffer is not there: {error:?}"))
}

/// The id of a new buffer; or -1 - length of the reason why there is none, which is written to scratch.
fn answer(pool: &mut BufferPool, allocated: std::result::Result<BufferId, BufferError>, capacity: u64) -> i64 {
    match allocated {
        Ok(id) => i64::from(id.rep()),
        Err(error) => {
            let reason = pool.refuse(error, capacity).words;
            pool.write_scratch(reason.as_bytes());
            -1 - reason.len() as i64
        }
    }
}

fn add_texts(linker: &mut Linker<ShellData>) -> Result<()> {
    linker.func_wrap("host", "text", |mut host: Host<'_>, len: u32| {
        let data = host.data_mut();
        // A text of any length comes in parts, and the guest, whose code can be stopped, does not run between them.
        data.watched.check()?;
        pass(data, u64::from(len))?;
        let ShellData { pool, text, .. } = data;
        text.extend_from_slice(lent(pool).read_scratch(len));
        Ok(())
    })?;
    linker.func_wrap("host", "content_type", |mut host: Host<'_>| {
        let text = take_text(host.data_mut())?;
        host.data_mut().passed_bytes = 0;
        let interned = pool(&mut host).content_types.intern(&text);
        Ok(interned.map_or(-1, |content_type| content_type.number().cast_signed()))
    })?;
    linker.func_wrap("host", "failed", |mut host: Host<'_>, case: u32| {
        let text = bounded(take_text(host.data_mut())?);
        host.data_mut().passed_bytes = 0;
        host.data_mut().error = Some(match case {
            0 => ComponentError::InvalidInput(text),
            1 => ComponentError::Unavailable(text),
            2 => ComponentError::Internal(text),
            3 => ComponentError::DeadlineExceeded,
            _ => ComponentError::Fatal(text),
        });
        Ok(())
    })?;
    linker.func_wrap("host", "port", |mut host: Host<'_>| {
        let text = take_text(host.data_mut())?;
        // The names of a list count together: they are passed to the host as a whole.
        pass(host.data_mut(), size_of::<String>() as u64)?;
        host.data_mut().ports.push(text);
        Ok(())
    })?;
    linker.func_wrap("host", "config", |mut host: Host<'_>, offset: u32| {
        let data = host.data_mut();
        let rest = data.config.as_bytes().get(offset as usize..).unwrap_or_default();
        let part = &rest[..rest.len().min(scratch::SIZE as usize)];
        lent(&mut data.pool).write_scratch(part);
        part.len() as u32
    })?;
    add_capabilities(linker)
}

fn add_capabilities(linker: &mut Linker<ShellData>) -> Result<()> {
    linker.func_wrap("host", "has_capability", |mut host: Host<'_>| {
        let asked = take_text(host.data_mut())?;
        host.data_mut().passed_bytes = 0;
        Ok(u32::from(host.data().sandbox().has(&asked)))
    })?;
    linker.func_wrap("host", "capabilities", |host: Host<'_>| {
        host.data().sandbox().grants().len() as u32
    })?;
    linker.func_wrap("host", "capability", |mut host: Host<'_>, position: u32| {
        let name = host.data().sandbox().grants()[position as usize];
        pool(&mut host).write_scratch(name.as_bytes());
        name.len() as u32
    })?;
    Ok(())
}

fn add_system(linker: &mut Linker<ShellData>) -> Result<()> {
    linker.func_wrap("host", "write", |mut host: Host<'_>, stream: u32, len: u32| {
        let bytes = pool(&mut host).read_scratch(len);
        let stream = match stream {
            1 => Stream::Output,
            _ => Stream::Error,
        };
        sandbox::print(stream, bytes).map_or(IO, |()| 0)
    })?;
    linker.func_wrap("host", "clock", |host: Host<'_>, clock: u32| -> Result<u64> {
        let sandbox = host.data().sandbox();
        let since = match clock {
            0 => sandbox.wall_clock()?,
            _ => sandbox.monotonic_clock()?,
        };
        Ok(since.as_nanos() as u64)
    })?;
    linker.func_wrap("host", "random", |mut host: Host<'_>, len: u32| -> Result<()> {
        host.data().sandbox().permit(Capability::Random)?;
        // As for texts.
        host.data().watched.check()?;
        fill_scratch(&mut host, len)
    })?;
    linker.func_wrap("host", "seed", |mut host: Host<'_>, len: u32| {
        fill_scratch(&mut host, len)
    })?;
    linker.func_wrap("host", "exit", |_: Host<'_>, code: i32| -> Result<()> {
        // The same words as on the component path.
        Err(Error::msg(format!("Exited with i32 exit status {code}")))
    })?;
    Ok(())
}

/// Fills the first `len` bytes of scratch with random ones.
fn fill_scratch(host: &mut Host<'_>, len: u32) -> Result<()> {
    let bytes = sandbox::random(len as usize)?;
    pool(host).write_scratch(&bytes);
    Ok(())
}

/// Counts bytes that the guest passes to the host for one call or result.
///
/// # Errors
/// When there are more than [`crate::bounds::CALL_BYTES`].
fn pass(data: &mut ShellData, bytes: u64) -> Result<()> {
    data.passed_bytes += bytes;
    match data.passed_bytes <= bounds::CALL_BYTES {
        true => Ok(()),
        false => Err(Error::msg(TOO_MUCH)),
    }
}

/// The text that the guest passed.
///
/// # Errors
/// When it is not UTF-8.
fn take_text(data: &mut ShellData) -> Result<String> {
    let text = std::mem::take(&mut data.text);
    Ok(String::from_utf8(text).map_err(|error| error.utf8_error())?)
}

/// The flow's buffers.
fn pool<'a>(host: &'a mut Host<'_>) -> &'a mut BufferPool {
    lent(&mut host.data_mut().pool)
}

fn lent(pool: &mut Option<Box<BufferPool>>) -> &mut BufferPool {
    let pool = pool.as_deref_mut();
    pool.expect("invariant: glue calls the host only while its shell has the flow's buffers")
}
