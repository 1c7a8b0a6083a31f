//! The API over a real journal in a temporary folder, asked request by request.

mod exports;
mod fakes;
mod files;
mod hardening;
mod live;
mod openapi;
mod parked;
mod past;
mod repeats;
mod routes;
mod sessions;
mod sign_in;
mod work;
mod world;
mod writes;
