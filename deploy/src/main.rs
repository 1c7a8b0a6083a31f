//! The one binary, `opensail`.

const _: () = opensail_deploy::product::check(cfg!(debug_assertions));

fn main() {
    opensail_deploy::run();
}
