use super::*;
use crema_base::secrecy::plain;

fn yaml(text: &str) -> Configuration {
    from_yaml("a.yml", text).unwrap_or_else(|failure| panic!("{}", failure.message))
}

fn wrong(text: &str) -> String {
    from_yaml("a.yml", text).err().map(|failure| crema_base::secrecy::plain(&failure.message)).unwrap_or_default()
}

fn unknown(read: &Configuration) -> Vec<String> {
    let told = read.unknown.iter().map(|unknown| plain(&unknown.to_string()));
    told.map(|told| told.replace("unknown field ", "").replace('`', "")).collect()
}

#[test]
fn texts_are_as_written() {
    for text in ["no", "0123", "1_000", "600", "true", "1e3", "0x10", "~x"] {
        assert_eq!(yaml(&format!("cluster: {text}")).app.cluster.as_deref(), Some(text));
    }
    assert_eq!(yaml("region:\ncluster: ''\ntask_definition: ~"), Configuration::default());
    assert_eq!(yaml("\u{feff}region: x\r\n").app.region.as_deref(), Some("x"));
}

#[test]
fn plugins_are_read_with_their_states_and_prefixes() {
    let read = yaml(
        "base: &b {name: tfstate}\nplugins:\n- <<: *b\n  func_prefix: foo_\n  config:\n    url: s3://b/k\n\
         - name: tfstate\n  config: {path: x.tfstate}\n- name: cloudformation\n",
    );
    let plugin = |name: &str, func_prefix: &str, path: Option<&str>, url: Option<&str>| Plugin {
        optional: false,
        name: name.to_owned(),
        func_prefix: func_prefix.to_owned(),
        path: path.map(str::to_owned),
        url: url.map(str::to_owned),
    };
    assert_eq!(
        read.plugins,
        [
            plugin("tfstate", "foo_", None, Some("s3://b/k")),
            plugin("tfstate", "", Some("x.tfstate"), None),
            plugin("cloudformation", "", None, None)
        ]
    );
    assert_eq!(unknown(&read), ["base"]);
}

#[test]
fn fields_of_ecspresso_are_passed_by_and_others_named() {
    let read = yaml(
        "service: s\nservice_definition: sd.json\ntimeout: 10m0s\nrequired_version: '>= 2'\nappspec: {a: 1}\n\
         codedeploy: {b: [1]}\nfilter_command: peco\nignore: {tags: [x, 0123, '']}\nregoin: x\nexpress_definition:\n",
    );
    assert_eq!((read.required_version.as_deref(), read.express_definition), (Some(">= 2"), false));
    assert_eq!(read.ignored_tags, ["x", "0123"]);
    assert_eq!(unknown(&read), ["regoin (did you mean region?)"]);
}

#[test]
fn unknown_fields_of_a_plugin_entry_are_named_by_their_path() {
    let read = yaml(
        "plugins:\n- name: ssm\n- name: tfstate\n  func_perfix: a_\n  config: {path: x.tfstate, workspace: prod}\n  more: {a: [1]}\n",
    );
    assert_eq!(
        unknown(&read),
        ["plugins[1].func_perfix (did you mean func_prefix?)", "plugins[1].config.workspace", "plugins[1].more"]
    );
    assert_eq!(read.plugins.len(), 2);
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_without_values() {
    for (text, what) in [
        ("a: 1\na: 2", "a.yml:2:1: "),
        ("region: [1]", "a.yml:1:9: `region`: "),
        ("plugins: secret-value", "a.yml:1:10: `plugins`: "),
        ("plugins:\n- func_prefix: x", "a.yml:2:3: `plugins[0]`: missing field `name`;"),
        ("plugins:\n- name: tfstate\n-", "a.yml:3:"),
        ("plugins:\n- name: tfstate\n  config: {path: [x]}", "a.yml:3:18: `plugins[0].config.path`: "),
        ("plugins:\n- name: tfstate\n  config: secret-value", "a.yml:3:11: `plugins[0].config`: "),
        ("plugins: []\ncluster: 'a", "a.yml:2:"),
        ("a: b: c", "a.yml:1:"),
        ("secret-value", "a.yml:1:1: "),
        ("a: 1\n---\nb: 1", "a.yml:"),
    ] {
        let message = wrong(text);
        assert!(message.starts_with(what) && !message.contains("secret-value"), "{text:?}: {message}");
        assert!(!message.contains('\n') && !message.contains(" column "), "{text:?}: {message}");
    }
    let json = |text| {
        from_json("a.json", text).err().map(|failure| crema_base::secrecy::plain(&failure.message)).unwrap_or_default()
    };
    for (text, what) in [
        ("{\"region\": 1}", "a.json:1:12: `region`: invalid type: integer `1`, expected a string;"),
        ("{\"plugins\": \"secret-value\"}", "a.json:1:26: `plugins`: invalid type: string, expected a list;"),
        ("{} x", "a.json:1:4: trailing characters;"),
        ("{\"a\": 1,\n\"a\": 2}", "a.json:2:3: duplicate field `a`;"),
    ] {
        assert!(json(text).starts_with(what), "{text}: {}", json(text));
    }
}

// What the derived readers of serde lack, so that `fields` is written by hand.
#[test]
fn a_syntax_error_is_told_with_the_field_whose_value_it_begins() {
    for (text, what) in [
        ("cluster: 'a", "a.yml:1:10: `cluster`: unclosed quote"),
        ("region: }", "a.yml:1:9: `region`: "),
        ("plugins:\n- name: tfstate\n  config: *nope", "a.yml:3:11: `plugins[0].config`: "),
        ("plugins:\n- name: tfstate\n  config: {path: *nope}", "a.yml:3:18: `plugins[0].config.path`: "),
    ] {
        assert!(wrong(text).starts_with(what), "{text:?}: {}", wrong(text));
    }
}

#[test]
fn a_list_is_no_mapping_and_a_name_stands_once() {
    let wrong = |text| from_json("a.json", text).err().map(|failure| plain(&failure.message)).unwrap_or_default();
    for (text, what) in [
        ("[\"eu-west-1\"]", "a.json:1:0: invalid type: sequence, expected a mapping;"),
        ("{\"ignore\": [[\"a\"]]}", "a.json:1:11: `ignore`: invalid type: sequence, expected a mapping;"),
        ("{\"plugins\": [[\"tfstate\"]]}", "a.json:1:13: `plugins[0]`: invalid type: sequence, expected a mapping;"),
        ("{\"plugins\": [{\"x\": 1, \"x\": 2}]}", "a.json:1:25: `plugins[0]`: duplicate field `x`;"),
    ] {
        assert!(wrong(text).starts_with(what), "{text}: {}", wrong(text));
    }
    let optional = |flag: &str| format!("plugins: [{{name: tfstate, config: {{optional: {flag}}}}}]");
    assert!(yaml(&optional("true")).plugins[0].optional);
    assert!(
        self::wrong(&optional("'true'")).contains("`plugins[0].config.optional`: invalid type: string, expected true")
    );
}
