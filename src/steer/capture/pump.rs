//! A source that may have nothing to give for long, read so that its reader can be told to stop.
//!
//! A read from a pipe or terminal ends when something comes, and a signal does not change that. So a thread
//! of its own opens and reads, and who waits for what it reads looks, while it waits, at whether
//! it should. The thread is left to itself then: it ends with the process, or at its next piece.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Most bytes of one piece, as many as a pipe holds by default.
const PIECE_BYTES: usize = 1 << 16;
/// Pieces that are read ahead.
const PIECES: usize = 16;
/// Between two looks at whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The reading end; an error of kind `Other` once it was told to stop.
pub(super) struct Pump {
    pieces: Receiver<io::Result<Vec<u8>>>,
    stop: Arc<AtomicBool>,
    piece: Vec<u8>,
    used: usize,
}

impl Pump {
    /// Reads from what `open` gives until `stop` is set.
    ///
    /// # Errors
    /// When the system gives no thread. What `open` says against it comes with the first read.
    pub(super) fn new<R: Read>(
        open: impl FnOnce() -> io::Result<R> + Send + 'static,
        stop: Arc<AtomicBool>,
    ) -> io::Result<Self> {
        let (sender, pieces) = mpsc::sync_channel(PIECES);
        thread::Builder::new().name("capture".to_owned()).spawn(move || {
            let mut source = match open() {
                Ok(source) => source,
                // Nobody may be there to be told.
                Err(error) => return drop(sender.send(Err(error))),
            };
            loop {
                let mut piece = vec![0; PIECE_BYTES];
                let read = match source.read(&mut piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    read => read,
                };
                let last = !matches!(read, Ok(1..));
                let piece = read.map(|length| {
                    piece.truncate(length);
                    piece
                });
                if sender.send(piece).is_err() || last {
                    return;
                }
            }
        })?;
        Ok(Self { pieces, stop, piece: Vec::new(), used: 0 })
    }
}

impl Read for Pump {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.used == self.piece.len() {
            if self.stop.load(Ordering::Acquire) {
                return Err(io::Error::other("told to stop"));
            }
            match self.pieces.recv_timeout(LOOK_EVERY) {
                Ok(Ok(piece)) if piece.is_empty() => return Ok(0),
                Ok(Ok(piece)) => (self.piece, self.used) = (piece, 0),
                Ok(Err(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) => {}
                // The end was told before.
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
        let mut rest = self.piece.get(self.used..).unwrap_or_default();
        let read = rest.read(into)?;
        self.used += read;
        Ok(read)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::cast_possible_truncation)] // a test may fail loudly
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::time::Instant;

    #[test]
    fn all_bytes_come_in_order_and_then_the_end() {
        let sent: Vec<u8> = (0..3 * PIECES * PIECE_BYTES + 7).map(|number| (number % 251) as u8).collect();
        let source = io::Cursor::new(sent.clone());
        let mut pump = Pump::new(move || Ok(source), Arc::default()).unwrap();
        let mut got = Vec::new();
        pump.read_to_end(&mut got).unwrap();
        assert!(got == sent, "{} of {} bytes", got.len(), sent.len());
        assert_eq!(pump.read(&mut [0]).unwrap(), 0, "the end stays the end");
    }

    #[test]
    fn who_waits_for_a_silent_source_is_woken_by_the_order_to_stop() {
        let (source, mut sink) = io::pipe().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let mut pump = Pump::new(move || Ok(source), Arc::clone(&stop)).unwrap();
        sink.write_all(b"some").unwrap();
        let mut got = [0; 4];
        pump.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"some");
        let begin = Instant::now();
        let teller = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            stop.store(true, Ordering::Release);
        });
        assert_eq!(pump.read(&mut got).unwrap_err().kind(), io::ErrorKind::Other);
        assert!(begin.elapsed() < Duration::from_secs(10));
        teller.join().unwrap();
    }

    #[test]
    fn what_the_source_says_against_it_reaches_the_reader() {
        let refuse = || Err::<io::Empty, _>(io::Error::from(io::ErrorKind::PermissionDenied));
        let mut pump = Pump::new(refuse, Arc::default()).unwrap();
        assert_eq!(pump.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
