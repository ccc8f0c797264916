//! The body of one object.

use aws_sdk_s3::primitives::ByteStream;
use std::sync::Arc;

/// The contents of an object, which must be as long as the list of the bucket says. No more than that is read, because the
/// limits were checked against the list.
///
/// # Errors
/// Why the contents are incomplete: the answer was cut, or is shorter or longer.
pub async fn contents(mut body: ByteStream, listed: u64) -> Result<Arc<[u8]>, String> {
    let mut content = Vec::with_capacity(usize::try_from(listed).unwrap_or(0));
    while let Some(part) = body.next().await {
        content.extend_from_slice(&part.map_err(|e| format!("the answer was cut ({e})"))?);
        if content.len() as u64 > listed {
            return Err(format!("its contents are longer than the {listed} bytes that the list says"));
        }
    }
    match content.len() as u64 {
        bytes if bytes < listed => Err(format!("its contents have {bytes} bytes, and the list says {listed}")),
        _ => Ok(content.into()),
    }
}
