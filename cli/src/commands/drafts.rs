//! Drafts: forms that were left open.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gridwalk_core::phone::Outcome;
use gridwalk_core::{Error, Id, Input, Phone};
use serde_json::json;

use super::photo::taken;
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
    /// 给草稿添加一张照片，保存记录时随之成为它的照片 / add a photo, which becomes the record's when that is saved
    Photo {
        #[command(flatten)]
        form: Form,
        /// 照片文件：JPEG、PNG、WebP / the photo's file
        file: PathBuf,
    },
    /// 移除草稿的一张照片 / remove a photo from its draft
    RemovePhoto {
        /// 照片编号 / the photo's id
        #[arg(value_parser = id)]
        photo: Id,
    },
    /// 删除草稿和它的照片 / drop a draft with its photos
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

/// Runs a command, as what the draft of this id became if there is one.
pub fn run_from(phone: &Phone, draft: Option<Id>, input: impl Into<Input>) -> Result<Outcome> {
    Ok(match draft {
        Some(id) => phone.run_as(id, input)?,
        None => phone.run(input)?,
    })
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
                screen.answer(&json!(draft), |s| {
                    let photos =
                        draft.photos.iter().map(|p| format!("\n照片 / photo {} {}×{} {}", words::time(p.at), p.width, p.height, s.text(p.id, Tone::Dim)));
                    draft.body.to_string() + &photos.collect::<String>()
                })
            }
            What::Save { form: Form { form, about }, body, command } => {
                let body = serde_json::from_str(&body).map_err(|_| Error::invalid("草稿的内容须是 JSON", "what is filled in must be JSON"))?;
                let kept = phone.draft(&form, about)?.map(|draft| draft.command);
                let command = command.or(kept).map_or_else(|| phone.new_command_id(), Ok)?;
                phone.save_draft(&form, about, command, &body)?;
                screen.answer(&json!({"form": form, "command": command}), |s| s.text("草稿已保存在本机 / draft kept", Tone::Good))
            }
            What::Photo { form: Form { form, about }, file } => {
                let (photo, taken) = (phone.new_command_id()?, taken(&file)?);
                phone.add_draft_photo(&form, about, photo, &taken)?;
                screen.answer(&json!({"form": form, "photo": photo}), |s| s.text("照片已随草稿保存在本机 / photo kept with the draft", Tone::Good))
            }
            What::RemovePhoto { photo } => {
                phone.remove_draft_photo(photo)?;
                screen.answer(&json!({"removed": photo}), |s| s.text("照片已移除 / photo removed", Tone::Good))
            }
            What::Drop(Form { form, about }) => {
                phone.drop_draft(&form, about)?;
                screen.answer(&json!({"dropped": form}), |s| s.text("草稿已删除 / draft dropped", Tone::Good))
            }
        }
    }
}
