//! Where fuzzing begins: real structures, made by a phone and a hub on the spot, so that they are always of today's formats.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::roster::{AddHousehold, NewResident};
use crate::typed::{AddActivity, AddMicroGrid, AddPlace, RecordVisit};
use gridwalk_core::clock::ManualClock;
use gridwalk_core::documents::Doc;
use gridwalk_core::identity::{DeviceKey, SeededRandom};
use gridwalk_core::photos::prepare;
use gridwalk_core::records::JsonMap;
use gridwalk_core::rules::Role;
use gridwalk_core::store::{StoredDoc, push_chunk};
use gridwalk_core::sync::protocol::{
    ENROL_PATH, Envelope, Judged, PhotoAnswer, PhotoAsk, PhotoVerb, PhotoWord, PhotosReply, PhotosRequest, Receipt, RefusalCode, RefusedRequest, Sealed,
    SyncRequest, VERSION, Verdict, VerdictCode, WireFile, decode, encode, unpack,
};
use gridwalk_core::sync::{Answer, SignedRequest, SyncReport, Transport};
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Config, Error, Phone};
use gridwalk_hub::admin::{self, NewInvite};
use gridwalk_hub::store::all;
use gridwalk_hub::sync::{handle_enrol, handle_sync};
use gridwalk_hub::{Hub, HubError};

use crate::harness::{MORNING, key_of, report};
use crate::pictures;

/// A failure to make seeds: a defect of the tests themselves.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The hub's own entry points, which remembers what passed.
struct Tap {
    hub: Hub,
    seen: Mutex<Vec<(&'static str, Vec<u8>)>>,
}

impl Tap {
    fn keep(&self, target: &'static str, bytes: &[u8]) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push((target, bytes.to_vec()));
    }

    /// The same bundle as a carrier has it, and what the hub would say of it.
    fn carry(&self, sealed: &Sealed) -> gridwalk_core::Result<()> {
        let (key, random) = (DeviceKey::from_bytes(&[7; 32]), SeededRandom::new(3));
        let envelope = encode(&Envelope::close(sealed, "wuyan", &key.public(), &random)?);
        let judged = Judged { hub_time: MORNING, epoch: 1, verdicts: vec![Verdict { run: 3, code: VerdictCode::Taken, reason: None }] };
        let receipt = Receipt::make(&judged, "wuyan", Envelope::id(&envelope), &key.public(), &key, &random)?;
        self.keep("carried", &envelope);
        self.keep("carried", &encode(&receipt));
        self.keep("carried", &encode(&judged));
        Ok(())
    }
}

impl Transport for Tap {
    async fn post(&self, request: &SignedRequest) -> gridwalk_core::Result<Answer> {
        let fields: Vec<String> = request.head.fields().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        self.keep("head", fields.join("\n").as_bytes());
        let enrols = request.path == ENROL_PATH;
        let plain = unpack(&request.body)?;
        self.keep(if enrols { "enrol" } else { "request" }, &plain);
        self.keep(if enrols { "enrol" } else { "request" }, &request.body);
        if !enrols {
            for sealed in &decode::<SyncRequest>(&plain, "request")?.bundles {
                self.keep("bundle", &sealed.body);
                self.keep("carried", &encode(sealed));
                self.carry(sealed)?;
            }
        }
        let handled =
            if enrols { handle_enrol(&self.hub, &request.head, &request.body).await } else { handle_sync(&self.hub, &request.head, &request.body).await };
        match handled {
            Ok(bytes) => {
                self.keep("sealed_reply", &bytes);
                self.keep(if enrols { "enrol" } else { "reply" }, &unpack(&bytes[64..])?);
                Ok(Answer::Reply(bytes))
            }
            Err(HubError::Refused(code)) => Ok(Answer::Refused(RefusedRequest { code, hub_time: self.hub.now() })),
            Err(e) => Err(Error::internal("hub").with_source(e)),
        }
    }
}

/// Real inputs of every target, by its name. `folder` is where the phone and the hub that make them live.
pub async fn seeds(folder: &Path) -> Result<Vec<(&'static str, Vec<u8>)>, Failed> {
    let clock = Arc::new(ManualClock::new(MORNING));
    let hub = Hub::open(&folder.join("hub"), clock.clone(), Arc::new(SeededRandom::new(1))).await?;
    let tenant = admin::create_tenant(&hub, "wuyan", "示范社区").await?;
    let address = "https://hub.test".to_owned();
    let new =
        NewInvite { address, role: Role::Cadre, grid: None, micro_grid: None, unit: None, name: Some("王书记".into()), person: None, valid_seconds: 600 };
    let invite = admin::invite(&hub, &tenant, &new).await?;
    let tap = Tap { hub, seen: Mutex::default() };
    tap.keep("invite", invite.to_string().as_bytes());
    let phone = Phone::open(Config { folder: folder.join("phone"), key: key_of(1), clock, random: Arc::new(SeededRandom::new(2)) })?;
    phone.enrol_with(&invite, None, false, &tap).await?;
    let place = phone.run(AddPlace { level: "grid".into(), name: "一网格".into() })?.value;
    let micro_grid = phone.run(AddMicroGrid { grid: place, name: "一微".into() })?.value;
    let household = phone.run(AddHousehold {
        place: micro_grid,
        address: "五堰路3号".into(),
        tenure: "自有".into(),
        lat: Some(32.65),
        lon: Some(110.79),
        visit_every_days: Some(30),
        residents: vec![NewResident { name: "张三".into(), phone: "13900000000".into(), tags: vec!["低保".into()], ..NewResident::default() }],
    })?;
    let household = household.value;
    let (starts_at, ends_at) = (MORNING, MORNING + 7200);
    phone.run(report(place, "路灯不亮"))?;
    phone.run(AddActivity { title: "清扫".into(), task: "志愿".into(), place: None, starts_at, ends_at, places: Some(2) })?;
    phone.run(RecordVisit {
        household,
        result: VisitResult::Met,
        purpose: String::new(),
        note: "一切正常".into(),
        minutes: Some(5),
        lat: None,
        lon: None,
        visited_at: None,
        fields: JsonMap::new(),
    })?;
    phone.sync_with("https://hub.test", &tap, &mut SyncReport::default(), &|_| {}).await?;
    tap.keep("ids", household.to_string().as_bytes());
    tap.keep("ids", phone.status()?.device.as_bytes());
    for text in ["community", "desk", "grid_worker", &format!("place:{place}"), &format!("micro_grid:{micro_grid}"), &format!("person:{household}")] {
        tap.keep("ids", text.as_bytes());
    }
    tap.keep("refused", &encode(&RefusedRequest { code: RefusalCode::Clock, hub_time: MORNING }));
    let mut read = tap.hub.store.read().await?;
    // First changes alone: they need nothing but their schema's genesis.
    let sql = "SELECT d.schema, c.body FROM changes c JOIN documents d ON d.tenant_id = c.tenant_id AND d.doc = c.doc
        WHERE c.number = (SELECT min(f.number) FROM changes f WHERE f.tenant_id = c.tenant_id AND f.doc = c.doc) ORDER BY c.number";
    for row in all(&mut read, sql, vec![]).await? {
        let (schema, body): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let mut doc = Doc::with_schema(u16::try_from(schema)?, 0)?;
        doc.take_chunk(&body)?;
        let mut stored = StoredDoc::new("t", doc.schema(), 0);
        push_chunk(&mut stored.base, &body);
        tap.keep("change", &body);
        tap.keep("snapshot", &doc.snapshot());
        tap.keep("base", &stored.base);
    }
    drop(read);
    tap.keep("carried", b"gridwalk://carry?to=192.168.1.5:4000&code=ABCD-EFGH");
    // Small: every byte of a picture is decoded anew for each try.
    let picture = pictures::jpeg(24, 16, 1);
    tap.keep("photo", &pictures::with_exif(&picture, 6));
    tap.keep("photo", &prepare(&picture)?.original);
    let ask = PhotoAsk { doc: household.to_string(), file: WireFile::Thumbnail, verb: PhotoVerb::Put, offset: 1, length: 0, bytes: vec![1, 2, 3].into() };
    tap.keep("photos_request", &encode(&PhotosRequest { version: VERSION, tenant: "wuyan".into(), asks: vec![ask] }));
    let answer = PhotoAnswer { word: PhotoWord::Part, held: 4, bytes: vec![4, 5].into() };
    tap.keep("photos_request", &encode(&PhotosReply { hub_time: MORNING, answers: vec![answer] }));
    for text in IMPORTS {
        tap.keep("import", text.as_bytes());
    }
    tap.hub.store.close().await;
    Ok(tap.seen.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Files of the kinds that can be imported; nobody in them is real.
const IMPORTS: [&str; 4] = [
    "{\"kind\":\"household\",\"id\":\"h1\",\"grid\":\"g00\",\"address\":\"1幢1室\",\"residents\":[{\"id\":\"r1\",\"name\":\"张三\",\"tags\":[\"低保\"]}]}\n",
    "留言编号,留言用户,留言主题,留言时间,留言详情,答复意见,答复时间\n2549,A0004,物业管理,2019/4/25 9:32:09,电梯坏了,已修好,2019/5/10 14:56:53\n2,A1,井盖,45000.5,,,\n",
    "一级分类,二级分类,三级分类,编码\n环境,道路,路灯,c1\n",
    "{\"columns\":{\"title\":[\"标题\"]},\"utc_offset_hours\":8}",
];
