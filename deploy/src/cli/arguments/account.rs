//! What may be typed about people.

use clap::Subcommand;

#[derive(Subcommand)]
pub enum Account {
    /// Forget a person, for ever: name and addresses are gone, the events stay
    Forget {
        /// Id of the account
        account: String,
        /// Readable for ever, so it should name nobody
        #[arg(long)]
        reason: String,
    },
}
