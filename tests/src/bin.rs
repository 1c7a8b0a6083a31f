//! The program under test: `opensail` as it ships, plus what a release does not have: crash points, a later program's events to
//! rehearse, a consumer that copies, and a hand behind the journal's back.

fn main() {
    opensail_tests::later::rehearse_if_told();
    if opensail_tests::behind::born_twice_if_told() {
        return;
    }
    opensail_tests::copies::copy_if_told();
    opensail_deploy::run();
}
