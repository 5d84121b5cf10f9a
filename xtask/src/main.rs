//! `cargo xtask`: one entry for people and CI. It builds and starts the others and knows none of them inside.

mod android;
mod apk;
mod fuzz;
mod machine;
mod mutations;
mod postgres;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

const HELP: &str = "\
网格行开发命令 / gridwalk's development commands

  cargo xtask demo  [--scene standard|today|team] [--small] [--no-wait] [--port N]
      演示：示范社区的一天，所有手机与服务器逐台校验，并打开首页；同时构建 gridwalk 和 gridwalk-hub
      the reference community's day, all replicas compared, and the hub's first page; also builds
      gridwalk and gridwalk-hub
  cargo xtask bench [--json …]
      测量目标表 / measure the table of targets
  cargo xtask simulate [--histories N] [--seed S] [--trace]
      模拟：随机历史逐一校验，失败时给出种子和最短经过
      random histories of phones and a hub, each checked; a failure comes with its seed and the shortest way to it
  cargo xtask simulate --mutations [NAME…]
      故意改坏代码，模拟必须发现 / the code broken on purpose: the simulation must find it
  cargo xtask fuzz  [--seconds 60] [TARGET…]
      模糊测试：每个外来数据解析器 / every parser of bytes from outside, under libFuzzer
  cargo xtask soak  [--phones 200] [--minutes 10]
      耐久：大量手机进程与服务器进程，随机 kill -9，最后核对一条不丢
      phones' and a hub's processes under kill -9; ends with what was acknowledged and what was lost
  cargo xtask test  [cargo test 的参数]
      格式、clippy、全部测试；在 PostgreSQL 上再跑一遍情景测试；安卓应用的测试
      format, clippy, all tests, the stories once more on PostgreSQL, and the Android app's tests
  cargo xtask test --android
      只跑安卓应用的测试 / the Android app's tests alone
  cargo xtask screens
      重画 docs/screens 里的界面图片 / draw the pictures of screens in docs/screens anew
  cargo xtask bindings
      在 target/bindings 生成 Kotlin、Swift、Python 接口 / the interface in Kotlin, Swift and Python, generated into target/bindings
  cargo xtask apk [arm64-v8a armeabi-v7a x86_64]
      打包可安装的安卓应用，见 docs/android.md / the Android app as a file to install
  cargo xtask postgres
      启动测试用的 PostgreSQL，打印地址，回车结束 / a server for tests: prints its address, ends with the Enter key

缺少的系统软件会先列出；在 Debian 上以 root 运行时自动安装
System software that is missing is named first; on Debian as root it is installed
";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let done = match task.as_str() {
        "simulate" if rest.first().is_some_and(|a| a == "--mutations") => machine::ready(&["cc", "make", "perl"]).and_then(|()| mutations::run(&rest[1..])),
        "fuzz" => machine::ready(&["cc", "c++", "make", "perl"]).and_then(|()| fuzz::run(&rest)),
        "demo" | "bench" | "simulate" | "soak" => machine::ready(&["cc", "make", "perl"]).and_then(|()| built(&task, &rest)),
        "test" => machine::ready(&["cc", "make", "perl", "python3", machine::OPENPYXL]).and_then(|()| tests(&rest)),
        "apk" => machine::ready(&["cc", "make", "perl"]).and_then(|()| apk::run(&rest)),
        "bindings" => machine::ready(&["cc", "make", "perl"]).and_then(|()| android::bindings()),
        "screens" => machine::ready(&["cc", "make", "perl"]).and_then(|()| android::screens()),
        "postgres" => postgres::Server::start(false).map(|server| {
            println!("GRIDWALK_TEST_POSTGRES={}", server.url());
            drop(std::io::stdin().read_line(&mut String::new()));
        }),
        "" | "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        _ => {
            eprint!("没有“{task}”这个命令 / there is no such command: {task}\n\n{HELP}");
            Err(2)
        }
    };
    done.map_or_else(ExitCode::from, |()| ExitCode::SUCCESS)
}

/// Done, or the status to end with.
type Done = Result<(), u8>;

/// Builds a program of the workspace for release and runs it.
fn built(name: &str, arguments: &[String]) -> Done {
    // The whole workspace decides the features, so that every task shares what is built.
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--workspace", "--bin", name]);
    match name {
        "bench" => build.args(["--bin", "bench_hub"]),
        "soak" => build.args(["--bin", "gridwalk-hub"]),
        // For the tour that README goes on with.
        "demo" => build.args(["--bin", "gridwalk", "--bin", "gridwalk-hub"]),
        _ => &mut build,
    };
    step(&mut build)?;
    let mut run = Command::new(target().join("release").join(name));
    run.env("CARGO_TARGET_DIR", target()).args(arguments);
    // The hub's row is measured on PostgreSQL too, on a server that waits for the disk as it should.
    let measures_hub = name == "bench" && !arguments.iter().any(|a| ["bytes", "phone", "history", "edge"].contains(&a.as_str()));
    let server = measures_hub.then(|| postgres::Server::start(true)).transpose()?;
    step(run.envs(server.as_ref().map(|server| ("GRIDWALK_BENCH_POSTGRES", server.url()))))
}

fn tests(arguments: &[String]) -> Done {
    if arguments == ["--android"] {
        return android::tests();
    }
    step(cargo().args(["fmt", "--all", "--check"]))?;
    // What has no tests of its own is built once, as what it is.
    let targets = ["--lib", "--bin", "gridwalk", "--bin", "xtask", "--test", "*"];
    step(linted().args(targets).args(arguments))?;
    // The stories once more, with hubs on PostgreSQL.
    let server = postgres::Server::start(false)?;
    let mut stories = linted();
    stories.env("GRIDWALK_TEST_POSTGRES", server.url()).env("PATH", server.path());
    step(stories.args(["--test", "stories"]).args(with_ignored(arguments)))?;
    // Who names tests of Rust wants those.
    if arguments.is_empty() { android::tests() } else { Ok(()) }
}

/// The arguments of a run that leaves no test out: those that need what only this run has are ignored in others.
fn with_ignored(arguments: &[String]) -> Vec<String> {
    let separator = (!arguments.iter().any(|a| a == "--")).then(|| "--".to_owned());
    arguments.iter().cloned().chain(separator).chain(["--include-ignored".to_owned()]).collect()
}

/// `cargo test`, with clippy as the compiler of our crates, which lints them on the way: a run of its own would compile everyone else's
/// a second time. Its arguments are handed over as `cargo clippy` does.
fn linted() -> Command {
    let mut command = tested();
    let clippy = Path::new(command.get_program()).with_file_name("clippy-driver");
    command.env("RUSTC_WORKSPACE_WRAPPER", clippy).env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
    command.args(["test", "--locked", "--workspace"]);
    command
}

/// Cargo, at the root of the workspace.
fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).env("CARGO_TARGET_DIR", target());
    // `cargo run` says here which package xtask is. A build script that watches these (ring's) would run, and all that rests on it be
    // compiled, anew whenever cargo is called the other way.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_"))) {
        command.env_remove(name);
    }
    command
}

/// Cargo, for what is built to be tested: with the system's OpenSSL under SQLCipher where there is one, because compiling it is a fifth
/// of a build from nothing. What is built for release has its own.
fn tested() -> Command {
    let mut command = cargo();
    if Command::new("pkg-config").args(["--exists", "libcrypto"]).status().is_ok_and(|status| status.success()) {
        command.env("OPENSSL_NO_VENDOR", "1");
    }
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// Cargo's target folder: the caller's, who may stand elsewhere, or the workspace's own.
fn target() -> PathBuf {
    match (env::var_os("CARGO_TARGET_DIR"), env::current_dir()) {
        (Some(target), Ok(here)) => here.join(target),
        _ => root().join("target"),
    }
}

/// Runs one step under a header that names it.
fn step(command: &mut Command) -> Done {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let words: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    eprintln!("\n▶ {program} {}", words.join(" "));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status_code(status)),
        Err(e) => {
            eprintln!("无法运行 {program}：{e} / cannot run {program}");
            Err(127)
        }
    }
}

/// A step ended by a signal counts as failed too.
fn status_code(status: ExitStatus) -> u8 {
    status.code().and_then(|code| u8::try_from(code).ok()).filter(|code| *code > 0).unwrap_or(1)
}
