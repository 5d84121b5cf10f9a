use super::pinyin::MAX_SPELLINGS;
use super::*;

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn characters() {
    let table = [
        ("", ""),
        ("  \t\n", ""),
        ("王小明", "王 小 明"),
        ("A座3单元502室", "a 座 3 单 元 502 室"),
        ("１３栋Ａ座", "13 栋 a 座"),
        ("3-502", "3 502"),
        ("阿卜杜拉·买买提", "阿 卜 杜 拉 买 买 提"),
        ("阿卜杜拉•买买提", "阿 卜 杜 拉 买 买 提"),
        ("Mike O'Brien", "mike o brien"),
        ("José Müller", "jose muller"),
        // Decomposed accents, variation selectors and joiners say nothing.
        ("Jose\u{301}", "jose"),
        ("辻\u{e0100}", "辻"),
        ("𠮷田", "0x20bb7 田"),
        ("𬎆", "0x2c386"),
        // In the BMP, but younger than the tokenizer.
        ("\u{9fd4}", "0x9fd4"),
        // Private use, as old registers have it.
        ("\u{e863}", "0xe863"),
        ("〇", "0x3007"),
        ("❤️狗🐶", "0x2764 狗 0x1f436"),
        ("👋🏽", "0x1f44b"),
        ("👨‍👩‍👧", "0x1f468 0x1f469 0x1f467"),
        ("（备注）：“好”，。！", "备 注 好"),
        ("\" OR * NEAR(", "or near"),
    ];
    for (text, expected) in table {
        assert_eq!(index_characters(text), expected, "{text:?}");
    }
}

#[test]
fn lists_have_boundaries() {
    assert_eq!(index_names(["王明", "李四"].into_iter()), "王 明 0z 李 四");
    assert_eq!(index_names(std::iter::empty()), "");
    assert_eq!(index_tags(["低保", "60岁以上"].into_iter()), "低 保 0z 60 岁 以 上");
}

#[test]
fn phones() {
    let table: [(&[&str], &str); 9] = [
        (&[], ""),
        (&[""], ""),
        (&["13800138000"], "13800138000 e8000"),
        (&["138 0013-8000"], "13800138000 e8000"),
        (&["+86 13800138000"], "13800138000 e8000"),
        (&["１３８００１３８０００"], "13800138000 e8000"),
        (&["0571-87654321"], "057187654321 87654321 e4321"),
        (&["13800138000/13900139001"], "13800138000 e8000 13900139001 e9001"),
        (&["110", "12345"], "110 12345 e2345"),
    ];
    for (phones, expected) in table {
        assert_eq!(index_phones(phones.iter().copied()), expected, "{phones:?}");
    }
}

#[test]
fn pinyin_exact() {
    let table = [
        ("", ""),
        ("·", ""),
        ("🐶", ""),
        ("王小明", "wangxiaoming wxm xiaoming xm"),
        ("王伟", "wangwei ww wei"),
        ("王", "wang"),
        ("Mike Wang", "mikewang mw wang"),
        ("Ｍｉｋｅ", "mike"),
        ("王Michael", "wangmichael wm michael"),
        ("吕伟", "lvwei lw wei luwei"),
    ];
    for (name, expected) in table {
        assert_eq!(index_pinyin(std::iter::once(name)), expected, "{name}");
    }
}

#[test]
fn pinyin_readings() {
    // The name, the first word, words that must be there.
    let table: [(&str, &str, &[&str]); 17] = [
        ("曾伟", "zengwei", &["zengwei", "cengwei", "zw", "cw", "wei"]),
        ("单小明", "shanxiaoming", &["danxiaoming", "sxm", "dxm"]),
        ("乐明", "yueming", &["leming", "ym", "lm"]),
        ("李乐", "lile", &["liyue", "ll", "ly", "le", "yue"]),
        ("仇明", "qiuming", &["chouming"]),
        ("解明", "xieming", &["jieming"]),
        ("任明", "renming", &[]),
        ("朴明", "piaoming", &["puming"]),
        ("覃明", "qinming", &["tanming"]),
        ("区明", "ouming", &["quming"]),
        ("欧阳小明", "ouyangxiaoming", &["oyxm", "xiaoming", "xm"]),
        ("万俟明", "moqiming", &["mqm", "ming"]),
        ("尉迟明", "yuchiming", &["ycm"]),
        ("单于明", "chanyuming", &["cym"]),
        ("阿卜杜拉·买买提", "abodulamaimaiti", &["abudulamaimaiti", "abdlmmt", "maimaiti", "mmt"]),
        ("李𠮷", "liji", &["lj", "ji"]),
        // No reading known: the rest is still found.
        ("王🐶明", "wangming", &["wm", "ming"]),
    ];
    for (name, first, others) in table {
        let index = index_pinyin(std::iter::once(name));
        let words = words(&index);
        assert_eq!(words.first(), Some(&first), "{name}: {index}");
        for other in others {
            let found = words.iter().any(|word| word.starts_with(other));
            assert!(found, "{name}: {other} in {index}");
        }
    }
}

#[test]
fn pinyin_is_bounded() {
    let long = "那".repeat(500);
    let index = index_pinyin(std::iter::once(long.as_str()));
    assert!(index.len() < 4000, "{}", index.len());
    for name in ["曾乐行", "那那那", "阿卜杜热西提·阿卜杜克热木"] {
        let index = index_pinyin(std::iter::once(name));
        let words = words(&index);
        assert!(words.len() <= MAX_SPELLINGS * 6, "{index}");
        for (at, word) in words.iter().enumerate() {
            assert!(!words[at + 1..].contains(word), "{word} twice in {index}");
        }
    }
}

#[test]
fn expressions() {
    let table = [
        ("王", r#"({names tags address} : "王")"#),
        ("  王小　明 ", r#"({names tags address} : "王 小") AND ({names tags address} : "明")"#),
        ("3栋", r#"({names tags address} : "3 栋")"#),
        ("WXM", r#"({names pinyin tags address} : "wxm" *)"#),
        ("ｗｘｍ", r#"({names pinyin tags address} : "wxm" *)"#),
        ("xi'an", r#"({pinyin} : "xian" * OR {names tags address} : "xi an" *)"#),
        ("13", r#"({names tags address} : "13")"#),
        ("138", r#"({phones} : "138" * OR {names tags address} : "138")"#),
        ("8000", r#"({phones} : "8000" * OR {phones} : "e8000" OR {names tags address} : "8000")"#),
        ("3-5021", r#"({names tags address} : "3 5021")"#),
        ("138 0013 8000", r#"({phones} : "13800138000" * OR {names tags address} : "13800138000")"#),
        ("+86 138-0013-8000", r#"({phones} : "13800138000" * OR {names tags address} : "13800138000")"#),
        ("0571-87654321", r#"({phones} : "057187654321" * OR {names tags address} : "057187654321")"#),
        ("𠮷🐶", r#"({names tags address} : "0x20bb7 0x1f436")"#),
        ("\" OR *", r#"({names pinyin tags address} : "or" *)"#),
        ("names:王", r#"({names tags address} : "names 王")"#),
    ];
    for (text, expected) in table {
        let found = parse(text).map(|query| query.fts_match());
        assert_eq!(found.as_deref(), Some(expected), "{text:?}");
    }
}

#[test]
fn nothing_to_search_for() {
    for text in ["", "   ", "\u{3000}", "\"", "* ( ) :", "·，。", "\u{200b}", "\u{0}"] {
        assert_eq!(parse(text), None, "{text:?}");
    }
}

#[test]
fn queries_are_bounded() {
    let text = format!("{} {}", "长".repeat(1000), "a ".repeat(1000));
    let query = parse(&text).expect("terms");
    assert_eq!(query.fts_match().matches(" AND ").count() + 1, 8, "terms");
    assert!(query.fts_match().len() < 1000);
}

#[test]
fn hostile_text_is_only_ever_quoted_words() {
    let pieces = ["\"", "'", "*", "(", ")", "{", "}", ":", "^", "+", "-", "\\", "\0", "OR", "NEAR", "王", "9", "\u{0301}", "；"];
    for a in pieces {
        for b in pieces {
            for c in pieces {
                let Some(query) = parse(&format!("{a}{b} {c}{a}{b}")) else { continue };
                for (at, inside) in query.fts_match().split('"').enumerate() {
                    // Every second piece is what stands between quotation marks.
                    let allowed = |c: char| c == ' ' || c.is_ascii_alphanumeric() || is_plain_han(c);
                    assert!(at % 2 == 0 || (!inside.trim().is_empty() && inside.chars().all(allowed)), "{inside}");
                }
            }
        }
    }
}

#[test]
fn residents() {
    let tags = ["低保户".to_owned(), "VIP".to_owned()];
    let table = [
        ("王", true),
        ("小明", true),
        ("王明", false),
        ("明低", false),
        ("低保", true),
        ("保户", true),
        ("vi", true),
        ("wxm", true),
        ("wangx", true),
        ("xiaoming", true),
        ("xm", true),
        ("ming", false),
        ("wang xiaoming", true),
        ("王 朝阳", true),
        ("138", true),
        ("0013", false),
        ("8000", true),
        ("800", false),
        ("138 0013 8000", true),
        ("朝阳路3号", false),
        ("李四 139", false),
    ];
    for (text, expected) in table {
        let query = parse(text).expect("a query");
        assert_eq!(query.matches_resident("王小明", "13800138000", &tags), expected, "{text}");
    }
    // A household member without anything.
    assert!(!parse("王").expect("a query").matches_resident("", "", &[]));
}
