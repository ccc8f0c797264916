//! Whether the dead-letter queue is empty.

use crate::{
    aws::calls::{Service, json_call},
    doctor::{check::Check, diagnosis::Diagnosis, patient::Patient},
};
use serde_json::json;

pub const CHECK: Check = Check { name: "dead_letters", reads: true, look: |patient| Box::pin(look(patient)) };

const SQS: Service = Service { signed: "sqs", variable: "SQS" };
const VISIBLE: &str = "ApproximateNumberOfMessages";

/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>
async fn look(patient: &Patient<'_>) -> Diagnosis {
    let queue = match patient.stack() {
        Ok(stack) => stack.id_of("DeadLetters"),
        Err(unknown) => return unknown,
    };
    const FIX: &str = "read them, mend the cause, and send them again: docs/OPERATE.md, “Send dead letters again”";
    let Some(queue) = queue else {
        return Diagnosis::fail("the stack has no dead-letter queue", "deploy template.yaml again (`sam deploy`)");
    };
    let asked = json!({"QueueUrl": queue, "AttributeNames": [VISIBLE]});
    match json_call(patient.clients, SQS, "1.0", patient.clients.region(), "AmazonSQS.GetQueueAttributes", &asked).await
    {
        Ok(answer) => match answer["Attributes"][VISIBLE].as_str().unwrap_or("0") {
            "0" => Diagnosis::ok("no event lies in the dead-letter queue"),
            many => Diagnosis::warn(
                format!(
                    "{many} events lie in the dead-letter queue: they failed three times, or could not be delivered"
                ),
                FIX,
            ),
        },
        Err(fault) => Diagnosis::of_fault(&fault, "sqs:GetQueueAttributes", "the dead-letter queue", queue, FIX),
    }
}
