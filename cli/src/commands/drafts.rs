//! Drafts: forms that were left open.

use clap::{Args, Subcommand};
use gridwalk_core::{Error, Id, Phone};
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Tone, cell, toned};
use crate::values::id;
use crate::words;

/// 草稿：填到一半的表单，只留在本机，不同步 / Drafts: forms left open; they stay on this device
#[derive(Debug, Args)]
pub struct Draft {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// 我的草稿，新的在前 / my drafts, newest first
    List,
    /// 一份草稿 / one draft
    Show(Form),
    /// 保存草稿 / keep what is filled in
    Save {
        #[command(flatten)]
        form: Form,
        /// 填写的内容（JSON） / what is filled in, as JSON
        body: String,
        /// 打开表单时的记录编号；不给则用新的 / the id made when the form was opened; else a new one
        #[arg(long, value_parser = id)]
        command: Option<Id>,
    },
    /// 删除草稿 / drop a draft
    Drop(Form),
}

#[derive(Debug, Args)]
struct Form {
    /// 表单名称 / the form's name
    form: String,
    /// 关于哪份资料 / the document it is about
    #[arg(long, value_parser = id)]
    about: Option<Id>,
}

impl Draft {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List => {
                let drafts = phone.drafts()?;
                screen.answer(&json!(drafts), |s| {
                    let mut table = s.table(&["时间 When", "表单 Form", "关于 About", "编号 Id"]);
                    for draft in &drafts {
                        let about = draft.about.map(|id| id.to_string()).unwrap_or_default();
                        table.add_row([cell(words::time(draft.at)), cell(&draft.form), cell(about), toned(draft.command, Tone::Dim)]);
                    }
                    table.to_string()
                })
            }
            What::Show(Form { form, about }) => {
                let draft = phone.draft(&form, about)?.ok_or_else(|| Error::not_found("没有这份草稿", "no such draft"))?;
                screen.answer(&json!(draft), |_| draft.body.to_string())
            }
            What::Save { form: Form { form, about }, body, command } => {
                let body = serde_json::from_str(&body).map_err(|_| Error::invalid("草稿的内容须是 JSON", "what is filled in must be JSON"))?;
                let kept = phone.draft(&form, about)?.map(|draft| draft.command);
                let command = command.or(kept).map_or_else(|| phone.new_command_id(), Ok)?;
                phone.save_draft(&form, about, command, &body)?;
                screen.answer(&json!({"form": form, "command": command}), |s| s.text("草稿已保存在本机 / draft kept", Tone::Good))
            }
            What::Drop(Form { form, about }) => {
                phone.drop_draft(&form, about)?;
                screen.answer(&json!({"dropped": form}), |s| s.text("草稿已删除 / draft dropped", Tone::Good))
            }
        }
    }
}
