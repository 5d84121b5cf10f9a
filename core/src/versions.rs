//! The dictionary's number: what this gridwalk declares of kinds, fields, codes, steps and rules, told to whoever may declare less
//! or more. A change names the number that it was recorded under and the one that its changes were written under.

/// The number of what is declared here. Raised by one in every release that declares something new: a kind, a field, a code, a step,
/// a demand, who may write what; or other rows from the same documents. Never lowered. What is new says since which number it is: a field
/// (`since`), a choice, a row of the rules, a step, a demand ([`crate::rules::Demand`]). Phones offer nothing that is younger than their hub.
pub const DICTIONARY_VERSION: u32 = 1;

/// What one gridwalk knows. Outside tests there is one: [`Dictionary::OURS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dictionary {
    /// Its number.
    pub number: u32,
    /// What is declared here and it does not know: a kind (`("unit", "")`), a field of one (`("household", "tenure")`), a step of a
    /// report (`("step", "supervise")`).
    pub without: &'static [(&'static str, &'static str)],
}

/// What stories of older releases take to be new in this release: the one before it did without units, the tenure of households, and the step of handling.
#[cfg(feature = "testing")]
pub const NEW_IN_STORIES: &[(&str, &str)] = &[("unit", ""), ("household", "tenure"), ("step", "handle")];

impl Dictionary {
    /// All that is declared here.
    pub const OURS: Self = Self { number: DICTIONARY_VERSION, without: &[] };

    /// Whether it knows a kind, or the field or step `name` of it.
    pub fn knows(&self, kind: &str, name: &str) -> bool {
        !self.without.contains(&(kind, name))
    }

    /// What a hub that told this number knows.
    pub fn of_hub(number: u32) -> Self {
        #[cfg(feature = "testing")]
        if number < DICTIONARY_VERSION {
            return Self { number, without: NEW_IN_STORIES };
        }
        Self { number, without: &[] }
    }

    /// Runs `f` as a gridwalk that knows this much.
    #[cfg(not(feature = "testing"))]
    pub fn run<T>(self, f: impl FnOnce() -> T) -> T {
        f()
    }

    /// Runs `f` as a gridwalk that knows this much.
    #[cfg(feature = "testing")]
    pub fn run<T>(self, f: impl FnOnce() -> T) -> T {
        struct Back(Dictionary);
        impl Drop for Back {
            fn drop(&mut self) {
                CURRENT.set(self.0);
            }
        }
        let _back = Back(CURRENT.replace(self));
        f()
    }
}

#[cfg(feature = "testing")]
thread_local! {
    static CURRENT: std::cell::Cell<Dictionary> = const { std::cell::Cell::new(Dictionary::OURS) };
}

/// What the gridwalk that runs here knows.
#[cfg(not(feature = "testing"))]
pub fn dictionary() -> Dictionary {
    Dictionary::OURS
}

/// What the gridwalk that runs here knows.
#[cfg(feature = "testing")]
pub fn dictionary() -> Dictionary {
    CURRENT.get()
}
