//! Logging out (退出): everything is sent first, what is nowhere else is named, and then nothing is left.

use std::path::Path;

use gridwalk_core::error::ErrorKind;
use gridwalk_core::phone::Leaving;
use gridwalk_core::sync::Network;
use gridwalk_core::{Error, Result};
use gridwalk_hub::admin;
use gridwalk_tests::harness::Device;
use gridwalk_tests::pictures::jpeg;
use serde_json::json;

use crate::photos::kept;
use crate::world::{World, device_id, tell, visit};

async fn log_out(device: &Device, forced: bool) -> Result<Leaving> {
    device.phone.log_out(Network::Unmetered, forced, |_| {}).await
}

/// The refusal to log out, with the phone as it was.
async fn refused(device: &Device) -> Error {
    let before = device.phone.leaving().unwrap();
    let e = log_out(device, false).await.unwrap_err();
    assert_eq!((e.kind(), device.phone.leaving().unwrap()), (ErrorKind::Unsent, before));
    e
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_sent_before_the_store_goes() {
    let w = World::start(640, 2).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    // Younger than a minute, with a photo.
    let seen = a.phone.run(visit(w.households[0], "最后一次")).unwrap().value;
    a.phone.take_photo(seen, &jpeg(600, 400, 1)).unwrap();
    assert_eq!(a.phone.leaving().unwrap(), Leaving { unsent: 2, photos: 2, ..Leaving::default() });
    assert_eq!(log_out(&a, false).await.unwrap(), Leaving::default());
    assert!(is_empty(&a.folder) && a.phone.status().is_err());
    assert_eq!((w.ask("SELECT note FROM visits").await, kept(&w).await.len()), (vec!["最后一次".to_owned()], 2));
    // Whoever has nothing to lose needs no hub for it.
    tell(&b.phone, "UPDATE tenants SET hub = 'http://127.0.0.1:1'");
    log_out(&b, false).await.unwrap();
    assert!(is_empty(&b.folder));
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_nowhere_else_is_named_and_goes_by_force_alone() {
    let w = World::start(641, 2).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let hub = w.hub.url();
    tell(&a.phone, "UPDATE tenants SET hub = 'http://127.0.0.1:1'");
    a.phone.run(visit(w.households[0], "离线")).unwrap();
    let form = a.phone.new_command_id().unwrap();
    a.phone.save_draft("report", None, form, &json!({"title": "半句"})).unwrap();
    let e = refused(&a).await;
    assert!(e.message_zh().contains("1条未发送的记录、1份草稿") && e.message_en().contains("1 unsent records, 1 drafts"), "{e}");
    assert!(e.message_zh().contains("连接") || e.message_zh().contains("联网") || e.message_en().contains("hub"), "and why it was not sent: {e}");
    a.phone.drop_draft("report", None).unwrap();
    // In a file it is with someone else as well; what is recorded after that is not.
    let file = w.dir.path().join("last.gwc");
    a.phone.export_bundles(&file).unwrap();
    assert_eq!(a.phone.leaving().unwrap(), Leaving { handed_over: 1, ..Leaving::default() });
    a.phone.run(visit(w.households[0], "之后")).unwrap();
    assert_eq!(a.phone.leaving().unwrap(), Leaving { unsent: 1, handed_over: 1, ..Leaving::default() });
    refused(&a).await;
    a.phone.export_bundles(&w.dir.path().join("more.gwc")).unwrap();
    log_out(&a, false).await.unwrap();
    assert!(is_empty(&a.folder));
    for file in ["last.gwc", "more.gwc"] {
        b.phone.take_carried(&w.dir.path().join(file), None).unwrap();
    }
    // Who carries for others is told so, and delivers it by logging out.
    tell(&b.phone, "UPDATE tenants SET hub = 'http://127.0.0.1:1'");
    assert!(refused(&b).await.message_zh().contains("份替同事代送的数据"));
    tell(&b.phone, &format!("UPDATE tenants SET hub = '{hub}'"));
    log_out(&b, false).await.unwrap();
    assert_eq!(w.ask("SELECT note FROM visits ORDER BY note").await, ["之后", "离线"]);

    // A device that was stopped loses what it has only if that is said.
    let c = w.worker(3, "g00").await;
    c.phone.run(visit(w.households[1], "停用之后")).unwrap();
    admin::revoke(&w.hub.hub, device_id(&c)).await.unwrap();
    assert!(refused(&c).await.message_zh().contains("停用"));
    assert_eq!(log_out(&c, true).await.unwrap(), Leaving { unsent: 1, ..Leaving::default() });
    assert!(is_empty(&c.folder));
    w.hub.stop().await;
}
