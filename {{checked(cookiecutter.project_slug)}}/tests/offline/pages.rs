//! Routes that list items, a page at a time.

use serde_json::{Value, json};

use crate::api::{Answer, Api, fill, make_key, merge, to_dynamodb};
use crate::project::{PROJECT, Route, routes};

fn page_routes() -> impl Iterator<Item = &'static Route> {
    routes("list").chain(routes("query"))
}

/// Return an API with five items in its table, and the items; with a sort key they share a partition.
fn with_items() -> (Api, Vec<Value>) {
    let api = Api::default();
    let partition = &PROJECT.key[0].name;
    let shared = if PROJECT.key.len() > 1 { json!({partition: make_key(1)[partition]}) } else { json!({}) };
    let items: Vec<_> =
        (1..=5).map(|number| merge(&merge(&make_key(number), shared.clone()), json!({"a": 1}))).collect();
    for item in &items {
        api.database.put(to_dynamodb(item));
    }
    (api, items)
}

async fn read_page(api: &Api, path: &str, limit: &str, cursor: Option<&str>) -> Answer {
    let query: Vec<_> = [("limit", limit)].into_iter().chain(cursor.map(|cursor| ("cursor", cursor))).collect();
    api.request_with_query("GET", path, &query, "").await
}

#[tokio::test]
async fn shows_each_item_on_one_page() {
    for route in page_routes() {
        let (api, items) = with_items();
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let answer = read_page(&api, &fill(&route.path, &items[0]), "2", cursor.as_deref()).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let page = answer.json();
            assert!(page["items"].as_array().unwrap().len() <= 2);
            seen.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(seen, items);
    }
}

#[tokio::test]
async fn lists_nothing_where_there_is_nothing() {
    for route in page_routes() {
        let answer = Api::default().request("GET", &fill(&route.path, &make_key(1)), "").await;

        assert_eq!((answer.status, answer.json()), (200, json!({"items": [], "next_cursor": null})));
    }
}

#[tokio::test]
async fn refuses_a_limit_other_than_1_to_100() {
    for route in page_routes() {
        for limit in ["0", "101", "-1", "+1", "01", "1.5", "ten", "", " 1", "1_0", "１", "99999999999"] {
            let answer = read_page(&Api::default(), &fill(&route.path, &make_key(1)), limit, None).await;

            assert_eq!((answer.status, answer.message().as_str()), (400, "limit must be a whole number from 1 to 100"));
        }
    }
}

#[tokio::test]
async fn refuses_a_cursor_that_it_did_not_make() {
    for route in page_routes() {
        let deep = "W1tb".repeat(10_000);
        for cursor in ["", "x", "bm9uZQ", "W10", "e30", "WzEsMl0", "é", "null", &deep] {
            let answer = read_page(&Api::default(), &fill(&route.path, &make_key(1)), "1", Some(cursor)).await;

            assert_eq!(answer.status, 400, "{cursor}");
            assert!(answer.message().starts_with("cursor must be"));
        }
    }
}

#[tokio::test]
async fn refuses_a_cursor_of_another_path() {
    for query in routes("query") {
        let (api, items) = with_items();
        let path = fill(&query.path, &items[0]);
        let cursor = read_page(&api, &path, "1", None).await.json()["next_cursor"].as_str().unwrap().to_owned();

        let others = routes("list").map(|route| route.path.clone()).chain([fill(&query.path, &make_key(9))]);
        for other in others {
            assert_eq!(read_page(&api, &other, "1", Some(&cursor)).await.status, 400, "{other}");
        }
    }
}
