//! A hub whose disk is full: what cannot be written is not done, and said.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::program::Program;

/// Runs the program where no file may grow beyond so many KiB: its writes fail there as on a full disk.
fn limited(hub: &Program, kib: u32, args: &[&str]) -> (bool, String) {
    let program = hub.command(args);
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"")]).arg(program.get_program()).args(program.get_args());
    shell.envs(program.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let output = shell.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.success(), said)
}

#[test]
fn an_erasure_on_a_full_disk_changes_nothing_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Program { folder: dir.path().to_owned(), people: BTreeSet::from(["欧阳静".to_owned()]) };
    hub.run(&["init", "--tenant", "wuyan", "--name", "五堰社区"], true);
    let roster = dir.path().join("roster.jsonl");
    fs::write(&roster, r#"{"id": "1", "grid": "一网格", "address": "滨河路1", "residents": [{"id": "r", "name": "欧阳静"}]}"#).unwrap();
    hub.run(&["import", roster.to_str().unwrap()], true);
    let found = || hub.run(&["erase", "--containing", "欧阳静"], true);
    let line = found();
    let fields: Vec<&str> = line.trim().split('\t').collect();
    let erase = ["erase", "--household", fields[1], "--resident", fields[2], "--yes"];
    let acts = || hub.run(&["log"], true).lines().count();
    let before = acts();
    let journal = dir.path().join("hub/erasures.jsonl");

    // Room for the journal, not for the database's log.
    let (done, said) = limited(&hub, 40, &erase);
    assert!(!done && said.contains("数据库写不了") && said.contains("this step was not done"), "{said}");
    hub.check("the error", &said);
    assert_eq!((found(), acts()), (line.clone(), before), "nothing was changed");
    // Not journaled either: the next start would erase it after all.
    assert_eq!(fs::read_to_string(&journal).unwrap(), "");
    hub.run(&erase, true);
    assert_eq!(found(), "");
    assert_eq!(acts(), before + 1);
    assert_eq!(fs::read_to_string(&journal).unwrap().lines().count(), 1);
}
