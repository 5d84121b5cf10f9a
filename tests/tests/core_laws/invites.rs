//! Enrolment links: what a hub writes reads back; what a camera read from anywhere else is refused.

use gridwalk_core::identity::{DeviceKey, Invite};

fn invite(hub: &str) -> Invite {
    let key = |n: u8| DeviceKey::from_bytes(&[n; 32]).public();
    Invite {
        hub: hub.into(),
        tenant: "wuyan".into(),
        role: "grid_worker".into(),
        audiences: vec!["community".into(), "place:AAAAAAAAAAAAAAAA.1".into()],
        code: "abcdef-ghjkmnpqrstuvwxy".into(),
        key: key(1),
        spare: key(2),
    }
}

#[test]
fn a_link_reads_back_as_it_was_written() {
    for hub in ["https://hub.example.cn", "https://hub.example.cn:8443/gridwalk", "https://[2001:db8::1]:8443", "http://127.0.0.1:8080", "http://[::1]:8080"] {
        let written = invite(hub);
        assert_eq!(written.to_string().parse::<Invite>().unwrap(), written);
        assert_eq!(format!("  {written}\n").parse::<Invite>().unwrap(), written, "what a scanner adds around it");
    }
}

#[test]
fn hostile_texts_are_refused_without_repeating_them() {
    let good = invite("https://hub.example.cn").to_string();
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let mut texts = vec![
        String::new(),
        "https://example.cn/enrol".to_owned(),
        "gridwalk://enrol?".to_owned(),
        with("gridwalk://enrol?", "gridwalk://enrol?x=1&&hub=https://evil.example&"),
        with("&code=", "&tenant=other&code="),
        with("hub=https://hub", "hub=http://hub"),
        with("hub=https://hub", "hub=ftp://hub"),
        with("hub=https://hub", "hub=javascript:hub"),
        with("https://hub.example.cn", "https://"),
        with("https://hub.example.cn", "https://:8080"),
        with("https://hub.example.cn", "https://gov.cn%40evil.example"),
        with("https://hub.example.cn", "https://gov.cn%5C@evil.example"),
        with("https://hub.example.cn", "https://hub.example.cn%0D%0AX:%20y"),
        with("https://hub.example.cn", "https://hub.example.cn%00"),
        with("https://hub.example.cn", "https://hub%20example.cn"),
        with("https://hub.example.cn", "http://127.0.0.1.evil.example"),
        with("https://hub.example.cn", "http://localhost@evil.example"),
        with("https://hub.example.cn", "https://hub.example.cn%3Fx"),
        with("https://hub.example.cn", &format!("https://{}.cn", "a".repeat(300))),
        with("tenant=wuyan", "tenant=wuyan%E2%80%AE"),
        with("tenant=wuyan", "tenant=..%2F..%2Fx"),
        with("tenant=wuyan", &format!("tenant={}", "a".repeat(65))),
        with("tenant=wuyan", "tenant="),
        with("role=grid_worker", "role=%E5%B9%B2%E9%83%A8"),
        with("role=grid_worker", "role=<b>"),
        with("audiences=community", "audiences=%1B[2J"),
        with("code=abcdef", "code=abc%20def"),
        with("&spare=", "&other="),
        with("&key=", "&key=AAAA"),
        format!("{good}&{}", "x".repeat(5_000)),
        good.replace("key=", "key=%FF"),
    ];
    // A key of small order would let anyone sign.
    let weak = format!("&key={}", "A".repeat(43));
    texts.push(format!("{}{weak}{}", &good[..good.find("&key=").unwrap()], &good[good.find("&spare=").unwrap()..]));
    texts.extend((1..good.len()).map(|cut| good[..cut].to_owned()));
    for text in texts {
        let e = text.parse::<Invite>().expect_err(&text);
        assert!(!e.to_string().contains("evil") && !e.to_string().contains("abcdef"), "{e}");
    }
}
