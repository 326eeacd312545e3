//! Buffers: what components import.

use wasmtime::component::Resource;

use super::bindings::torvyn::streaming::types::BufferError;
use super::bindings::torvyn::streaming::{buffer_allocator, types};
use super::{Buffer, FlowContext, Host, MutableBuffer};

type Trapping<T> = wasmtime::Result<T>;
type Written = Trapping<Result<(), BufferError>>;
type Allocated = Trapping<Result<Resource<MutableBuffer>, BufferError>>;

impl types::Host for Host {}

impl types::HostBuffer for Host {
    fn size(&mut self, this: Resource<Buffer>) -> Trapping<u64> {
        Ok(self.table.get(&this)?.bytes.len() as u64)
    }

    fn content_type(&mut self, this: Resource<Buffer>) -> Trapping<String> {
        Ok(self.table.get(&this)?.content_type.clone())
    }

    fn read(&mut self, this: Resource<Buffer>, offset: u64, len: u64) -> Trapping<Vec<u8>> {
        let bytes = &self.table.get(&this)?.bytes;
        let start = usize::try_from(offset).map_or(bytes.len(), |offset| offset.min(bytes.len()));
        let end = usize::try_from(len).map_or(bytes.len(), |len| start.saturating_add(len).min(bytes.len()));
        let part = bytes[start..end].to_vec();
        self.copies += 1;
        Ok(part)
    }

    fn read_all(&mut self, this: Resource<Buffer>) -> Trapping<Vec<u8>> {
        let bytes = self.table.get(&this)?.bytes.clone();
        self.copies += 1;
        Ok(bytes)
    }

    fn drop(&mut self, this: Resource<Buffer>) -> Trapping<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl types::HostMutableBuffer for Host {
    fn write(&mut self, this: Resource<MutableBuffer>, offset: u64, bytes: Vec<u8>) -> Written {
        let draft = self.table.get_mut(&this)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        if start > draft.bytes.len() {
            return Ok(Err(BufferError::OutOfBounds));
        }
        if bytes.len() > draft.capacity - start {
            return Ok(Err(BufferError::CapacityExceeded));
        }
        let kept = draft.bytes.len().min(start + bytes.len());
        draft.bytes.splice(start..kept, bytes);
        self.copies += 1;
        Ok(Ok(()))
    }

    fn append(&mut self, this: Resource<MutableBuffer>, bytes: Vec<u8>) -> Written {
        let draft = self.table.get_mut(&this)?;
        if bytes.len() > draft.capacity - draft.bytes.len() {
            return Ok(Err(BufferError::CapacityExceeded));
        }
        draft.bytes.extend_from_slice(&bytes);
        self.copies += 1;
        Ok(Ok(()))
    }

    fn size(&mut self, this: Resource<MutableBuffer>) -> Trapping<u64> {
        Ok(self.table.get(&this)?.bytes.len() as u64)
    }

    fn capacity(&mut self, this: Resource<MutableBuffer>) -> Trapping<u64> {
        Ok(self.table.get(&this)?.capacity as u64)
    }

    fn set_content_type(&mut self, this: Resource<MutableBuffer>, content_type: String) -> Trapping<()> {
        self.table.get_mut(&this)?.content_type = content_type;
        Ok(())
    }

    fn freeze(&mut self, this: Resource<MutableBuffer>) -> Trapping<Resource<Buffer>> {
        let draft = self.table.get_mut(&this)?;
        // The component drops the handle later; nothing can be written through it until then.
        draft.capacity = 0;
        let frozen = Buffer {
            bytes: std::mem::take(&mut draft.bytes),
            content_type: std::mem::take(&mut draft.content_type),
        };
        Ok(self.table.push(frozen)?)
    }

    fn drop(&mut self, this: Resource<MutableBuffer>) -> Trapping<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl types::HostFlowContext for Host {
    fn trace_id(&mut self, _: Resource<FlowContext>) -> Trapping<String> {
        Ok(String::new())
    }

    fn span_id(&mut self, _: Resource<FlowContext>) -> Trapping<String> {
        Ok(String::new())
    }

    fn deadline_ns(&mut self, _: Resource<FlowContext>) -> Trapping<u64> {
        Ok(0)
    }

    fn flow_id(&mut self, _: Resource<FlowContext>) -> Trapping<String> {
        Ok(String::new())
    }

    fn drop(&mut self, this: Resource<FlowContext>) -> Trapping<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl buffer_allocator::Host for Host {
    fn allocate(&mut self, capacity: u64) -> Allocated {
        let Ok(capacity) = u32::try_from(capacity) else {
            return Ok(Err(BufferError::AllocationFailed("too large".to_owned())));
        };
        let capacity = capacity as usize;
        let draft = MutableBuffer {
            bytes: Vec::with_capacity(capacity),
            capacity,
            content_type: String::new(),
        };
        Ok(Ok(self.table.push(draft)?))
    }

    fn clone_into_mutable(&mut self, source: Resource<Buffer>) -> Allocated {
        let source = self.table.get(&source)?;
        let draft = MutableBuffer {
            bytes: source.bytes.clone(),
            capacity: source.bytes.len(),
            content_type: source.content_type.clone(),
        };
        self.copies += 1;
        Ok(Ok(self.table.push(draft)?))
    }
}
