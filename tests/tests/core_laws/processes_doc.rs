//! `docs/processes.md` is drawn from the processes: states, steps, clocks.

use std::fmt::Write as _;
use std::path::Path;

use gridwalk_core::cases::{Does, Process, Step, To, Who, kinds_with_process};

fn drawn() -> String {
    let mut text = "# Processes\n\nDrawn from the tables by `UPDATE_DOCS=1 cargo test --workspace --test core_laws processes_doc`; a test fails when it is out of date.\n\n\
        A case goes through the states of its process by steps of several people (`core/src/cases`). A step that does not apply where the case stands, or that came\n\
        after its clock, stays visible with its reason and does nothing.\n\n".to_owned();
    for (kind, process) in kinds_with_process() {
        writeln!(text, "## {} (`{}`)\n", kind.rules.zh, kind.name).unwrap();
        let states: Vec<String> = process.states.iter().map(|s| format!("{} `{}`", s.code.label.zh, s.code.code)).collect();
        writeln!(text, "States: {}.\n", states.join(" · ")).unwrap();
        text += "| 步骤 | code | from → to | must carry | clocks | within | who |\n| --- | --- | --- | --- | --- | --- | --- |\n";
        for step in process.steps {
            let roles: Vec<&str> = step.roles.iter().map(|r| r.zh()).collect();
            let who = match step.who {
                Who::Over => "",
                Who::Readers => "（也含只能查看的）",
                Who::OrRaiser => "；提出人",
            };
            let of_unit = if step.of_unit { "，代表本单位" } else { "" };
            let within = if step.within.is_empty() { "" } else { process.clock(step.within).map_or("", |c| c.code.label.zh) };
            let (zh, code) = (step.code.label.zh, step.code.code);
            writeln!(
                text,
                "| {zh} | `{code}` | {} | {} | {} | {within} | {}{who}{of_unit} |",
                leads(step),
                step.must.join(", "),
                clocks(process, step),
                roles.join("、")
            )
            .unwrap();
        }
        if !process.amounts.is_empty() {
            text +=
                "\nClocks run so long where a community has set nothing (`gridwalk clocks`):\n\n| setting | | default | source |\n| --- | --- | --- | --- |\n";
            for amount in process.amounts {
                writeln!(text, "| `{}.{}` | {} / {} | {} | {} |", process.name, amount.setting, amount.label.zh, amount.label.en, amount.amount, amount.source)
                    .unwrap();
            }
        }
        text += "\n";
    }
    text.trim_end().to_owned() + "\n"
}

fn leads(step: &Step) -> String {
    let one = |(from, to): &(&[&str], To)| {
        let to = match to {
            To::Stay => "stays".to_owned(),
            To::State(state) => state.to_string(),
            To::Before(step) => format!("where it was before `{step}`"),
        };
        format!("{} → {to}", from.join(", "))
    };
    step.leads.iter().map(one).collect::<Vec<_>>().join("; ").replace('*', "any")
}

fn clocks(process: &Process, step: &Step) -> String {
    let zh = |code: &str| process.clock(code).map_or(code.to_owned(), |clock| clock.code.label.zh.to_owned());
    let one = |does: &Does| match does {
        Does::Start(clock, _) | Does::StartStage(clock, _) => format!("starts {}", zh(clock)),
        Does::StartIf(kind, clock, _) => format!("starts {} if whistled as {kind}", zh(clock)),
        Does::StartEach(clock, _) => format!("starts {} of each unit", zh(clock)),
        Does::Stop(clock) => format!("stops {}", zh(clock)),
        Does::StopOwn(clock) => format!("stops its own {}", zh(clock)),
        Does::StopAll => "stops all".to_owned(),
        Does::RunOn(clock) => format!("lets {} run on", zh(clock)),
        Does::Defer(clock) => format!("moves {}", zh(clock)),
        Does::Pause => "all stand still".to_owned(),
        Does::Resume => "all run on".to_owned(),
        Does::Move => "new ends".to_owned(),
    };
    step.clocks.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_page_of_the_processes_is_what_the_tables_say() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/processes.md");
    let drawn = drawn();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(kept == drawn, "docs/processes.md is not what the tables say: UPDATE_DOCS=1 cargo test --workspace --test core_laws processes_doc");
}
