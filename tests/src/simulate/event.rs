//! What happens in a history, drawn from its seed before anything runs. An event carries its own numbers and finds what it is
//! about when its turn comes, so that a history with some of them left out still makes sense: failures can be shortened.

use super::dice::Dice;

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its place in the history; kept when others are left out.
    pub number: usize,
    /// Whose phone; counted around those there are.
    pub phone: usize,
    /// What.
    pub what: What,
    /// What it is about; counted around what there is.
    pub which: usize,
    /// What is done with it.
    pub value: usize,
    /// What goes wrong.
    pub fault: Fault,
    /// How long nothing happened before, in seconds.
    pub after: i64,
}

/// Sorts of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A person does something.
    Command,
    /// A phone syncs.
    Sync,
    /// A phone posts a request and hears of the reply much later, beside other syncs.
    Post,
    /// Such a reply is taken.
    TakeLate,
    /// A request that was lost on the way arrives after all; its reply reaches nobody.
    Deliver,
    /// Hours or days pass, the phone asleep or not.
    Pass,
    /// Somebody, or a bad network time, puts a phone's wall clock wrong.
    ShiftWall,
    /// A phone is switched off and on.
    Reboot,
    /// The app is killed between two acts and opened again.
    Reopen,
    /// The hub's process ends and begins again.
    RestartHub,
    /// The hub is backed up.
    Backup,
    /// The hub is restored from the last backup.
    Restore,
    /// The hub folds old changes.
    Fold,
    /// A role of a person ends.
    EndRole,
    /// A person is given a role.
    Grant,
    /// A device is revoked.
    Revoke,
    /// A phone that was refused joins again.
    Enrol,
    /// A phone's store is copied to another phone.
    Copy,
    /// A person tries something again that was refused.
    Resubmit,
    /// A phone's unsent work goes to another phone in a file, to be delivered by it.
    Carry,
    /// What the hub said of carried work comes back in a file.
    Receipts,
    /// A grid is split, merged, handed over, or served by a stand-in.
    Grid,
    /// Something is erased.
    Erase,
}

/// What goes wrong while something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The request is lost.
    LoseRequest,
    /// The hub does its work and the reply is lost.
    LoseReply,
    /// The request arrives twice; the first reply is lost, the second is what comes back.
    Twice,
    /// The reply is cut at a byte.
    Cut,
    /// A byte of the reply is changed on the way.
    Garble,
    /// The hub's process dies in the middle; what of its writing reached the disk is up to chance.
    HubCrash,
    /// The phone's process dies at some step of its storage.
    PhoneCrash {
        /// At which step, of several dozen of SQLite's operations each.
        step: u32,
    },
    /// The phone's process dies while a commit is being written: this many thousandths of it reach the disk.
    TornCommit {
        /// In which commit.
        commit: u32,
        /// How much of it.
        thousandths: u32,
    },
}

/// Commands, as `act.rs` numbers them, that most of a history may be about, so that many meet in few documents: reports.
const REPORTS: [usize; 6] = [12, 13, 14, 15, 22, 23];
/// Households and their residents.
const HOUSEHOLDS: [usize; 5] = [8, 9, 10, 11, 21];
/// Circles, who is in them and what they hold.
const CIRCLES: [usize; 7] = [24, 25, 26, 27, 28, 29, 30];
/// What runs out: places, goods, numbers.
const GIVEN: [usize; 6] = [17, 31, 32, 33, 34, 35];

/// Whose phones such a history cannot do without, by their places in the template: who whistles, dispatches and handles.
const STREET: [usize; 3] = [0, 7, 8];
/// Who is at the desk.
const DESK: [usize; 2] = [0, 6];
/// Who makes circles, who approves, and who is in all of them to begin with.
const CIRCLED: [usize; 3] = [0, 1, 6];

/// A history before it runs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its seed.
    pub seed: u64,
    /// Whether little fits into a page, and visits have much to say.
    pub small_pages: bool,
    /// Which of the template's phones take part.
    pub phones: Vec<usize>,
    /// What happens.
    pub events: Vec<Event>,
}

impl Plan {
    /// The history of `seed`, with phones out of `all`.
    pub fn draw(seed: u64, all: usize) -> Self {
        let mut dice = Dice::new(seed);
        let (topic, needed) = dice.pick(&[
            (4, (&[][..], &[][..])),
            (1, (&REPORTS[..], &STREET[..])),
            (1, (&HOUSEHOLDS[..], &[][..])),
            (1, (&CIRCLES[..], &CIRCLED[..])),
            (1, (&GIVEN[..], &DESK[..])),
        ]);
        let mut phones: Vec<usize> = (0..all).collect();
        let keep = (2 + dice.below(4) as usize).max(needed.len() + 1);
        while phones.len() > keep {
            let out = dice.below(phones.len() as u64) as usize;
            if !needed.contains(&phones[out]) {
                phones.remove(out);
            }
        }
        // Not every trouble in every history, and some of one trouble a lot: some meet only where others are absent.
        let flavour = [45, 45, 25, 50, 60, 40, 35, 35, 35].map(|percent| if dice.chance(percent) { dice.pick(&[(3, 1), (1, 3)]) } else { 0 });
        let [restores, roles, copies, clocks, crashes, late, carriers, areas, erasures] = flavour;
        let weighted = [
            (46, What::Command),
            (24, What::Sync),
            (2 * late, What::Post),
            (2 * late, What::TakeLate),
            (3, What::Deliver),
            (4, What::Pass),
            (3 * clocks, What::ShiftWall),
            (3 * clocks, What::Reboot),
            (2, What::Reopen),
            (1, What::RestartHub),
            (3 * restores, What::Backup),
            (2 * restores, What::Restore),
            (3, What::Fold),
            (3 * roles, What::EndRole),
            (3 * roles, What::Grant),
            (2 * roles, What::Revoke),
            (3 * roles, What::Enrol),
            (3 * copies, What::Copy),
            (2 * roles, What::Resubmit),
            (5 * carriers, What::Carry),
            (4 * carriers, What::Receipts),
            (5 * areas, What::Grid),
            (4 * erasures, What::Erase),
        ];
        let small_pages = dice.chance(20);
        let count = 20 + dice.below(41) as usize;
        let mut events: Vec<Event> = (0..count).map(|number| Event::draw(&mut dice, number, &weighted, crashes > 0)).collect();
        for event in events.iter_mut().filter(|e| e.what == What::Command && !topic.is_empty()) {
            if dice.chance(70) {
                event.which = topic[event.which % topic.len()];
            }
        }
        Self { seed, small_pages, phones, events }
    }
}

impl Event {
    fn draw(dice: &mut Dice, number: usize, weighted: &[(u64, What)], crashes: bool) -> Self {
        let what = dice.pick(weighted);
        let crash = if crashes { 1 } else { 0 };
        // Steps are tried from the first to far beyond the last, small numbers more often.
        let step = 1 << dice.below(11);
        let step = (step + dice.below(step)) as u32;
        let torn = Fault::TornCommit { commit: 1 + dice.below(3) as u32, thousandths: dice.below(1001) as u32 };
        let line = [(60, Fault::None), (7, Fault::LoseRequest), (9, Fault::LoseReply), (4, Fault::Twice), (3, Fault::Cut), (2, Fault::Garble)];
        let crash_at = [(8 * crash, Fault::PhoneCrash { step }), (3 * crash, torn)];
        let fault = match what {
            What::Sync => dice.pick(&[line.as_slice(), &crash_at, &[(5 * crash, Fault::HubCrash)]].concat()),
            What::Command | What::Enrol | What::Resubmit | What::TakeLate | What::Carry | What::Receipts => {
                dice.pick(&[[(90, Fault::None)].as_slice(), &crash_at].concat())
            }
            _ => Fault::None,
        };
        Self {
            number,
            phone: dice.below(60) as usize,
            what,
            which: dice.below(1000) as usize,
            value: dice.below(1000) as usize,
            fault,
            after: dice.below(40) as i64,
        }
    }
}
