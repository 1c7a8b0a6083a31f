//! The program under test: `opensail` as it ships, plus the crash points that a release does not have.

fn main() {
    opensail_deploy::run();
}
