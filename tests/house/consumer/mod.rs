//! Consumers that several workers share, as those who run the platform administer them.

mod parked_streams;
