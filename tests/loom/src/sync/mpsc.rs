//! Channels between two threads. Those of loom are unbounded, and neither end notices that the other one is gone.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Arc, Monitor, MutexGuard};

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError};

#[derive(Debug)]
struct Channel<T> {
    queue: VecDeque<T>,
    /// Capacity of the queue.
    bound: usize,
    has_sender: bool,
    has_receiver: bool,
    /// Whether one end waits for the other one: the sender when the queue is full, the receiver when it is empty.
    is_awaited: bool,
}

#[derive(Debug)]
struct Shared<T>(Arc<Monitor<Channel<T>>>);

/// The sending end.
#[derive(Debug)]
pub struct Sender<T>(Shared<T>);

/// The sending end of a bounded channel, which waits when the channel is full.
pub type SyncSender<T> = Sender<T>;

/// The receiving end.
#[derive(Debug)]
pub struct Receiver<T>(Shared<T>);

/// An unbounded channel.
#[must_use]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    sync_channel(usize::MAX)
}

/// A channel with the capacity `bound`.
#[must_use]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let shared = Arc::new(Monitor::new(Channel {
        queue: VecDeque::new(),
        bound,
        has_sender: true,
        has_receiver: true,
        is_awaited: false,
    }));
    (Sender(Shared(Arc::clone(&shared))), Receiver(Shared(shared)))
}

impl<T> Shared<T> {
    /// Waits until the other end changes the channel.
    fn wait<'a>(&'a self, mut channel: MutexGuard<'a, Channel<T>>) -> MutexGuard<'a, Channel<T>> {
        channel.is_awaited = true;
        self.0.wait(channel)
    }

    /// Changes the channel, and notifies the other end.
    fn change<R>(&self, channel: &mut Channel<T>, change: impl FnOnce(&mut Channel<T>) -> R) -> R {
        let changed = change(channel);
        if std::mem::take(&mut channel.is_awaited) {
            self.0.notify_one();
        }
        changed
    }
}

impl<T> Sender<T> {
    /// Sends a value, once there is room.
    ///
    /// # Errors
    /// When the receiver is gone.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        let Self(shared) = self;
        let mut channel = shared.0.lock();
        while channel.has_receiver && channel.queue.len() >= channel.bound {
            channel = shared.wait(channel);
        }
        if !channel.has_receiver {
            return Err(SendError(value));
        }
        shared.change(&mut channel, |channel| channel.queue.push_back(value));
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let Self(shared) = self;
        shared.change(&mut shared.0.lock(), |channel| channel.has_sender = false);
    }
}

impl<T> Receiver<T> {
    fn take(&self, channel: &mut Channel<T>) -> Result<T, TryRecvError> {
        match channel.queue.is_empty() {
            true if channel.has_sender => Err(TryRecvError::Empty),
            true => Err(TryRecvError::Disconnected),
            false => {
                let taken = self.0.change(channel, |channel| channel.queue.pop_front());
                Ok(taken.expect("it is not empty"))
            }
        }
    }

    /// Receives a value that is in the channel.
    ///
    /// # Errors
    /// When it is empty.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.take(&mut self.0.0.lock())
    }

    /// Receives the next value, and waits for it.
    ///
    /// # Errors
    /// When none will come.
    pub fn recv(&self) -> Result<T, RecvError> {
        let mut channel = self.0.0.lock();
        loop {
            match self.take(&mut channel) {
                Ok(taken) => return Ok(taken),
                Err(TryRecvError::Empty) => channel = self.0.wait(channel),
                Err(TryRecvError::Disconnected) => return Err(RecvError),
            }
        }
    }

    /// As [`Receiver::recv`]. The time never passes: no model is about a timeout.
    ///
    /// # Errors
    /// When none will come.
    pub fn recv_timeout(&self, _: Duration) -> Result<T, RecvTimeoutError> {
        self.recv().map_err(RecvTimeoutError::from)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let Self(shared) = self;
        shared.change(&mut shared.0.lock(), |channel| channel.has_receiver = false);
    }
}
