//! Routes that create, read, replace, update and delete an item.

use serde_json::{Value, json};

use crate::api::{Api, fill, make_key, merge, stage, to_dynamodb};
use crate::project::{PROJECT, routes};

/// Return an API with an item in its table, and the item.
fn with_item() -> (Api, Value) {
    let api = Api::default();
    let item = merge(&make_key(1), json!({"the-name": "田中太郎", "the-visits": 3}));
    api.database.put(to_dynamodb(&item));
    (api, item)
}

/// Return each path, as a client sees it, at which a route takes an item.
fn item_paths(item: &Value) -> Vec<String> {
    let operations = ["read", "replace", "update", "delete"];
    let routes = PROJECT.routes.iter().filter(|route| operations.contains(&route.operation.as_str()));
    routes.map(|route| format!("{}{}", stage(), fill(&route.path, item))).collect()
}

fn last_key() -> &'static str {
    &PROJECT.key.last().unwrap().name
}

#[tokio::test]
async fn creates_an_item_and_says_where_it_is() {
    for route in routes("create") {
        let api = Api::default();
        let item = merge(
            &make_key(1),
            json!({"tags": ["a", null, true, {"b": 1.5}], "empty": "", "the-name": "田中\n\"太郎"}),
        );

        let answer = api.request("POST", &fill(&route.path, &item), &item).await;

        assert_eq!((answer.status, answer.json()), (201, item.clone()));
        assert_eq!(answer.headers["Content-Type"], "application/json");
        assert_eq!(api.database.get(&to_dynamodb(&make_key(1))).unwrap()["the-name"], json!({"S": "田中\n\"太郎"}));
        let paths = item_paths(&item);
        let location = answer.headers.get("Location");
        assert!(location.map_or(paths.is_empty(), |location| paths.contains(location)), "{location:?}");
    }
}

#[tokio::test]
async fn does_not_create_an_item_twice() {
    for route in routes("create") {
        let (api, item) = with_item();

        let answer = api.request("POST", &fill(&route.path, &item), merge(&item, json!({"the-name": "other"}))).await;

        assert_eq!((answer.status, answer.message().as_str()), (409, "An item with this key exists already"));
        assert_eq!(api.database.get(&to_dynamodb(&make_key(1))), Some(to_dynamodb(&item)));
    }
}

#[tokio::test]
async fn refuses_an_item_whose_key_is_missing_or_cannot_be() {
    let attribute = PROJECT.key.last().unwrap();
    let long = "é".repeat(attribute.max_bytes / 2 + 1);
    let impossible = if attribute.is_number {
        vec![json!("1"), json!(""), json!(null), json!(true)]
    } else {
        vec![json!(1), json!(""), json!(null), json!([]), json!(long)]
    };
    for route in routes("create") {
        for value in &impossible {
            let body = merge(&make_key(1), json!({last_key(): value}));

            let answer = Api::default().request("POST", &fill(&route.path, &make_key(1)), &body).await;

            assert_eq!(answer.status, 400, "{body}");
            assert!(answer.message().starts_with(last_key()), "{answer:?}");
        }
        let mut body = make_key(1);
        body.as_object_mut().unwrap().remove(last_key());

        let answer = Api::default().request("POST", &fill(&route.path, &make_key(1)), &body).await;

        assert_eq!((answer.status, answer.message()), (400, format!("{} is missing", last_key())));
    }
}

#[tokio::test]
async fn refuses_an_item_over_400_kilobytes() {
    let (api, item) = with_item();
    let large = json!({"text": "x".repeat(410_000)});
    for (operation, body) in
        [("create", merge(&make_key(2), large.clone())), ("replace", large.clone()), ("update", large)]
    {
        for route in routes(operation) {
            let key = if operation == "create" { &body } else { &item };

            let answer = api.request(&route.method, &fill(&route.path, key), &body).await;

            assert_eq!((answer.status, answer.message().as_str()), (413, "The item is larger than 400 KB"));
        }
    }
}

#[tokio::test]
async fn reads_an_item() {
    for route in routes("read") {
        let (api, item) = with_item();

        let answer = api.request("GET", &fill(&route.path, &item), "").await;

        assert_eq!((answer.status, answer.json()), (200, item));
    }
}

#[tokio::test]
async fn answers_404_where_no_item_has_the_key() {
    for operation in ["read", "update", "delete"] {
        for route in routes(operation) {
            let body = if operation == "update" { r#"{"a": 1, "b": null}"# } else { "" };

            let answer = Api::default().request(&route.method, &fill(&route.path, &make_key(1)), body).await;

            assert_eq!((answer.status, answer.message().as_str()), (404, "No item has this key"));
        }
    }
}

#[tokio::test]
async fn reads_back_any_key_that_is_text() {
    for text in ["a b", "é", "日本", "🦀", "100%", "%41", "a+b", "a?b", "a#b", "\"", "\\", "{}", "a&b=c", "a;b", "~"]
    {
        for route in routes("read") {
            let texts = PROJECT.key.iter().filter(|attribute| !attribute.is_number);
            let item = merge(&make_key(1), texts.map(|attribute| (attribute.name.clone(), json!(text))).collect());
            let api = Api::default();
            api.database.put(to_dynamodb(&item));

            let answer = api.request("GET", &fill(&route.path, &item), "").await;

            assert_eq!((answer.status, answer.json()), (200, item));
        }
    }
}

#[tokio::test]
async fn finds_a_number_however_it_is_written() {
    for attribute in PROJECT.key.iter().filter(|attribute| attribute.is_number) {
        for route in routes("read") {
            let (api, item) = with_item();
            for text in ["1.0", "1", "0.1e1", "10E-1"] {
                let path = fill(&route.path, &merge(&item, json!({&attribute.name: text})));
                assert_eq!(api.request("GET", &path, "").await.status, 200, "{text}");
            }
            for text in ["one", "1_000", "0x10", "NaN", "１", " 1", "01", "1e400", &"1".repeat(39)] {
                let path = fill(&route.path, &merge(&item, json!({&attribute.name: text})));
                assert_eq!(api.request("GET", &path, "").await.status, 400, "{text}");
            }
        }
    }
}

#[tokio::test]
async fn shows_what_json_has_no_type_for() {
    for route in routes("read") {
        let api = Api::default();
        let sets = json!({"bytes": {"B": "AP8="}, "words": {"SS": ["a"]}, "numbers": {"NS": ["1"]}, "blobs": {"BS": ["AQ=="]}});
        api.database.put(merge(&to_dynamodb(&make_key(1)), sets));

        let answer = api.request("GET", &fill(&route.path, &make_key(1)), "").await;

        let shown = json!({"bytes": "AP8=", "words": ["a"], "numbers": [1], "blobs": ["AQ=="]});
        assert_eq!(answer.json(), merge(&make_key(1), shown));
    }
}

#[tokio::test]
async fn replaces_an_item_or_creates_it() {
    for route in routes("replace") {
        let (api, item) = with_item();

        let replaced = api.request("PUT", &fill(&route.path, &item), r#"{"other": 1}"#).await;
        let created = api.request("PUT", &fill(&route.path, &make_key(2)), make_key(2)).await;

        assert_eq!((replaced.status, replaced.json()), (200, merge(&make_key(1), json!({"other": 1}))));
        assert!(!replaced.headers.contains_key("Location"));
        assert_eq!((created.status, created.json()), (201, make_key(2)));
        assert!(created.headers["Location"].starts_with(&stage()));
    }
}

#[tokio::test]
async fn refuses_a_key_other_than_the_path_s() {
    for route in routes("replace").chain(routes("update")) {
        for attribute in &PROJECT.key {
            for value in [json!("other"), json!(7), json!(null), json!(true)] {
                let (api, item) = with_item();

                let answer =
                    api.request(&route.method, &fill(&route.path, &item), json!({&attribute.name: value})).await;

                assert_eq!(answer.status, 400);
                assert_eq!(answer.message(), format!("{} in the body differs from the path's", attribute.name));
                assert_eq!(api.database.get(&to_dynamodb(&make_key(1))), Some(to_dynamodb(&item)));
            }
        }
    }
}

#[tokio::test]
async fn compares_numbers_in_keys_as_numbers() {
    for route in routes("replace").filter(|_| PROJECT.key.iter().any(|attribute| attribute.is_number)) {
        let written = make_key(10).to_string().replace(":10", ":1.0e1");

        let answer = Api::default().request("PUT", &fill(&route.path, &make_key(10)), written).await;

        assert_eq!((answer.status, answer.json()), (201, make_key(10)));
    }
}

#[tokio::test]
async fn sets_what_is_given_and_removes_what_is_null() {
    for route in routes("update") {
        let (api, item) = with_item();
        let changes = json!({"the-visits": 4, "the-size": [1], "the-status": {"a": null}, "a.b": "dot", "#x": "hash"});

        let body = merge(&merge(&make_key(1), changes.clone()), json!({"the-name": null}));
        let answer = api.request("PATCH", &fill(&route.path, &item), body).await;
        let unchanged = api.request("PATCH", &fill(&route.path, &item), "{}").await;

        assert_eq!((answer.status, answer.json()), (200, merge(&make_key(1), changes)));
        assert_eq!((unchanged.status, unchanged.json()), (200, answer.json()));
    }
}

#[tokio::test]
async fn deletes_an_item() {
    for route in routes("delete") {
        let (api, item) = with_item();

        let answer = api.request("DELETE", &fill(&route.path, &item), "").await;

        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        assert!(!answer.headers.contains_key("Content-Type"));
        assert_eq!(api.database.get(&to_dynamodb(&make_key(1))), None);
    }
}
