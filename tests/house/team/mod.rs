//! Teams and their members from outside.

mod invitations;
mod members;
mod teams;

const OPEN: &[(&str, &str)] = &[("OPENSAIL_REGISTRATION", "open")];
