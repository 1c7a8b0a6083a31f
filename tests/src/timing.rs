//! What benchmarks tell of time: percentiles, the disk's flush, the cores' work; and on which databases they do.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::postgres::{Database, fresh_database};
use crate::world::World;

/// The word on the command line that says what alone is measured; empty for everything. Cargo's own words begin with dashes.
pub fn wanted() -> String {
    std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default()
}

/// Measures on the databases that are [`wanted`] (`sqlite`, `postgres`), or on both: in a world at rest for each, made when its turn comes.
pub async fn on_each_database(program: &str, mut measure: impl AsyncFnMut(World)) {
    let wanted = wanted();
    println!("{}", machine());
    for ground in ["sqlite", "postgres"].into_iter().filter(|ground| ground.contains(&wanted)) {
        let database = if ground == "postgres" { Some(fresh_database().await) } else { None };
        let world = World::at_rest(program, &database.iter().flat_map(Database::settings).collect::<Vec<_>>());
        println!("{ground}");
        measure(world).await;
    }
}

/// How long each of some things took.
pub struct Times {
    sorted: Vec<Duration>,
}

impl From<Vec<Duration>> for Times {
    fn from(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Times { sorted: times }
    }
}

impl Times {
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Milliseconds within which this share of them was done: 0.5 is the median, 1 the longest. Not a number when there are none.
    pub fn ms(&self, share: f64) -> f64 {
        let place = (self.sorted.len() as f64 * share) as usize;
        let time = self.sorted.get(place.min(self.sorted.len().saturating_sub(1)));
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }
}

/// Bytes that a process has for itself in memory, without what lies in files too; 0 when it is not known.
pub fn own_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// What figures depend on: the machine, and the median time of writing 8 KiB to the disk under the temporary folder.
pub fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim_start_matches([' ', '\t', ':']).trim().to_owned()
    };
    let memory = field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / (1024 * 1024);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = field("/proc/cpuinfo", "model name");
    format!("{cores} cores of {processor}, {memory} GiB, Linux {}; a flush of 8 KiB takes {:.2} ms (median)", kernel.trim(), flush_ms())
}

fn flush_ms() -> f64 {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let times: Vec<_> = (0..200)
        .map(|_| {
            let start = Instant::now();
            file.write_all(&[0; 8192]).and_then(|()| file.as_file().sync_data()).expect("flushed");
            start.elapsed()
        })
        .collect();
    Times::from(times).ms(0.5)
}

/// What this process has used of the machine's cores: user and system time, counted by Linux in hundredths of a second.
pub fn cpu() -> Duration {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the program's name, which may hold blanks, the 12th and 13th field.
    let fields = told.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}
