//! What a phone's system gives the core: a folder for the store, and its key. A phone has Keystore or Keychain for the key;
//! here it is a file beside the store, so that a copy of the folder alone cannot be read.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gridwalk_core::identity::{HostRandom, SystemRandom};
use gridwalk_core::store::DB_FILE;
use gridwalk_core::{Config, Error, ErrorKind, Phone};

use crate::failure::{Failure, Result};
use crate::screen::Screen;

/// Where the store and its key lie.
#[derive(Debug)]
pub struct Host {
    /// The store's folder.
    pub store: PathBuf,
    /// The file with its key.
    pub key_file: PathBuf,
}

impl Host {
    /// The places asked for, or the usual ones of this system.
    pub fn new(store: Option<PathBuf>, key_file: Option<PathBuf>) -> Result<Self> {
        let store = match store {
            Some(store) => store,
            None => data_folder().ok_or_else(|| Failure::usage("请用 --store 指定数据文件夹", "name the store's folder with --store"))?.join("gridwalk/phone"),
        };
        let key_file = match key_file {
            Some(file) => file,
            None => beside(&store).ok_or_else(|| Failure::usage("请用 --key-file 指定密钥文件", "name the key file with --key-file"))?,
        };
        Ok(Self { store, key_file })
    }

    /// Whether a store has been made here.
    pub fn exists(&self) -> bool {
        self.store.join(DB_FILE).exists()
    }

    /// Opens the store; the first time, makes it and its key.
    pub fn open(&self, screen: &Screen) -> Result<Phone> {
        let key = match fs::read(&self.key_file) {
            Ok(bytes) => parse_key(&bytes).ok_or_else(|| {
                Error::new(
                    ErrorKind::WrongKey,
                    format!("密钥文件应为32字节或64位十六进制数：{}", self.key_file.display()),
                    format!("the key file must hold 32 bytes or 64 hex digits: {}", self.key_file.display()),
                )
            })?,
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(self.cannot(e)),
            // A new key would not open an old store; it would only hide that the real one is missing.
            Err(_) if self.exists() => {
                return Err(Error::new(
                    ErrorKind::WrongKey,
                    format!("找不到密钥文件，没有它无法打开数据；数据没有改动：{}", self.key_file.display()),
                    format!("the key file is missing and the store cannot be opened without it; nothing was changed: {}", self.key_file.display()),
                )
                .into());
            }
            Err(_) => self.make_key().map_err(|e| self.cannot(e))?,
        };
        self.warn_if_open_to_others(screen);
        Ok(Phone::open(Config::new(&self.store, key))?)
    }

    /// A new key, durable before anything is encrypted with it, readable by its owner alone.
    fn make_key(&self) -> io::Result<[u8; 32]> {
        let folder = match self.key_file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let mut key = [0; 32];
        SystemRandom.fill(&mut key);
        // Temporary files are made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&key)?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(&self.key_file) {
            Ok(_) => {
                #[cfg(unix)]
                fs::File::open(folder)?.sync_all()?;
                Ok(key)
            }
            // Another process was first: its key is the key.
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => parse_key(&fs::read(&self.key_file)?).ok_or_else(|| io::ErrorKind::InvalidData.into()),
            Err(e) => Err(e.error),
        }
    }

    /// Overwrites and removes the key file, if it is there.
    pub fn destroy_key(&self) -> Result {
        let destroy = || {
            let mut file = fs::File::options().write(true).open(&self.key_file)?;
            let length = usize::try_from(file.metadata()?.len()).unwrap_or(64);
            file.write_all(&vec![0; length.min(64)])?;
            file.sync_all()?;
            fs::remove_file(&self.key_file)
        };
        match destroy() {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.cannot(e)),
            _ => Ok(()),
        }
    }

    #[cfg(unix)]
    fn warn_if_open_to_others(&self, screen: &Screen) {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(&self.key_file).is_ok_and(|m| m.permissions().mode() & 0o077 != 0) {
            screen.warn("密钥文件可被他人读取，请改为仅本人可读", "others can read the key file; make it yours alone (chmod 600)");
        }
    }

    #[cfg(not(unix))]
    fn warn_if_open_to_others(&self, _: &Screen) {}

    fn cannot(&self, e: io::Error) -> Failure {
        Error::new(
            ErrorKind::CannotWrite,
            format!("无法读写密钥文件：{}", self.key_file.display()),
            format!("the key file cannot be read or written: {}", self.key_file.display()),
        )
        .with_source(e)
        .into()
    }
}

fn parse_key(bytes: &[u8]) -> Option<[u8; 32]> {
    if let Ok(key) = bytes.try_into() {
        return Some(key);
    }
    let hex = std::str::from_utf8(bytes).ok()?.trim();
    if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; 32];
    for (i, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[i * 2..i * 2 + 2], 16).ok()?;
    }
    Some(key)
}

/// `<store>.key` beside the store's folder.
fn beside(store: &Path) -> Option<PathBuf> {
    let store = std::path::absolute(store).ok()?;
    let mut name = store.file_name()?.to_owned();
    name.push(".key");
    Some(store.with_file_name(name))
}

/// Where this system keeps an application's data.
fn data_folder() -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        named("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        named("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        named("XDG_DATA_HOME").or_else(|| named("HOME").map(|home| home.join(".local/share")))
    }
}
