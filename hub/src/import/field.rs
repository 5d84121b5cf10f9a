//! One field of a table and the headings it is known by.

/// One field and its headings. Each of `before` joined with each of `after` is a heading, then those in `others`; the
/// earlier one wins, so a plain 序号 counts as the number only where there is no 留言编号.
#[derive(Debug)]
pub struct Field {
    /// The key that mapping files use.
    pub key: &'static str,
    /// What the field is called in messages to people.
    pub zh: &'static str,
    /// True when a table without it cannot be read.
    pub required: bool,
    pub(super) before: &'static [&'static str],
    pub(super) after: &'static [&'static str],
    pub(super) others: &'static [&'static str],
}

impl Field {
    /// The known headings, in the form of `heading_key`, best first.
    pub fn headings(&self) -> impl Iterator<Item = String> {
        let joined = self.before.iter().flat_map(|before| self.after.iter().map(move |after| format!("{before}{after}")));
        joined.chain(self.others.iter().map(|other| (*other).to_owned()))
    }
}
