//! `cargo xtask apk`: the app as a file that a phone installs, without Google's SDK.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::{Done, android, cargo, machine, root, step, target};

/// A kind of processor: as Android names it, as Rust does, as a C compiler is named, and as the toolchain's command does.
struct Abi {
    name: &'static str,
    rust: &'static str,
    clang: &'static str,
    arch: &'static str,
}

const ABIS: [Abi; 3] = [
    Abi { name: "arm64-v8a", rust: "aarch64-linux-android", clang: "aarch64-linux-android26-clang", arch: "arm64" },
    Abi { name: "armeabi-v7a", rust: "armv7-linux-androideabi", clang: "armv7a-linux-androideabi26-clang", arch: "arm" },
    Abi { name: "x86_64", rust: "x86_64-linux-android", clang: "x86_64-linux-android26-clang", arch: "x86_64" },
];

/// Builds the app for these processors (`arm64-v8a` where none is named), signed with a key made for this machine.
pub fn run(arguments: &[String]) -> Done {
    machine::ready(&["javac", "mvn", "aapt2", "aapt", "zipalign", "apksigner"])?;
    let named: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut abis = Vec::new();
    for name in if named.is_empty() { vec!["arm64-v8a"] } else { named } {
        let Some(abi) = ABIS.iter().find(|abi| abi.name == name) else {
            let known = ABIS.map(|abi| abi.name).join("、");
            eprintln!("没有这种处理器：{name}；有：{known} / no such processor");
            return Err(2);
        };
        abis.push(abi);
    }
    for abi in &abis {
        library(abi)?;
    }
    android::bindings()?;
    let work = target().join("android");
    step(android::maven().args(["package", "-Papk", "-DskipTests"]).arg(format!("-Dapk.work={}", work.display())))?;
    pack(&work, &abis)
}

/// Builds the core for a processor.
fn library(abi: &Abi) -> Done {
    let mut build = match (env::var("GRIDWALK_ANDROID_TOOLCHAIN"), env::var("ANDROID_NDK_HOME")) {
        (Ok(command), _) => {
            let mut words = command.split_whitespace();
            let mut build = Command::new(words.next().unwrap_or_default());
            build.args(words).arg(root()).arg(abi.arch);
            build
        }
        (_, Ok(ndk)) => with_ndk(abi, Path::new(&ndk)),
        _ => {
            eprintln!(
                "请设置 ANDROID_NDK_HOME 或 GRIDWALK_ANDROID_TOOLCHAIN，见 docs/android.md\n\
                 set ANDROID_NDK_HOME or GRIDWALK_ANDROID_TOOLCHAIN: see docs/android.md"
            );
            return Err(2);
        }
    };
    build.current_dir(root()).args(["build", "--locked", "--profile", "phone", "-p", "gridwalk-bindings", "--lib", "--no-default-features"]);
    // Phones with pages of 16 kB load no other.
    build.arg("--config").arg(format!("target.{}.rustflags=[\"-Clink-arg=-Wl,-z,max-page-size=16384\"]", abi.rust));
    // Apart from what this machine runs: another compiler may build it. Relative, since the toolchain may see another root.
    step(build.args(["--target-dir", "target/android/rust", "--target", abi.rust]))
}

fn with_ndk(abi: &Abi, ndk: &Path) -> Command {
    let tools = ndk.join("toolchains/llvm/prebuilt/linux-x86_64/bin");
    let (compiler, name) = (tools.join(abi.clang), abi.rust.replace('-', "_"));
    let mut build = cargo();
    build.env(format!("CC_{name}"), &compiler).env(format!("AR_{name}"), tools.join("llvm-ar")).env(format!("RANLIB_{name}"), tools.join("llvm-ranlib"));
    build.env(format!("CARGO_TARGET_{}_LINKER", name.to_uppercase()), compiler);
    build
}

/// Puts resources, code and libraries into one file, aligns and signs it.
fn pack(work: &Path, abis: &[&Abi]) -> Done {
    let [content, loose, aligned, key, apk] =
        ["content", "gridwalk.zip", "gridwalk-aligned.zip", "debug.keystore", "gridwalk-debug.apk"].map(|name| work.join(name));
    for abi in abis {
        let library = root().join("target/android/rust").join(abi.rust).join("phone/libgridwalk.so");
        copy(&library, &content.join("lib").join(abi.name).join("libgridwalk.so"))?;
        copy(&work.join("jna/jni").join(abi.name).join("libjnidispatch.so"), &content.join("lib").join(abi.name).join("libjnidispatch.so"))?;
    }
    copy(&work.join("app.ap_"), &loose)?;
    step(Command::new("jar").arg("-ufM").arg(&loose).arg("-C").arg(&content).arg("."))?;
    step(Command::new("zipalign").args(["-f", "-p", "4"]).args([&loose, &aligned]))?;
    if !key.exists() {
        let who = ["-alias", "debug", "-dname", "CN=gridwalk debug", "-keyalg", "RSA", "-keysize", "3072", "-validity", "10000"];
        step(Command::new("keytool").args(["-genkeypair", "-storepass", "android", "-keystore"]).arg(&key).args(who))?;
    }
    let mut sign = Command::new("apksigner");
    sign.args(["sign", "--min-sdk-version", "26", "--ks-pass", "pass:android", "--ks"]).arg(&key).arg("--out").args([&apk, &aligned]);
    step(&mut sign)?;
    step(Command::new("apksigner").arg("verify").arg(&apk))?;
    step(Command::new("aapt").args(["dump", "badging"]).arg(&apk))?;
    println!("{}", apk.display());
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Done {
    let made = to.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::copy(from, to).map(drop));
    made.map_err(|e| {
        eprintln!("{} → {}：{e}", from.display(), to.display());
        1
    })
}
