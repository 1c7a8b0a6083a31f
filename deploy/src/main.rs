//! The one binary, `opensail`.

fn main() {
    opensail_deploy::run();
}
