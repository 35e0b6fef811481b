//! One question, one answer over gRPC, without generated code.

use std::time::Duration;

use http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

/// Lists of a node with many containers are larger than the 4 MiB that gRPC
/// takes by default; the kubelet takes as much.
const MESSAGE_LIMIT: usize = 16 << 20;

/// In bytes, of all headers of an answer.
pub const HEADER_LIMIT: u32 = 16 << 10;

/// Calls a method by its path (`/runtime.v1.RuntimeService/Version`). Without
/// a `timeout` it takes as long as it takes.
pub async fn unary<Q, A>(
    channel: &Channel,
    path: String,
    timeout: Option<Duration>,
    question: Q,
) -> Result<A, Box<tonic::Status>>
where
    Q: prost::Message + 'static,
    A: prost::Message + Default + 'static,
{
    let path = PathAndQuery::try_from(path)
        .map_err(|error| Box::new(tonic::Status::internal(error.to_string())))?;
    let mut client =
        tonic::client::Grpc::new(channel.clone()).max_decoding_message_size(MESSAGE_LIMIT);
    let asked = async {
        client
            .ready()
            .await
            .map_err(|error| tonic::Status::unavailable(error.to_string()))?;
        let codec = ProstCodec::<Q, A>::default();
        client
            .unary(tonic::Request::new(question), path, codec)
            .await
    };
    let answer = match timeout {
        None => asked.await,
        Some(timeout) => tokio::time::timeout(timeout, asked)
            .await
            .unwrap_or_else(|_| {
                Err(tonic::Status::deadline_exceeded(format!(
                    "no answer within {}s",
                    timeout.as_secs()
                )))
            }),
    };
    answer.map(tonic::Response::into_inner).map_err(Box::new)
}
