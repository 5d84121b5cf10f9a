//! The shells: what uniffi generates for them, and the Android app with its tests.

use std::path::PathBuf;
use std::process::Command;

use crate::{Done, cargo, linted, machine, root, step, target};

/// Generates the core's interface in Kotlin, Swift and Python, into a folder for each beside what cargo builds.
pub fn bindings() -> Done {
    // As the tests build them, so that nothing is compiled for this alone: the library, its generator, and the hub that the app's tests
    // start.
    step(linted().args(["--no-run", "--test", "python_story", "--test", "program"]))?;
    for language in ["kotlin", "swift", "python"] {
        let mut generate = Command::new(built().join("uniffi-bindgen"));
        // There it finds uniffi.toml, by `cargo metadata`.
        generate.current_dir(root().join("bindings")).env("CARGO", cargo().get_program());
        generate.arg("generate").arg(library()).args(["--language", language, "--no-format", "--out-dir"]).arg(generated(language));
        step(&mut generate)?;
    }
    Ok(())
}

/// Builds the app for this machine and runs its tests: real screens, the real core, a real hub.
pub fn tests() -> Done {
    ready()?;
    bindings()?;
    step(maven().arg("test"))
}

/// Draws the pictures of the screens anew, for people to look at.
pub fn screens() -> Done {
    ready()?;
    bindings()?;
    step(maven().args(["test", "-Dgridwalk.draw=true", "-Dsurefire.failIfNoSpecifiedTests=false", "-Dtest=PicturesTest"]))
}

/// Maven on the Android project; quiet but for what fails.
pub fn maven() -> Command {
    let mut maven = Command::new("mvn");
    maven.current_dir(root().join("android")).args(["-B", "-ntp", "-q"]).arg(format!("-Dcargo.target={}", target().display()));
    maven
}

fn generated(language: &str) -> PathBuf {
    target().join("bindings").join(language)
}

fn built() -> PathBuf {
    target().join("debug")
}

/// The library as the tests load it.
fn library() -> PathBuf {
    let name = format!("{}gridwalk{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    built().join("deps").join(name)
}

/// What Maven calls, and what sets a hub's clock for pictures.
fn ready() -> Done {
    machine::ready(&["javac", "mvn", "aapt2", "faketime"])
}
