"""Every field of every kind through the module: what the dictionary tells is all that this knows of them.

    exits.py GENERATED STAGE

GENERATED and STAGE are as for story.py; links.json has a grid worker and two cadres.
"""

import asyncio
import json
import pathlib
import struct
import sys
import zlib

GENERATED, STAGE = map(pathlib.Path, sys.argv[1:])
sys.path.insert(0, str(GENERATED))

import gridwalk  # noqa: E402
from gridwalk import Filter, GridwalkError, ListQuery, Phone, VisitResult  # noqa: E402

LINKS = json.loads((STAGE / "links.json").read_text())
CONFIDENTIAL = {"health": "health", "minor": "minors", "mediation": "mediation"}
FOUND_BY = {"text", "note", "tags", "telephone"}


class Clock(gridwalk.HostClock):
    def read(self):
        now = int((STAGE / "clock").read_text())
        return gridwalk.Reading(wall=now, boot="boot-1", since_boot=3600)


def picture():
    """A grey picture as PNG."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = zlib.compress((b"\0" + b"\x80" * 64) * 48)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 8, 0, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def joined(name):
    phone = await Phone.open(str(STAGE / name), name.encode().ljust(32, b"."), Clock())
    await phone.enrol(LINKS[name])
    await phone.sync()
    return phone


class Town:
    """A record of each kind, by the kind's name."""

    def __init__(self, numbers):
        self.records = {}
        self.resident = None
        self.numbers = numbers

    def given(self, kind, field, n):
        """What is given for a field the nth time; None for what is not given by itself."""
        text = f"{kind}甲{field.key}{n}"
        choices = [c.code for c in field.choices]
        known = [self.records[k] for k in field.refers_to if k in self.records]
        # The digests of photos' files, and ids with blanks between them.
        if field.most == 64 or field.key == "assisting" or not field.written:
            return None
        if field.key == "office_hours":
            return f"0{8 + n}:00-12:00"
        return {
            "text": lambda: text,
            "note": lambda: text,
            "choice": lambda: choices[(n + 1) % len(choices)],
            "tags": lambda: [f"记号{n}"],
            "number": lambda: field.most - n,
            "money": lambda: f"12.5{n}",
            "date": lambda: f"1950-03-0{n + 1}",
            "past_date": lambda: f"1950-03-0{n + 1}",
            # An activity ends after it begins.
            "time": lambda: f"2026-03-0{3 if field.key == 'ends_at' else 2} 08:2{n}",
            "past_time": lambda: f"2026-03-02 08:2{n}",
            "minutes": lambda: 40 + n,
            "telephone": lambda: f"139{self.numbers[kind]:04}000{n}",
            "position": lambda: {"lat": 32.65 + n / 1e6, "lon": 110.79},
            "place": lambda: self.records["place_of_households"],
            "reference": lambda: known[0] if known else None,
            "entry": lambda: self.resident,
            "category": lambda: "0101",
            "flag": lambda: n == 0,
        }.get(field.kind, lambda: None)()


def value_of(record, key):
    return next((field for field in record.fields if field.key == key), None)


async def refused(call):
    """Whether a call is refused for who makes it; any other refusal fails."""
    try:
        await call
    except GridwalkError.Failed as e:
        assert e.code == "not_allowed", e
        return True
    return False


async def circle_for(kind, phones, town):
    """A circle that the worker reads: entered by one cadre, of minors approved by another."""
    worker, cadre, second = phones["worker"], phones["cadre"], phones["second"]
    person = (await worker.me()).person.id
    circle = (await cadre.add_record("circle", json.dumps({"purpose": CONFIDENTIAL[kind], "name": f"{kind}圈"}))).value
    await cadre.set_circle_member(circle, person, True)
    for phone in [cadre, second]:
        await phone.sync()
    if kind == "minor":
        await second.approve_circle_member(circle, person, True)
    for phone in [second, worker]:
        await phone.sync()
    town.records["circle"] = circle


async def made(kind, phone, town, values):
    """A record of a kind: by `add`, by the command of its own, or the one that the hub made."""
    records = town.records
    if kind.is_added:
        return (await phone.add_record(kind.kind, json.dumps(values))).value
    if kind.add_command == "visits.record":
        visit = gridwalk.RecordVisit(household=records["household"], result=VisitResult.MET, fields="{}")
        return (await phone.record_visit(visit)).value
    if kind.add_command == "reports.raise":
        return (await phone.raise_report(gridwalk.NewReport(title="路灯不亮", place=records["place_of_households"]))).value
    if kind.add_command == "demands.raise":
        demand = (await phone.raise_demand(json.dumps(values))).value
        # The hub makes a case of it; at its end whoever told it says what they think.
        await phone.sync()
        case = value_of(await phone.record(demand), "report").value
        case = json.loads(case) if case.startswith('"') else case
        await phone.add_step(case, "feed_back", "已处理")
        await phone.add_step(case, "close")
        await phone.sync()
        return demand
    if kind.add_command == "attendance.sign_in":
        attendance = (await phone.sign_in(records["activity"])).value
        await phone.sign_out(attendance)
        return attendance
    if kind.add_command == "claims.claim":
        return (await phone.claim_place(records["activity"])).value
    if kind.add_command == "goods.move":
        movement = gridwalk.MoveGoods(goods=records["goods"], way="received", amount=20, donor="爱心粮油店", household=None, recipient="", note="")
        return (await phone.move_goods(movement)).value
    if kind.add_command == "papers.issue":
        return (await phone.issue_paper("residence", records["household"], town.resident, "办理入学登记之用")).value
    if kind.add_command == "photos.take":
        return (await phone.take_photo(records["household"], picture())).value
    assert kind.add_command == "", kind
    return (await phone.list(kind.kind, ListQuery())).rows[0].id


async def shows(kind, field, record, phone, name):
    """A field that has a value is in the record and in its list with its words, and found if it is searched."""
    shown = value_of(record, field.key)
    assert shown, f"{name} is not shown: {record}"
    assert (shown.zh, shown.en, shown.sensitive) == (field.zh, field.en, field.sensitive), (name, shown)
    assert shown.text and json.loads(shown.value) is not None, (name, shown)
    rows = (await phone.list(kind.kind, ListQuery(limit=1000))).rows
    [row] = [row for row in rows if row.id == record.id]
    assert bool(value_of(row, field.key)) == field.listed, f"{name} in its list"
    if field.key in kind.filters:
        only = [Filter(field=field.key, value=json.loads(shown.value))]
        rows = (await phone.list(kind.kind, ListQuery(filters=only, limit=1000))).rows
        assert record.id in [row.id for row in rows], f"{name} as a filter"
    if field.searched:
        assert field.kind in FOUND_BY, name
        assert record.id in [hit.id for hit in await phone.search(shown.text, 100)], f"{name} is not found"
    return 4 if field.searched else 3


async def walks(kind, phone, town):
    """Adds a record with all that may be given, edits each field, adds its entries and named values. Returns how many exits were seen."""
    given = {field.key: town.given(kind.kind, field, 0) for field in kind.fields}
    given = {key: value for key, value in given.items() if value is not None}
    required = {field.key for field in kind.fields if field.required}
    if kind.kind == "place":
        # Where a micro-grid lies decides its level, and is said when it is made.
        del given["level"]
        required.add("place")
    try:
        id = await made(kind, phone, town, given)
    except GridwalkError.Failed as e:
        # Some are another role's to write.
        assert e.code == "not_allowed", (kind.kind, e)
        id = await made(kind, phone, town, {key: value for key, value in given.items() if key in required})
    town.records[kind.kind] = id
    exits = 0
    for field in kind.fields:
        name = f"{kind.kind} {field.key}"
        record = await phone.record(id)
        if field.key in given and not value_of(record, field.key):
            if await refused(phone.edit_record(id, json.dumps({field.key: given[field.key]}))):
                exits += 1
                continue
            record = await phone.record(id)
        if field.key in given:
            exits += await shows(kind, field, record, phone, name)
    # What is offered is taken.
    offered = [action for action in await phone.actions(id) if action.command == "records.edit"]
    for key in offered[0].fields if offered else []:
        [field] = [f for f in kind.fields if f.key == key] or [None]
        again = field and town.given(kind.kind, field, 1)
        if again is None or field.kind in ("place", "reference", "entry") or (kind.kind, key) == ("place", "level"):
            continue
        before = value_of(await phone.record(id), key)
        await phone.edit_record(id, json.dumps({key: again}))
        after = value_of(await phone.record(id), key)
        assert after and (not before or before.value != after.value or field.kind in ("category", "choice")), (kind.kind, key, before, after)
        exits += 1
    for entries in kind.entries:
        if not entries.is_added:
            continue
        values = {field.key: town.given(kind.kind, field, 0) for field in entries.fields}
        values = {key: value for key, value in values.items() if value is not None}
        entry = (await phone.add_entry(id, entries.key, json.dumps(values))).value
        record = await phone.record(id)
        [shown] = [e for e in record.entries if e.id == entry]
        for field in entries.fields:
            if field.key not in values:
                continue
            value = value_of(shown, field.key)
            assert value and value.text, (kind.kind, entries.key, field.key, shown)
            if field.searched:
                assert id in [hit.id for hit in await phone.search(value.text, 100)], (kind.kind, entries.key, field.key)
            exits += 1
    for named in kind.named:
        if named.is_edited:
            await phone.edit_record(id, json.dumps({named.value.key: {"新名": "7"}}))
            record = await phone.record(id)
            assert [v for v in record.named if v.name == "新名" and v.value.text.startswith("7")], (kind.kind, record.named)
            exits += 1
    return exits


async def main():
    phones = {name: await joined(name) for name in LINKS}
    worker, cadre = phones["worker"], phones["cadre"]
    await cadre.add_record("category_list", json.dumps({"categories": {"0101": "市容/路灯/不亮"}}))
    kinds = [kind for kind in gridwalk.dictionary() if kind.fields]
    town = Town({kind.kind: n for n, kind in enumerate(kinds)})
    home = (await cadre.list("household", ListQuery())).rows[0].id
    household = await cadre.household(home)
    town.records |= {"household": home, "place": household.place, "place_of_households": household.place}
    town.resident = household.residents[0].id
    exits = 0
    # Circles come before what they hold.
    for kind in sorted(kinds, key=lambda kind: kind.kind in CONFIDENTIAL):
        if kind.kind in CONFIDENTIAL:
            await circle_for(kind.kind, phones, town)
        phone = worker if kind.kind in CONFIDENTIAL else cadre
        exits += await walks(kind, phone, town)
        if kind.kind == "household":
            town.records["household"] = home
        report = await phone.sync()
        assert report.refused == 0 and not (await phone.status()).quarantine, (kind.kind, report)
    # As workbooks: all that is no circle's comes in again without a change.
    for phone in [cadre, worker]:
        await phone.sync()
    for kind in kinds:
        if kind.kind in CONFIDENTIAL:
            continue
        book = await cadre.export_list(kind.kind)
        assert book.rows >= 1 and book.bytes[:2] == b"PK", (kind.kind, book.rows)
        returned = await cadre.take_workbook(book.bytes)
        assert (returned.rows, returned.edited, returned.flaws) == (book.rows, 0, []), (kind.kind, returned)
        exits += 1
    assert exits > 350, exits


asyncio.run(main())
