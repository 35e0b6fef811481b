//! A gRPC server that answers as it is told.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

/// A message, or a gRPC status with its words.
pub type Answer = Result<Vec<u8>, (u32, &'static str)>;

/// Answers a call, by its path and its message.
pub type Answers = Arc<dyn Fn(&str, &[u8]) -> Answer + Send + Sync>;

/// Serves one connection until it ends.
pub async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, answers: Answers) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(answer(request, respond, Arc::clone(&answers)));
    }
}

async fn answer(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<bytes::Bytes>,
    answers: Answers,
) {
    let (head, mut body) = request.into_parts();
    let mut question = Vec::new();
    while let Some(Ok(chunk)) = body.data().await {
        let _ = body.flow_control().release_capacity(chunk.len());
        question.extend_from_slice(&chunk);
    }
    // A byte that tells of compression, four of length.
    let message = question.get(5..).unwrap_or_default();
    let response = http::Response::builder().header("content-type", "application/grpc");
    match answers(head.uri.path(), message) {
        Ok(message) => {
            let mut frame = vec![0];
            frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
            frame.extend(message);
            let mut out = respond
                .send_response(response.body(()).unwrap(), false)
                .unwrap();
            out.send_data(frame.into(), false).unwrap();
            let mut trailers = http::HeaderMap::new();
            trailers.insert("grpc-status", "0".parse().unwrap());
            out.send_trailers(trailers).unwrap();
        }
        Err((code, words)) => {
            let response = response
                .header("grpc-status", code)
                .header("grpc-message", words);
            respond
                .send_response(response.body(()).unwrap(), true)
                .unwrap();
        }
    }
}
