//! `opensail serve`: everything in this process until it is told to stop.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::cli::CliError;
use crate::cli::arguments::Role;
use crate::cli::paint::{Ink, Paint};
use crate::mode::{Parts, Server};
use crate::settings::{self, Mode, Settings};

pub(crate) async fn serve(role: Role) -> Result<(), CliError> {
    let settings = Settings::read(&settings::environment()).map_err(|e| CliError::Usage(e.to_string()))?;
    log_to_stderr(&settings.log)?;
    let parts = match role {
        Role::All => Parts::All,
        Role::Api => Parts::Api,
        Role::Worker => Parts::Worker,
    };
    let mode = settings.mode;
    let server = Server::start(settings, parts).await.map_err(|e| CliError::Failed(e.to_string()))?;
    let paint = Paint::for_stdout();
    let at = match mode {
        Mode::Desktop => String::new(),
        Mode::Docker => format!(", listening on http://{}", server.address()),
    };
    match parts {
        Parts::Worker => println!("OpenSail works{at}"),
        Parts::All | Parts::Api => println!("OpenSail is at {}{at}", paint.ink(Ink::Bold, server.url())),
    }
    // A command that was typed before may have had the first start to itself.
    match server.first_link() {
        Some(link) => println!("Sign in (once, within 15 minutes): {}", paint.ink(Ink::Cyan, link)),
        None if mode == Mode::Desktop => println!("Sign in: opensail sign-in-link"),
        None => {}
    }
    if mode == Mode::Desktop {
        println!("Try it: opensail session run \"show me what you can do\" --project <folder>   Stop: Ctrl-C");
    }
    until_told_to_stop(&server).await?;
    tracing::info!("stopping; unfinished sessions go on at the next start, or in another process");
    server.stop().await;
    Ok(())
}

async fn until_told_to_stop(server: &Server) -> Result<(), CliError> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        signal = tokio::signal::ctrl_c() => Ok(signal?),
        _ = terminate.recv() => Ok(()),
        () = server.failed() => Err(CliError::Failed("a part that everything rests on has failed; the log says why".into())),
    }
}

fn log_to_stderr(filter: &str) -> Result<(), CliError> {
    let filter = EnvFilter::try_new(filter).map_err(|e| CliError::Usage(format!("RUST_LOG: {e}")))?;
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    Ok(())
}
