//! The composition root: reads the settings, opens the back ends, hands them to the others; and the command line.

pub mod cli;
pub mod data_folder;
pub mod mode;
pub mod operations;
mod port_holder;
pub mod product;
mod serve;
pub mod settings;

use clap::Parser;
use cli::CliError;
use cli::arguments::{Arguments, Command};

/// The program `opensail`: does what its arguments say and ends the process with the contract's exit code.
pub fn run() {
    if let Some(code) = opensail_workers::outside::sandbox::serve_if_inside() {
        std::process::exit(code);
    }
    let arguments = Arguments::parse();
    let done = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let done = runtime.block_on(execute(arguments.command));
            // A thread may still wait for a line of input that nobody will type.
            runtime.shutdown_background();
            done
        }
        Err(e) => Err(CliError::Failed(format!("no runtime: {e}"))),
    };
    if let Err(error) = done {
        eprintln!("opensail: {error}");
        std::process::exit(error.code());
    }
}

async fn execute(command: Command) -> Result<(), CliError> {
    match command {
        Command::Serve(arguments) => serve::serve(arguments.role).await,
        Command::Session(command) => cli::session::execute(command).await,
        Command::Audit(command) => cli::audit::execute(command).await,
        Command::Account(command) => cli::account::execute(command).await,
        Command::Storage(command) => cli::storage::execute(command).await,
        Command::Projection(command) => cli::projection::execute(command).await,
        Command::Consumer(command) => cli::consumer::execute(command).await,
        Command::Work(command) => cli::work::execute(command).await,
        Command::Migrate => cli::folder::migrate().await,
        Command::Backup { file } => cli::folder::backup(&file).await,
        Command::Restore { file, forgotten } => cli::folder::restore(&file, forgotten.as_deref()).await,
        Command::NewEpoch => cli::folder::new_epoch().await,
        Command::Config { json } => cli::config::config(json),
        Command::Doctor { json } => cli::doctor::doctor(json).await,
        Command::SignInLink => cli::folder::sign_in_link().await,
    }
}
