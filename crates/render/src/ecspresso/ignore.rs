//! `ignore` of the configuration file: what is taken out of a definition as it is read.

use serde_json::Value;

/// The document without its tags of these keys. As everywhere, it may be wrapped and its keys may begin with a capital.
pub fn without_tags(mut document: Value, keys: &[String]) -> Value {
    let is_ignored = |tag: &Value| {
        let written = ["key", "Key"].into_iter().filter_map(|name| tag.get(name)?.as_str());
        written.into_iter().any(|key| keys.iter().any(|ignored| ignored == key))
    };
    let wrapped =
        ["taskDefinition", "TaskDefinition"].into_iter().find(|name| document.get(name).is_some_and(Value::is_object));
    let definition = match wrapped {
        Some(name) => &mut document[name],
        None => &mut document,
    };
    for name in ["tags", "Tags"] {
        if let Some(tags) = definition.get_mut(name).and_then(Value::as_array_mut) {
            tags.retain(|tag| !is_ignored(tag));
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ignored_tags_are_taken_out_however_the_document_is_written() {
        let ignored = ["CreatedBy".to_owned(), "aws:cloudformation:stack-name".to_owned()];
        let tags = json!([{"key": "CreatedBy", "value": "me"}, {"key": "createdby", "value": "x"}, {"Key": "CreatedBy"}, null,
            {"key": "aws:cloudformation:stack-name", "value": "s"}, {"key": 1}, {"value": "CreatedBy"}]);
        let left = json!([{"key": "createdby", "value": "x"}, null, {"key": 1}, {"value": "CreatedBy"}]);
        for (with, without) in [
            (json!({"tags": tags}), json!({"tags": left})),
            (json!({"Tags": tags}), json!({"Tags": left})),
            (json!({"taskDefinition": {"tags": tags}}), json!({"taskDefinition": {"tags": left}})),
            (json!({"tags": {"CreatedBy": "me"}}), json!({"tags": {"CreatedBy": "me"}})),
            (json!({"containerDefinitions": [{"tags": tags}]}), json!({"containerDefinitions": [{"tags": tags}]})),
            (json!(null), json!(null)),
        ] {
            assert_eq!(without_tags(with.clone(), &ignored), without);
            assert_eq!(without_tags(with.clone(), &[]), with);
        }
    }
}
