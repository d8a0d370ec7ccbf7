//! What the tests need to know of the project, read from its own files.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use yaml_rust2::{Yaml, YamlLoader};

pub struct Project {
    pub routes: Vec<Route>,
    pub key: Vec<KeyAttribute>,
    pub has_rest_api: bool,
    pub timeout: u64,
}

/// A route of openapi.yaml.
#[derive(Clone)]
pub struct Route {
    pub method: String,
    pub path: String,
    /// What the route does to the table; empty where the project has its own idea.
    pub operation: String,
}

/// An attribute of the table's key, with the longest value that it can have.
pub struct KeyAttribute {
    pub name: String,
    pub is_number: bool,
    pub max_bytes: usize,
}

pub static PROJECT: LazyLock<Project> = LazyLock::new(read_project);

/// Return the project's routes that do this, but for HEAD.
pub fn routes(operation: &str) -> impl Iterator<Item = &'static Route> {
    PROJECT.routes.iter().filter(move |route| route.operation == operation && route.method != "HEAD")
}

/// Return whether a route is for a method by its name.
pub fn has_route(method: &str, path: &str) -> bool {
    PROJECT.routes.iter().any(|route| route.method == method && route.path == path)
}

fn read_project() -> Project {
    let template = read_yaml("template.yaml");
    let resources = template["Resources"].as_hash().unwrap();
    let types: Vec<_> = resources.values().map(|resource| resource["Type"].as_str().unwrap()).collect();
    let table = resources.values().find(|resource| resource["Type"].as_str() == Some("AWS::DynamoDB::Table")).unwrap();
    Project {
        routes: read_routes(),
        key: read_key(&table["Properties"]),
        has_rest_api: types.contains(&"AWS::Serverless::Api"),
        timeout: template["Globals"]["Function"]["Timeout"].as_i64().unwrap().unsigned_abs(),
    }
}

fn read_routes() -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, operations) in read_yaml("openapi.yaml")["paths"].as_hash().unwrap() {
        for (method, operation) in operations.as_hash().unwrap() {
            let method = method.as_str().unwrap();
            routes.push(Route {
                method: if method.starts_with("x-") { "ANY".into() } else { method.to_uppercase() },
                path: path.as_str().unwrap().into(),
                operation: operation["x-operation"].as_str().unwrap_or_default().into(),
            });
        }
    }
    routes
}

fn read_key(table: &Yaml) -> Vec<KeyAttribute> {
    let attributes = table["AttributeDefinitions"].as_vec().unwrap();
    let is_number =
        |name: &Yaml| attributes.iter().any(|a| &a["AttributeName"] == name && is(&a["AttributeType"], "N"));
    let elements = table["KeySchema"].as_vec().unwrap().iter();
    let key = elements.map(|element| KeyAttribute {
        name: element["AttributeName"].as_str().unwrap().into(),
        is_number: is_number(&element["AttributeName"]),
        max_bytes: if is(&element["KeyType"], "HASH") { 2048 } else { 1024 },
    });
    key.collect()
}

fn is(value: &Yaml, text: &str) -> bool {
    value.as_str() == Some(text)
}

fn read_yaml(file: &str) -> Yaml {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}
