//! `opensail projection …`: how far each read model is, as the server's readiness tells.

use serde_json::Value;

use super::CliError;
use super::arguments::Projection;
use super::connect::connect;

pub async fn execute(command: Projection) -> Result<(), CliError> {
    let connection = connect().await?;
    let ready = connection.client.get("/readyz", &[]).await;
    connection.close().await;
    let ready = ready?;
    let projections: Vec<&Value> =
        ready["back_ends"].as_array().into_iter().flatten().filter(|part| part["lag_events"].is_number()).collect();
    match command {
        Projection::List { json } => {
            for projection in projections {
                if json {
                    println!("{projection}");
                } else {
                    let name = projection["name"].as_str().unwrap_or_default();
                    let number = |field: &str| projection[field].as_f64().unwrap_or_default();
                    println!("{name:<28} position {:>8}  lag {:>6}  parked {}", number("position"), number("lag_events"), number("parked"));
                }
            }
            Ok(())
        }
        Projection::Lag => {
            let behind: u64 = projections.iter().filter_map(|projection| projection["lag_events"].as_f64()).sum::<f64>() as u64;
            println!("{behind}");
            if behind == 0 { Ok(()) } else { Err(CliError::Failed(format!("{behind} events are still to be projected"))) }
        }
    }
}
