"""Small crates without packages, which cargo builds in a second: a program, and all that it can be made of."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# The program prints a value of each file.
FILES = {
    # Cargo takes programs of the same name in two directories for one, and tests of two workers would share it.
    ".cargo/config.toml": '[build]\nbuild-dir = "own"\n',
    "app/Cargo.toml": """
[workspace]
[package]
name = "app"
version = "0.1.0"
edition = "2024"
[dependencies]
shared = { path = "../shared" }
tools = { path = "crates/tools" }
""",
    "app/build.rs": """
fn main() {
    println!("cargo::rerun-if-changed=input file.txt");
    let input = std::fs::read_to_string("input file.txt").unwrap();
    println!("cargo::rustc-env=INPUT={}", input.trim());
    println!("cargo::rustc-env=SCRIPT={}", "value");
}
""",
    "app/input file.txt": "value",
    "app/src/main.rs": """
mod linked;
mod nested { pub mod deep; }
fn main() {
    let words = include_str!("../../words.txt").trim();
    let own = ["value", nested::deep::VALUE, linked::VALUE, env!("INPUT"), env!("SCRIPT"), words];
    println!("{} {} {}", own.join(" "), shared::join(), tools::VALUE);
}
""",
    "app/src/nested/deep.rs": 'pub const VALUE: &str = "value";\n',
    "linked/mod.rs": 'pub const VALUE: &str = "value";\n',
    "words.txt": "value\n",
    "shared/Cargo.toml": '[package]\nname = "shared"\nversion = "0.1.0"\nedition = "2024"\ndescription = "value"\n',
    "shared/src/lib.rs": """
mod deep { pub mod er; }
pub fn join() -> String {
    let own = ["value", deep::er::VALUE, env!("CARGO_PKG_DESCRIPTION"), include_str!("data/text.txt")];
    own.join(" ")
}
""",
    "shared/src/deep/er.rs": 'pub const VALUE: &str = "value";\n',
    "shared/src/data/text.txt": "value",
    "tools/Cargo.toml": '[package]\nname = "tools"\nversion = "0.1.0"\nedition = "2024"\n',
    "tools/src/lib.rs": 'pub const VALUE: &str = "value";\n',
}
EDITABLE = [name for name, text in FILES.items() if "value" in text]
# The platform that cargo builds for.
HOST = (
    subprocess.run(["rustc", "--print", "host-tuple"], capture_output=True, text=True, check=True).stdout.strip()
    if shutil.which("rustc")
    else ""
)
LINKS = {"app/src/linked": "../../linked", "app/crates/tools": "../../tools"}


def write_crates(directory: Path) -> None:
    """Write the crates; the program is in `app`."""
    for name, text in FILES.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    for name, target in LINKS.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).symlink_to(target)
