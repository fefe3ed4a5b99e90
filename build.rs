//! How the program is linked: on Linux with glibc, where the addresses that are worked out at each start are kept in their
//! short form (RELR). A start then reads a megabyte less, and two megabytes less of the file stay in memory.

// This is how a build script speaks.
#![allow(clippy::print_stdout)]

use std::env;
use std::process::Command;

/// Its loader knows the short form from 2.36 on (August 2022); an older one would not start the program.
const FIRST: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_gnu = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux")
        && env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "gnu");
    // Of another machine's loader nothing is known here.
    let is_here = env::var("HOST").ok() == env::var("TARGET").ok();
    if is_gnu && is_here && glibc().is_some_and(|version| version >= FIRST) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this machine's; `None` where it cannot be told.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}
