//! The room of orders to the queue of work: what becomes of pieces that it has set aside. For administrators of the platform.

mod retry_work;
