//! Hundreds of variants of one app: what they cost, and where it ends.

use super::isolation::peak;
use crema_testing::{
    World, tried,
    world::{assert_failure, definition, image},
};
use serde_json::{Value, json};

/// What 500 variants may cost more than one, in kB.
const MORE_KB: u64 = 40 << 10;

/// An app of so many variants, each a family `many-N` of the image `batch:release`; about `bytes` of environment in each.
fn app_of(w: &World, variants: usize, bytes: usize) {
    let mut document = definition("F", &image("batch:release"));
    document["containerDefinitions"][0]["environment"] = json!([{"name": "PADDING", "value": "x".repeat(bytes)}]);
    let source = document.to_string().replace("\"F\"", "'many-' + std.extVar('n')");
    w.jsonnet_app("many", &source);
    let variants: Vec<Value> = (0..variants).map(|n| json!({"ext_str": {"n": format!("{n}")}})).collect();
    w.aws.put("many/crema.json", json!({"variants": variants}).to_string());
}

/// The function's peak in kB after registering all, sweeping again, and a push.
async fn peak_of(variants: usize, bytes: usize) -> u64 {
    let w = World::empty(&[]).await;
    w.aws.push_image("batch", "release", "v1");
    app_of(&w, variants, bytes);
    let peak = || peak(&w.function.pid().to_string()).unwrap();
    let answer = w.sweep().await.unwrap();
    assert_eq!(answer["counts"]["registered"], json!(variants), "{answer:.1000}");
    assert_eq!(w.sweep().await.unwrap()["counts"]["unchanged"], json!(variants));
    let answer = w.push("batch", "release", "v2").await.unwrap();
    assert_eq!(answer["counts"]["registered"], json!(variants));
    peak()
}

#[tokio::test]
async fn five_hundred_variants_of_one_app_cost_at_most_40_mb_more_than_one() {
    let one = peak_of(1, 100).await;
    let all = peak_of(500, 100).await;
    assert!(all < one + MORE_KB, "{one} kB with one variant, {all} kB with 500");
}

#[tokio::test]
async fn more_than_five_hundred_variants_are_an_error_that_names_file_and_number() {
    let w = World::empty(&[]).await;
    w.app("good", &definition("good", "busybox"));
    let mut count = 0;
    for variants in [501, 600, 1_200, 100_000] {
        app_of(&w, variants, 10);
        let says = ["many/crema.json", &format!("`variants` has {variants} elements"), "at most 500"];
        assert_failure(w.register("many").await, "ConfigError", &says);
        assert_failure(w.sweep().await, "ConfigError", &says);
        w.aws.delete("many/crema.json");
        // So many are beyond the child's memory.
        let variants = variants.min(5_000);
        w.aws.put(
            "many/crema.jsonnet",
            format!("{{ variants: [{{ ext_str: {{ n: '' + i }} }} for i in std.range(1, {variants})] }}"),
        );
        let says = ["many/crema.jsonnet", &format!("`variants` has {variants} elements"), "at most 500"];
        assert_failure(w.register("many").await, "ConfigError", &says);
        w.aws.delete("many/crema.jsonnet");
        count += 2;
    }
    assert_eq!(w.aws.active("good"), [1]);
    assert!(peak(&w.function.pid().to_string()).unwrap() < 96 << 10);
    tried(count, "files with too many variants");
}
