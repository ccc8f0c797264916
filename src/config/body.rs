//! The body of one object.

use aws_sdk_s3::primitives::ByteStream;
use crema_base::files::MAX_OBJECT_BYTES;
use std::sync::Arc;

/// The contents of an object, which must be as long as the list of the bucket says. No more than that is read, because the
/// limits were checked against the list.
///
/// # Errors
/// Why the contents are incomplete: the answer was cut, or is shorter or longer.
pub async fn contents(mut body: ByteStream, listed: Option<u64>) -> Result<Arc<[u8]>, String> {
    let most = listed.unwrap_or(MAX_OBJECT_BYTES);
    let mut content = Vec::with_capacity(listed.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0));
    while let Some(part) = body.next().await {
        content.extend_from_slice(&part.map_err(|e| format!("the answer was cut ({e})"))?);
        if content.len() as u64 > most {
            return Err(format!("its contents are longer than the {most} bytes that the list says"));
        }
    }
    match content.len() as u64 {
        bytes if listed.is_some() && bytes < most => {
            Err(format!("its contents have {bytes} bytes, and the list says {most}"))
        }
        _ => Ok(content.into()),
    }
}
