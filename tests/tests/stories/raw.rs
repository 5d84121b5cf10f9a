//! Every byte that a phone or a hub has on disk: a phone's pages are decrypted one by one, free ones and those of the
//! write-ahead log too, which no query reads.

use std::path::Path;

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use gridwalk_hub::store::Engine;
use gridwalk_tests::harness::{Device, key_of};

use crate::world::World;

const PAGE: usize = 4096;
/// At the end of each page: 16 bytes of initialisation vector, 64 of HMAC-SHA-512.
const RESERVED: usize = 80;
const SALT: usize = 16;
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// All bytes of a phone's folder, the database's in the clear.
pub fn phone_bytes(device: &Device) -> Vec<u8> {
    let cipher = Aes256::new(&key_of(device.number).into());
    let read = |name: &str| std::fs::read(device.folder.join(name)).unwrap_or_default();
    let mut all = folder_bytes(&device.folder, &["gridwalk.db", "gridwalk.db-wal"]);
    let file = read("gridwalk.db");
    assert_eq!(file.len() % PAGE, 0);
    for (n, page) in file.chunks(PAGE).enumerate() {
        // In the place of SQLite's name the first page has the key's salt.
        all.extend(decrypted(&cipher, &page[if n == 0 { SALT } else { 0 }..]));
    }
    let wal = read("gridwalk.db-wal");
    for frame in wal.get(WAL_HEADER..).unwrap_or_default().chunks(FRAME_HEADER + PAGE).filter(|f| f.len() == FRAME_HEADER + PAGE) {
        let first = frame[..4] == [0, 0, 0, 1];
        all.extend(decrypted(&cipher, &frame[FRAME_HEADER + if first { SALT } else { 0 }..]));
    }
    assert!(holds(&all, "CREATE TABLE commands"), "the pages are not read as they should be");
    all
}

/// All bytes of a hub's folder and of its database: SQLite's files are in the folder; PostgreSQL's are the tables' files on its
/// server, which is this machine's. The server's own log is not among them: stories that run beside this one write to it too.
pub async fn hub_bytes(w: &World) -> Vec<u8> {
    let mut all = folder_bytes(&w.hub.folder, &[]);
    if w.hub.hub.store.engine == Engine::Postgres {
        w.tell("CHECKPOINT").await;
        let sql =
            "SELECT setting || '/base/' || (SELECT oid FROM pg_database WHERE datname = current_database()) FROM pg_settings WHERE name = 'data_directory'";
        all.extend(folder_bytes(Path::new(&w.ask(sql).await[0]), &[]));
    }
    all
}

/// All bytes of the database's write-ahead log.
pub async fn log_bytes(w: &World) -> Vec<u8> {
    match w.hub.hub.store.engine {
        Engine::Sqlite => std::fs::read(w.hub.folder.join("hub.db-wal")).unwrap_or_default(),
        Engine::Postgres => folder_bytes(Path::new(&w.ask("SELECT setting || '/pg_wal' FROM pg_settings WHERE name = 'data_directory'").await[0]), &[]),
    }
}

/// All bytes of the files in a folder and below, but for those of these names.
pub fn folder_bytes(folder: &Path, but: &[&str]) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(folder_bytes(&path, but));
        } else if !but.iter().any(|name| path.ends_with(name)) {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    all
}

fn decrypted(cipher: &Aes256, page: &[u8]) -> Vec<u8> {
    let (body, reserved) = page.split_at(page.len() - RESERVED);
    let mut last: [u8; 16] = reserved[..16].try_into().unwrap();
    let mut plain = Vec::with_capacity(body.len());
    for block in body.chunks_exact(16) {
        let block: [u8; 16] = block.try_into().unwrap();
        let mut open = block.into();
        cipher.decrypt_block(&mut open);
        plain.extend(open.iter().zip(last).map(|(byte, before)| byte ^ before));
        last = block;
    }
    plain
}

/// Whether `text` stands in `bytes`: as UTF-8, UTF-16 of either order, in hexadecimal, in base64 at any offset.
pub fn holds(bytes: &[u8], text: &str) -> bool {
    forms(text).iter().any(|form| memchr::memmem::find(bytes, form).is_some())
}

fn forms(text: &str) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let utf8 = text.as_bytes();
    let mut forms = vec![utf8.to_vec(), text.encode_utf16().flat_map(u16::to_le_bytes).collect(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()];
    let hex: String = utf8.iter().map(|b| format!("{b:02x}")).collect();
    forms.extend([hex.to_uppercase().into_bytes(), hex.into_bytes()]);
    for engine in [base64::engine::general_purpose::STANDARD_NO_PAD, base64::engine::general_purpose::URL_SAFE_NO_PAD] {
        for before in 0..3 {
            let coded = engine.encode([&vec![0; before], utf8].concat());
            // What depends on the neighbours is left out.
            let from = [0, 2, 3][before];
            forms.push(coded.as_bytes()[from..coded.len() - 1].to_vec());
        }
    }
    forms
}
