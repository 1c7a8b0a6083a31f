//! The program under test: `opensail` as it ships, plus what a release does not have: crash points, and a later program's events to rehearse.

fn main() {
    opensail_tests::later::rehearse_if_told();
    opensail_deploy::run();
}
