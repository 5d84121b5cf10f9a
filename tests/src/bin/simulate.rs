//! `cargo xtask simulate`: thousands of histories of phones and a hub, each drawn from its seed and held against the invariants.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a simulation speaks to its terminal")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use gridwalk_tests::simulate::{Many, Outcome, Plan, Report, Template, run, shorten};

/// 网格行模拟：多部手机与一台服务器的随机历史，逐一校验 / gridwalk's simulation: random histories, each checked
#[derive(Debug, Parser)]
#[command(name = "cargo xtask simulate")]
struct Arguments {
    /// 运行多少段历史 / how many histories
    #[arg(long, default_value_t = 2000)]
    histories: u64,
    /// 第一段历史的种子，其后依次加一 / the seed of the first; the others follow
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 打印每段历史的经过 / print what happens
    #[arg(long)]
    trace: bool,
    /// 失败后不缩短 / do not shorten a failing history
    #[arg(long)]
    whole: bool,
    /// 线程数，默认与处理器相同 / threads; as many as processors by default
    #[arg(long)]
    threads: Option<usize>,
    /// 历史存放的目录，默认在内存中 / where histories live; in memory by default
    #[arg(long)]
    base: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A panic is one of the things that are looked for; it is reported with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let mut many = Many::new(arguments.seed, arguments.histories);
    many.threads = arguments.threads.unwrap_or(many.threads);
    many.base = arguments.base.clone().unwrap_or(many.base);
    let started = Instant::now();
    let each = |_: &Plan, outcome: &Outcome| {
        if arguments.trace {
            println!("{}", outcome.trace.join("\n"));
        }
    };
    match many.run(each, |template, base, report| tell(&arguments, template, base, report)) {
        Ok(report) => {
            let seconds = started.elapsed().as_secs_f64();
            println!("{} 段历史，{seconds:.1} 秒，每秒 {:.1} 段 / {} histories in {seconds:.1} s", report.done, report.done as f64 / seconds, report.done);
            if report.failed.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(e) => {
            eprintln!("模拟没有完成：{e} / the simulation did not finish");
            ExitCode::FAILURE
        }
    }
}

/// Says which history failed, and the shortest one that fails in the same way.
fn tell(arguments: &Arguments, template: &Template, base: &Path, report: &Report) {
    let Some((plan, failure)) = &report.failed else { return };
    println!("种子 / seed {}: {failure}", plan.seed);
    if !arguments.whole {
        let short = shorten(template, plan, failure.invariant, base);
        let outcome = run(template, &short, base);
        println!("缩短为 {} 个事件 / shortened to {} events:", short.events.len(), short.events.len());
        println!("{}", outcome.trace.join("\n"));
        println!("{}", outcome.failure.as_ref().unwrap_or(failure));
    }
    println!("重放 / replay: cargo xtask simulate --histories 1 --seed {} --trace --whole", plan.seed);
}
