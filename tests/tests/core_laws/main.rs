//! The laws of the core, below sync: documents converge and hide nothing, rules refuse what they must, folds are valid in
//! every order, the store loses nothing, and screens find what was recorded. No network, no sleeps.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop as tests do")]

mod actions;
mod calendar;
mod dictionary;
mod dictionary_doc;
mod doors;
mod drafts;
mod due;
mod finding;
mod histories;
mod hostile;
mod hours;
mod hybrid;
mod inputs;
mod invites;
mod lab;
mod ladder;
mod licences_doc;
mod lists;
mod oracle;
mod own_fields;
mod photos;
mod processes_doc;
mod report_fold;
mod rules;
mod rules_doc;
mod store;
mod subjects;
mod taking_back;
mod times;
mod tried;
