//! What becomes of events, and of everything that can go wrong.

use std::time::Duration;

use aws_smithy_http_client::test_util::{NeverClient, infallible_client_fn};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::api::{Api, call, fill, make_event, make_key, table};
use crate::dynamodb::DynamoDb;
use crate::project::{PROJECT, has_route, routes};

/// Return an event for each route that asks the table.
fn events() -> Vec<Value> {
    let operations = ["list", "query", "create", "read", "replace", "update", "delete"];
    let routes = operations.into_iter().flat_map(routes);
    let event = routes.map(|route| {
        let body = if route.method == "GET" { String::new() } else { make_key(1).to_string() };
        make_event(&route.method, &fill(&route.path, &make_key(1)), &[], &body)
    });
    event.collect()
}

#[tokio::test]
async fn decodes_a_body_in_base64() {
    for route in routes("create") {
        let item = make_key(1).to_string();
        let mut event = make_event("POST", &fill(&route.path, &make_key(1)), &[], &BASE64_STANDARD.encode(item));
        event["isBase64Encoded"] = json!(true);

        let answer = Api::default().send(&event).await;

        assert_eq!((answer.status, answer.json()), (201, make_key(1)));

        for body in [BASE64_STANDARD.encode(b"\xff"), "no base64".into()] {
            event["body"] = json!(body);

            let answer = Api::default().send(&event).await;

            assert_eq!((answer.status, answer.message().as_str()), (400, "The body must be UTF-8"));
        }
    }
}

#[tokio::test]
async fn says_of_a_stub_which_file_to_edit() {
    for route in routes("stub") {
        let methods = if route.method == "ANY" { vec!["GET", "POST", "DELETE"] } else { vec![route.method.as_str()] };
        for method in methods.into_iter().filter(|method| *method == route.method || !has_route(method, &route.path)) {
            let answer = Api::default().request(method, &fill(&route.path, &json!({})), "").await;

            let message = format!("{method} {} is not implemented: edit it in src/routes.rs", route.path);
            assert_eq!((answer.status, answer.message()), (501, message));
        }
    }
}

#[tokio::test]
async fn answers_404_for_a_route_that_is_not_in_the_table() {
    let route = &PROJECT.routes[0];
    let method = if route.method == "ANY" { "GET" } else { &route.method };
    let mut event = make_event(method, &fill(&route.path, &json!({})), &[], "");
    let field = if PROJECT.has_rest_api { "resource" } else { "routeKey" };
    event[field] = json!("GET /nowhere");

    let answer = Api::default().send(&event).await;

    assert_eq!(answer.status, 404);
    assert!(answer.message().starts_with("There is no route "));
}

{% if service.sends_cors_headers -%}
#[tokio::test]
async fn lets_pages_of_the_other_origin_read_answers() {
    let answer = Api::default().send(&json!({})).await;

    assert!(answer.headers.contains_key("Access-Control-Allow-Origin"));
    assert_eq!(answer.headers["Access-Control-Expose-Headers"], "Location,Retry-After");
}

{% endif -%}
{% if service.preflights -%}
#[tokio::test]
async fn answers_preflights_without_asking_a_handler() {
    let routes = PROJECT.routes.iter().filter(|route| route.method == "ANY" && !has_route("OPTIONS", &route.path));
    for route in routes {
        let mut event = make_event("OPTIONS", &fill(&route.path, &json!({})), &[], "");
        event["routeKey"] = json!(format!("OPTIONS {}", route.path));

        assert_eq!(Api::default().send(&event).await.status, 204);
    }
}

{% endif -%}
#[tokio::test]
async fn tells_a_failure_by_its_request_and_nothing_of_the_inside() {
    let message = "Internal server error, request the-request";
    for event in [json!({}), json!(null), json!("text")] {
        let answer = Api::default().send(&event).await;

        assert_eq!((answer.status, answer.message().as_str()), (500, message));
    }
    for event in events() {
        let refused = Api::with(DynamoDb::failing(400, "AccessDeniedException")).send(&event).await;
        let panicked =
            call(&table(infallible_client_fn(|_| -> http::Response<String> { panic!("inside") })), &event).await;

        for answer in [refused, panicked] {
            assert_eq!((answer.status, answer.message().as_str()), (500, message));
            assert_eq!(answer.headers["Content-Type"], "application/json");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn asks_to_try_again_where_the_table_does_not_answer() {
    for (status, exception, message) in [
        (400, "ProvisionedThroughputExceededException", "The table takes no more requests at the moment"),
        (400, "ReplicatedWriteConflictException", "The table takes no more requests at the moment"),
        (400, "RequestLimitExceeded", "The table takes no more requests at the moment"),
        (400, "ThrottlingException", "The table takes no more requests at the moment"),
        (400, "TransactionConflictException", "The table takes no more requests at the moment"),
        (400, "ResourceNotFoundException", "The table is not there"),
        (500, "InternalServerError", "The table does not work at the moment"),
        (503, "ServiceUnavailable", "The table does not work at the moment"),
    ] {
        for event in events() {
            let answer = Api::with(DynamoDb::failing(status, exception)).send(&event).await;

            assert_eq!((answer.status, answer.message().as_str()), (503, message));
            assert_eq!(answer.headers["Retry-After"], "1");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn takes_no_part_of_an_answer_for_the_whole() {
    for body in ["", "<html>", "[]", r#"{"Item": {"#] {
        for status in [200, 400, 500] {
            for event in events().iter().take(1) {
                expect_unavailable(status, body.as_bytes(), event).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn takes_no_answer_without_what_was_asked_for_for_an_empty_one() {
    for route in ["list", "query", "update"].into_iter().flat_map(routes) {
        let body = if route.method == "GET" { String::new() } else { make_key(1).to_string() };
        let event = make_event(&route.method, &fill(&route.path, &make_key(1)), &[], &body);

        expect_unavailable(200, b"{}", &event).await;
    }
}

#[tokio::test(start_paused = true)]
async fn takes_no_answer_that_is_not_utf_8_for_a_failure_inside() {
    for event in events() {
        expect_unavailable(200, b"{\"Item\": \"\xff\"}", &event).await;
    }
}

/// Send an event, have DynamoDB answer this, and see it told that the table is not to be had.
async fn expect_unavailable(status: u16, body: &'static [u8], event: &Value) {
    let client = infallible_client_fn(move |_| http::Response::builder().status(status).body(body).unwrap());

    let answer = call(&table(client), event).await;

    let told = (answer.status, answer.headers.get("Retry-After").map(String::as_str));
    assert_eq!(told, (503, Some("1")), "{status} {}", body.escape_ascii());
}

#[tokio::test(start_paused = true)]
async fn gives_up_on_the_table_before_lambda_gives_up_on_the_function() {
    for event in events().iter().take(1) {
        let silent = NeverClient::new();
        let started = Instant::now();

        let answer = call(&table(silent.clone()), event).await;

        assert_eq!((answer.status, answer.message().as_str()), (503, "The table cannot be reached at the moment"));
        assert_eq!(silent.num_calls(), 3);
        assert!(started.elapsed() < Duration::from_secs(PROJECT.timeout), "{:?}", started.elapsed());
    }
}
