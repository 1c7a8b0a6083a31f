use axum::Json;
use axum::extract::State;
use opensail_commands::consumer::{Condition, Ordered, ParkedStream};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::signed::Signed;
use crate::problem::Problem;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
#[schema(as = StreamsParkedByConsumers)]
pub(super) struct ListBody {
    items: Vec<ItemBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = StreamParkedByConsumer)]
pub(super) struct ItemBody {
    /// Name of the consumer.
    consumer: String,
    partition: u32,
    stream: String,
    status: Status,
    /// Place in the journal of the event that could not be handled; of a stream that goes on, of what is handled next.
    position: u64,
    /// The event that could not be handled; absent where the stream goes on.
    #[serde(flatten)]
    event: Option<EventBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = StatusOfParkedStream)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// It waits for an order.
    Parked,
    /// It is to be tried again as soon as a member looks.
    RetryOrdered,
    /// The event is to be left out as soon as a member looks.
    SkipOrdered,
    /// It was ordered to go on, and what waits is being handled.
    GoingOn,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EventThatCannotBeHandled)]
struct EventBody {
    #[serde(rename = "type")]
    event_type: String,
    version: u32,
    /// Why it could not be handled.
    error: String,
    /// Events of the stream behind it, those included that do not concern the consumer.
    waiting: u64,
}

impl From<ParkedStream> for ItemBody {
    fn from(parked: ParkedStream) -> Self {
        let ParkedStream { group, partition, stream, position, condition } = parked;
        let (status, event) = match condition {
            Condition::GoingOn => (Status::GoingOn, None),
            Condition::Parked { event_type, version, error, waiting, ordered } => {
                let status = match ordered {
                    None => Status::Parked,
                    Some(Ordered::Retry) => Status::RetryOrdered,
                    Some(Ordered::Skip) => Status::SkipOrdered,
                };
                (status, Some(EventBody { event_type, version, error, waiting }))
            }
        };
        ItemBody { consumer: group, partition, stream: stream.to_string(), status, position, event }
    }
}

/// Streams that consumers have set aside, because an event of theirs could not be handled. Administrators of the platform only.
#[utoipa::path(get, path = "/api/v1/consumers/parked", tag = "operations", responses((status = 200, description = "Each parked stream", body = ListBody)))]
pub(super) async fn list_streams_parked_by_consumers(State(api): State<Api>, signed: Signed) -> Result<Json<ListBody>, Problem> {
    let items = api.commands().parked_by_consumers(&signed.caller).await?.into_iter().map(ItemBody::from).collect();
    Ok(Json(ListBody { items }))
}
