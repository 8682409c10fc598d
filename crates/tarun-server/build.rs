//! Builds again when the web app that goes into the binary has changed.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}
