//! The room of orders to read models: what becomes of streams that they have set aside. For administrators of the platform.

mod retry_stream;
mod skip_stream;

pub use retry_stream::RetryStream;
pub use skip_stream::SkipStream;
