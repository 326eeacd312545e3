//! Bytes copied into and out of buffers, by reason.

/// Bytes copied on behalf of a stage, by reason.
#[derive(Clone, Copy, Debug, Default)]
pub struct CopyStats {
    /// Payloads read by the component.
    pub read: Copies,
    /// Payload parts written by the component.
    pub write: Copies,
    /// Sequence number, timestamp and content type, in either direction.
    pub metadata: Copies,
    /// Payloads that a built-in stage built from its input.
    pub host_serialize: Copies,
}

/// Copies for one reason.
#[derive(Clone, Copy, Debug, Default)]
pub struct Copies {
    /// Number of copies.
    pub count: u64,
    /// Bytes copied in all.
    pub bytes: u64,
}

impl Copies {
    /// What was counted since `earlier`.
    #[must_use]
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            count: self.count - earlier.count,
            bytes: self.bytes - earlier.bytes,
        }
    }

    /// The sums of both statistics, reason by reason.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            bytes: self.bytes + other.bytes,
        }
    }
}

impl CopyStats {
    /// What was counted since `earlier`.
    #[must_use]
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            read: self.read.since(earlier.read),
            write: self.write.since(earlier.write),
            metadata: self.metadata.since(earlier.metadata),
            host_serialize: self.host_serialize.since(earlier.host_serialize),
        }
    }

    /// The sums of both counts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            read: self.read.and(other.read),
            write: self.write.and(other.write),
            metadata: self.metadata.and(other.metadata),
            host_serialize: self.host_serialize.and(other.host_serialize),
        }
    }

    /// Every reason, with its word in output.
    #[must_use]
    pub fn by_reason(&self) -> [(&'static str, Copies); 4] {
        [
            ("payload-read", self.read),
            ("payload-write", self.write),
            ("metadata", self.metadata),
            ("host-serialize", self.host_serialize),
        ]
    }
}

/// Bytes of sequence number and timestamp.
pub(crate) const FIXED_METADATA_BYTES: usize = 16;
