//! How much one command may use. The defaults are those of a small build machine; tests use less.

use std::time::Duration;

/// Memory of all processes of one command together, bytes: 2 GiB.
pub const MEMORY_BYTES: u64 = 2 << 30;
/// Processes and threads alive at once in one command.
pub const PROCESSES: u64 = 256;
/// Processor time per second of wall time, in thousandths of a processor: two processors' worth.
pub const CPU_MILLIS: u64 = 2_000;
/// Size of any one file the command writes, bytes: 1 GiB.
pub const FILE_BYTES: u64 = 1 << 30;
/// Size of the private /tmp, and of the private home, bytes each: 512 MiB.
pub const TMP_BYTES: u64 = 512 << 20;
/// Size of /dev/shm, bytes: 64 MiB, as container engines give.
pub const SHM_BYTES: u64 = 64 << 20;
/// Open files per process.
pub const OPEN_FILES: u64 = 4_096;

/// Largest piece of output sent at once, bytes.
pub const CHUNK_BYTES: usize = 64 << 10;
/// How long a start may take before it is given up.
pub(super) const START_LIMIT: Duration = Duration::from_secs(10);
/// How long the output left in the pipes is still handed over after a timeout or a cancel, when nobody takes it.
pub(super) const DRAIN_GRACE: Duration = Duration::from_secs(2);
/// How often the rung without control groups looks at what the command uses.
pub(super) const WATCH_EVERY: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    pub memory_bytes: u64,
    pub processes: u64,
    pub cpu_millis: u64,
    pub file_bytes: u64,
    pub tmp_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: MEMORY_BYTES, processes: PROCESSES, cpu_millis: CPU_MILLIS, file_bytes: FILE_BYTES, tmp_bytes: TMP_BYTES }
    }
}
