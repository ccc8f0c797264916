//! What is known of a definition while values are missing, so that no lookup is fetched for an image push that does not
//! concern its app. It is exact: if in doubt, nothing is known.

use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The image references of all containers, if every one is known.
    pub images: Option<Vec<String>>,
    pub family: Option<String>,
}

/// What is known of a complete document.
pub fn of(document: &Value) -> Known {
    read(document, &|_| true)
}

/// What is known of a Jsonnet document that has `null` for missing values. A text that the template stage changes is
/// unknown.
pub fn before_template(partial: &Value) -> Known {
    read(partial, &|text| !text.contains("{{"))
}

/// What is known of a document whose template was expanded with a placeholder for missing values. `source` is the
/// template: if it decides something or cuts texts, the placeholder may have influenced texts that do not contain it,
/// and nothing is known.
pub fn after_template(document: &Value, source: &str, placeholder: &str) -> Known {
    if only_inserts(source) { read(document, &|text| !text.contains(placeholder)) } else { Known::default() }
}

fn read(document: &Value, is_known: &dyn Fn(&str) -> bool) -> Known {
    let document = member(document, "taskDefinition").filter(|wrapped| wrapped.is_object()).unwrap_or(document);
    let text = |value: &Value| value.as_str().filter(|text| is_known(text)).map(str::to_owned);
    let containers = member(document, "containerDefinitions").and_then(Value::as_array);
    Known {
        images: containers
            .filter(|containers| !containers.is_empty())
            .and_then(|containers| containers.iter().map(|c| member(c, "image").and_then(text)).collect()),
        family: member(document, "family").and_then(text),
    }
}

/// Keys may begin with a capital.
fn member<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let capital = key[..1].to_uppercase() + &key[1..];
    value.get(key).or_else(|| value.get(&capital))
}

/// Whether the template's actions do nothing but call functions that give text, one after the other.
fn only_inserts(source: &str) -> bool {
    const DECIDING: [&str; 27] = [
        "if", "else", "end", "range", "with", "define", "block", "template", "break", "continue", "printf", "slice",
        "index", "len", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "html", "js", "urlquery", "call",
    ];
    source.split("{{").skip(1).all(|action| {
        let action = action.split("}}").next().unwrap_or_default();
        !action.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| DECIDING.contains(&word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn images_are_known_where_every_one_of_them_is() {
        let images = |document: Value| before_template(&document).images;
        assert_eq!(images(json!({"containerDefinitions": [{"image": "a"}, {"image": "b"}]})).unwrap(), ["a", "b"]);
        assert_eq!(images(json!({"taskDefinition": {"ContainerDefinitions": [{"Image": "a"}]}})).unwrap(), ["a"]);
        for unknown in [
            json!({"containerDefinitions": [{"image": "a"}, {"image": null}]}),
            json!({"containerDefinitions": [{"image": "a"}, null]}),
            json!({"containerDefinitions": [{"image": "a:{{ ssm `/tag` }}"}]}),
            json!({"containerDefinitions": null}),
            json!({}),
            json!(null),
        ] {
            assert_eq!(images(unknown), None);
        }
    }

    #[test]
    fn an_image_is_unknown_where_the_template_may_have_decided_by_a_placeholder() {
        let document = json!({"family": "f", "containerDefinitions": [{"image": "a"}]});
        let known = |source| after_template(&document, source, "XYZ");
        assert_eq!(known("{{ ssm `/a` }} {{must_env `T`}}").images.unwrap(), ["a"]);
        assert_eq!(known("{{ if eq (ssm `/a`) `on` }}a{{ end }}"), Known::default());
        assert_eq!(known("{{ printf \"%.1s\" (ssm `/a`) }}"), Known::default());
        let shows = json!({"family": "f-XYZ", "containerDefinitions": [{"image": "aXYZ"}]});
        assert_eq!(after_template(&shows, "", "XYZ"), Known::default());
    }
}
