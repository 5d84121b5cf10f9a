//! Photos: add to a record, list, save to a file, take back; and over which networks they travel.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use gridwalk_core::photos::{PhotoView, RemovePhoto, TAKEN_BYTES};
use gridwalk_core::settings::PhotoNetworks;
use gridwalk_core::sync::PhotoProgress;
use gridwalk_core::{Error, Id, Phone};
use serde_json::json;

use super::lookup::household;
use super::sync::{network, wait};
use crate::failure::{Failure, Result};
use crate::screen::{Screen, Style, Tone, cell, number, toned};
use crate::values::id;
use crate::words;

/// 照片：添加、查看、取回原图、撤回 / Photos: add, list, get, remove
#[derive(Debug, Args)]
pub struct Photo {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Add(Add),
    List(List),
    Get(Get),
    Remove(Remove),
    Networks(Networks),
}

impl Photo {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::Add(c) => c.run(phone, screen),
            What::List(c) => c.run(phone, screen),
            What::Get(c) => c.run(phone, screen),
            What::Remove(c) => c.run(phone, screen),
            What::Networks(c) => c.run(phone, screen),
        }
    }
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Record {
    /// 住户编号，或只找到一户的词 / the household's id, or words that find only it
    #[arg(long, value_name = "HOUSEHOLD")]
    household: Option<String>,
    /// 上报编号 / the report's id
    #[arg(long, value_name = "REPORT", value_parser = id)]
    report: Option<Id>,
    /// 走访编号 / the visit's id
    #[arg(long, value_name = "VISIT", value_parser = id)]
    visit: Option<Id>,
    /// 健康、未成年人或调解资料的编号 / the id of a health, minor or mediation record
    #[arg(long, value_name = "RECORD", value_parser = id)]
    record: Option<Id>,
}

impl Record {
    fn id(&self, phone: &Phone) -> Result<Id> {
        match (&self.household, self.report.or(self.visit).or(self.record)) {
            (Some(typed), _) => household(phone, typed.trim()),
            (None, Some(id)) => Ok(id),
            (None, None) => Err(Failure::usage("请指定住户、上报、走访或保密资料", "name a household, a report, a visit or a confidential record")),
        }
    }
}

/// 给住户、上报、走访或保密资料添加一张照片 / Add a photo to a household, report, visit or confidential record
#[derive(Debug, Args)]
struct Add {
    /// 照片文件：JPEG、PNG、WebP / the photo's file
    file: PathBuf,
    #[command(flatten)]
    record: Record,
}

impl Add {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let record = self.record.id(phone)?;
        screen.recorded(&phone.take_photo(record, &taken(&self.file)?)?, "已添加照片", "photo added")
    }
}

/// What a camera or a file gave.
pub fn taken(file: &Path) -> Result<Vec<u8>> {
    let mut taken = Vec::new();
    // One byte more than may be tells that it is too many.
    let read = fs::File::open(file).and_then(|f| f.take(TAKEN_BYTES as u64 + 1).read_to_end(&mut taken));
    read.map_err(|e| Failure::file(&file.display().to_string(), e))?;
    Ok(taken)
}

/// 一份记录的照片，最新的在前 / The photos of a record, newest first
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    record: Record,
}

impl List {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let photos = phone.photos_of(self.record.id(phone)?)?;
        let troubles = phone.photo_troubles()?;
        screen.answer(&json!({"photos": photos, "troubles": troubles}), |s| {
            if photos.is_empty() { s.text("没有照片 / no photos", Tone::Dim) } else { table(s, &photos) }
        })?;
        if !troubles.is_empty() {
            screen.warn("有照片无法发送，请重新拍摄", "some photos cannot be sent; take them again");
        }
        Ok(())
    }
}

fn table(s: Style, photos: &[PhotoView]) -> String {
    let mut table = s.table(&["时间 When", "拍摄人 By", "像素 Pixels", "KB", "状态 Status", "编号 Id"]);
    for p in photos {
        let status = match (p.unsent, p.original_here) {
            (true, _) => ("待发送 / unsent", Tone::Warn),
            (false, true) => ("原图在本机 / original here", Tone::Plain),
            (false, false) => ("原图在服务器 / original at the hub", Tone::Dim),
        };
        table.add_row([
            cell(words::proven_time(p.at, p.unanchored, p.unknowable)),
            cell(if p.by_name.is_empty() { &p.by } else { &p.by_name }),
            cell(format!("{}×{}", p.width, p.height)),
            number(p.bytes.div_ceil(1000)),
            toned(status.0, status.1),
            toned(p.id, Tone::Dim),
        ]);
    }
    let text = table.to_string();
    let legend = words::time_legend(&text);
    text + &s.text(legend, Tone::Dim)
}

/// 把照片存成文件；原图不在本机时从服务器取回 / Save a photo to a file; an original that is not here is fetched
#[derive(Debug, Args)]
struct Get {
    /// 照片编号 / the photo's id
    #[arg(value_parser = id)]
    photo: Id,
    /// 存到 / where to
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// 只要缩略图 / the thumbnail only
    #[arg(long)]
    thumbnail: bool,
    /// 当前网络按流量计费 / this network is paid for by the byte
    #[arg(long)]
    metered: bool,
}

impl Get {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let bytes = if self.thumbnail {
            let missing = || Error::not_found("缩略图尚未收到，请先同步", "the thumbnail is not here yet; sync first");
            phone.photo_thumbnail(self.photo)?.ok_or_else(missing)?
        } else {
            let spinner = screen.spinner("正在取回原图 / fetching the original");
            let progress = |p: PhotoProgress| spinner.set_message(format!("正在取回原图 / fetching the original：{} KB", p.received_bytes / 1000));
            let fetched = wait(phone.fetch_photo(self.photo, network(self.metered), progress));
            spinner.finish_and_clear();
            fetched?
        };
        fs::write(&self.to, &bytes).map_err(|e| Failure::file(&self.to.display().to_string(), e))?;
        screen.answer(&json!({"photo": self.photo, "bytes": bytes.len()}), |s| s.text(format!("已保存 {} KB / saved", bytes.len().div_ceil(1000)), Tone::Good))
    }
}

/// 撤回一张照片：各处的文件都会删除 / Take a photo back: its files are removed everywhere
#[derive(Debug, Args)]
struct Remove {
    /// 照片编号 / the photo's id
    #[arg(value_parser = id)]
    photo: Id,
}

impl Remove {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        screen.recorded(&phone.run(RemovePhoto { photo: self.photo })?, "已撤回照片", "photo taken back")
    }
}

/// 原图在哪些网络上传送；社区干部可修改 / Over which networks originals travel; the desk sets it
#[derive(Debug, Args)]
struct Networks {
    /// 任何网络、仅无线网络、不传原图 / any, unmetered, never
    networks: Option<PhotoNetworks>,
}

impl Networks {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.networks {
            Some(networks) => screen.recorded(&phone.set_photo_networks(networks)?, "已设置", "set"),
            None => {
                let networks = phone.photo_networks()?;
                let words = networks.info().label.zh;
                screen.answer(&json!({"networks": networks}), |_| format!("{words} / {networks}"))
            }
        }
    }
}
