//! Many small pieces of work on as many threads as there are cores, for what is worth it.

use std::sync::atomic::{AtomicUsize, Ordering};

const MAX_THREADS: usize = 4;

/// Results in the order of the items; of several errors any one, after which nothing more is begun.
pub(crate) fn side_by_side<T: Sync, R: Send, E: Send>(items: &[T], work: impl Fn(&T) -> Result<R, E> + Sync) -> Result<Vec<R>, E> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    if cores < 2 || items.len() < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return Ok(done) };
            match work(item) {
                Ok(result) => done.push((at, result)),
                Err(error) => {
                    next.store(items.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let mut done = Vec::with_capacity(items.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (1..cores).map(|_| scope.spawn(some)).collect();
        done.extend(some()?);
        for thread in threads {
            match thread.join() {
                Ok(part) => done.extend(part?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(())
    })?;
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_their_items_and_one_error_is_the_answer() {
        let items: Vec<u32> = (0..1000).collect();
        assert_eq!(side_by_side(&items, |item| Ok::<_, ()>(item * 2)), Ok(items.iter().map(|item| item * 2).collect()));
        assert_eq!(side_by_side(&items, |item| if *item == 700 { Err(*item) } else { Ok(()) }), Err(700));
        assert_eq!(side_by_side(&[], |item: &u32| Ok::<_, ()>(*item)), Ok(Vec::new()));
    }
}
