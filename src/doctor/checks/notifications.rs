//! Whether the bucket sends its events to EventBridge.

use crate::{
    aws::calls::{Service, encoded, get},
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
};

pub const CHECK: Check = Check { name: "notifications", reads: true, look: |patient| Box::pin(look(patient)) };

const S3: Service = Service { signed: "s3", variable: "S3" };

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html>
async fn look(patient: &Patient<'_>) -> Diagnosis {
    let bucket = &patient.settings.location.bucket;
    let path = format!("/{}?notification=", encoded(bucket));
    let fix = format!(
        "aws s3api put-bucket-notification-configuration --bucket {bucket} --notification-configuration \
         '{{\"EventBridgeConfiguration\": {{}}}}' (it replaces all notifications of the bucket: see docs/DEPLOY.md)"
    );
    match get(patient.clients, S3, patient.clients.region(), path).await {
        Ok(xml) if String::from_utf8_lossy(&xml).contains("<EventBridgeConfiguration") => {
            Diagnosis::ok(format!("{bucket} sends its events to EventBridge"))
        }
        Ok(_) => Diagnosis::fail(
            format!(
                "{bucket} does not send its events to EventBridge: no changed file is heard of before the next sweep"
            ),
            fix,
        ),
        Err(fault) => {
            let resource = format!("arn:aws:s3:::{bucket}");
            Diagnosis::of_fault(&fault, "s3:GetBucketNotification", &format!("the bucket {bucket}"), &resource, &fix)
        }
    }
}
