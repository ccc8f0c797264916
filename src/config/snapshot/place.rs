//! Reads the contents of one object, and tells what errors of S3 mean.

use crate::{
    aws::fault::Fault,
    config::{body::contents, settings::Location},
    error::{Error, ErrorKind, Result},
};
use aws_sdk_s3::Client;
use crema_base::files::File;
use tokio::sync::Semaphore;

/// Maximum attempts to read an object whose contents are incomplete, or do not have the listed length.
const MAX_BODIES: u32 = 3;

#[derive(Debug, PartialEq, Eq)]
pub struct Listed {
    /// Relative to the prefix.
    pub key: String,
    pub etag: String,
    pub bytes: u64,
}

/// Where the objects are.
pub struct Place {
    pub client: Client,
    pub location: Location,
    /// The account that must own the bucket.
    pub owner: Option<String>,
}

pub enum Got {
    File(File),
    /// It is not the listed object any more.
    Changed,
    /// It may not be read; or it does not exist any more, and the bucket may not be listed outside of the prefix.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
    Denied(Error),
}

impl Place {
    /// An object with its contents, in the listed version. `key` is relative to the prefix.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub async fn get(&self, key: &str, file: &File, calls: &Semaphore) -> Result<Got> {
        let _permit = calls.acquire().await;
        let key = format!("{}{key}", self.location.prefix);
        let mut tries = 0;
        loop {
            let request = self.client.get_object().bucket(&self.location.bucket).key(&key).if_match(&file.etag);
            let answer = match request.set_expected_bucket_owner(self.owner.clone()).send().await {
                Ok(answer) => answer,
                Err(e) => {
                    // Changed (412), or deleted, since it was listed.
                    if e.raw_response().is_some_and(|raw| matches!(raw.status().as_u16(), 404 | 412)) {
                        return Ok(Got::Changed);
                    }
                    let fault = Fault::of(&e);
                    if matches!(fault, Fault::Denied(_)) {
                        return Ok(Got::Denied(self.get_error(fault, &key)));
                    }
                    return Err(self.get_error(fault, &key));
                }
            };
            tries += 1;
            match contents(answer.body, file.bytes).await {
                Ok(content) => return Ok(Got::File(File { content: Some(content), ..file.clone() })),
                // The SDK tries again up to the first byte of the contents, and not beyond.
                Err(_) if tries < MAX_BODIES => {}
                Err(why) => return Err(self.get_error(Fault::Open(why), &key)),
            }
        }
    }

    /// Why the prefix cannot be listed.
    pub fn list_error(&self, fault: Fault) -> Error {
        let bucket = &self.location.bucket;
        match fault {
            Fault::Refused { code, .. } if code == "NoSuchBucket" => Error::new(
                ErrorKind::ConfigError,
                format!(
                    "CONFIG_URI names the bucket {bucket:?}, which does not exist; expected an existing bucket of this \
                 account and region"
                ),
            ),
            // The second where the Region is a part of the signature only.
            Fault::Refused { code, .. } if code == "PermanentRedirect" || code == "AuthorizationHeaderMalformed" => {
                Error::new(
                    ErrorKind::ConfigError,
                    format!("CONFIG_URI names the bucket {bucket:?}, which lies in another region than the function"),
                )
            }
            fault => {
                let on = self.location.to_string();
                self.owned(fault).into_error("s3:ListBucket", &on, &format!("arn:aws:s3:::{bucket}"))
            }
        }
    }

    fn get_error(&self, fault: Fault, key: &str) -> Error {
        let bucket = &self.location.bucket;
        let on = format!("s3://{bucket}/{key}");
        let resource = format!("arn:aws:s3:::{bucket}/{}*", self.location.prefix);
        self.owned(fault).into_error_by("s3:GetObject", &on, &resource, &["ConfigBucket", "ConfigPrefix"])
    }

    /// S3 denies access to a bucket of another owner with the words that it has for a missing permission.
    fn owned(&self, fault: Fault) -> Fault {
        match (fault, &self.owner) {
            (Fault::Denied(said), Some(owner)) => Fault::Denied(format!(
                "{said}; or the bucket is not of the account {owner}, which CONFIG_BUCKET_OWNER expects"
            )),
            (fault, _) => fault,
        }
    }
}
