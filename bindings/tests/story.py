"""The bindings' story: three people of a community, their phones, and a hub.

    story.py GENERATED STAGE

GENERATED holds the module that uniffi-bindgen made, with its library. STAGE holds links.json, the enrolment links of a grid
worker, a cadre and a volunteer, and clock, the time that the hub reads too. `cargo test -p gridwalk-bindings` prepares both.
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
from gridwalk import ErrorKind, GridwalkError, Phone, Position, VisitResult  # noqa: E402

LINKS = json.loads((STAGE / "links.json").read_text())


def picture(width, height):
    """A grey picture as PNG."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PICTURE = picture(64, 48)
MINUTE = 60
DAY = 86_400


def now():
    return int((STAGE / "clock").read_text())


def let_pass(seconds):
    (STAGE / "clock").write_text(str(now() + seconds))


class Clock(gridwalk.HostClock):
    """A phone's clocks: the wall clock is three days slow, as a person may have set it; the one since boot cannot be set."""

    booted = now() - 3600

    def read(self):
        return gridwalk.Reading(wall=now() - 3 * DAY, boot="boot-1", since_boot=now() - self.booted)


class Heard(gridwalk.Listener):
    def __init__(self):
        self.tables = set()

    def changed(self, tables):
        self.tables.update(tables)


class Clumsy(gridwalk.Listener):
    def changed(self, tables):
        raise RuntimeError("a screen that is gone")


class Progress(gridwalk.ProgressListener):
    def __init__(self):
        self.steps = []

    def progress(self, progress):
        self.steps.append(progress)


async def refused(call):
    """The error of a call that must fail."""
    try:
        answer = await call
    except GridwalkError.Failed as e:
        assert e.message_zh and e.message_en, e
        return e
    raise AssertionError(f"not refused: {answer}")


async def open_phone(name):
    return await Phone.open(str(STAGE / name), name.encode().ljust(32, b"."), Clock())


async def joined(name):
    phone = await open_phone(name)
    await phone.enrol(LINKS[name])
    await phone.sync()
    return phone


async def opens_and_enrols():
    worker = await open_phone("worker")
    other_key = await refused(Phone.open(str(STAGE / "worker"), bytes(32)))
    assert other_key.kind == ErrorKind.WRONG_KEY and other_key.code == "wrong_key", other_key
    assert (await refused(worker.sign_in("not an id"))).kind == ErrorKind.INVALID
    assert (await refused(worker.service_record())).kind == ErrorKind.ENROLMENT

    invite = gridwalk.read_invite(LINKS["worker"])
    assert (invite.tenant, invite.role) == ("wuyan", "grid_worker"), invite
    assert abs(await worker.now() - now()) > 2 * DAY
    await worker.enrol(LINKS["worker"])
    assert await worker.now() == now(), "the hub's answer anchors the phone's time"
    [tenant] = (await worker.status()).tenants
    assert tenant.tenant == "wuyan" and tenant.synced_at is None, tenant

    heard, progress = Heard(), Progress()
    subscription = worker.listen(heard)
    report = await worker.sync(progress)
    assert report.received > 0 and len(progress.steps) == report.requests, report
    assert {"households", "residents", "reports", "activities"} <= heard.tables, heard.tables
    [tenant] = (await worker.status()).tenants
    assert tenant.person_name == "王芳" and tenant.synced_at == now(), tenant
    assert [role.role for role in tenant.roles] == ["grid_worker"], tenant
    subscription.cancel()
    return worker


async def visits(worker):
    doors = await worker.today(Position(lat=32.6219, lon=110.78), 50)
    assert [door.name for door in doors] == ["赵玉珍", "刘建国", "陈秀兰"], doors
    assert doors[0].metres < 50 < doors[2].metres, doors
    assert (await worker.near(Position(lat=32.6219, lon=110.78), 50, 10))[0].household == doors[0].household

    clumsy = worker.listen(Clumsy())
    heard = Heard()
    subscription = worker.listen(heard)
    door = doors[2].household
    form = await worker.new_command_id()
    visit = gridwalk.RecordVisit(household=door, result=VisitResult.MET, purpose="日常走访", note="身体状况良好", minutes=5)
    done = await worker.record_visit(visit, form)
    again = await worker.record_visit(visit, form)
    assert done.command == form and "visits" in done.changed, done
    assert again.value == done.value and again.changed == [], "one form is one record"
    assert heard.tables == set(done.changed), (heard.tables, done)
    [recorded] = await worker.visits_of(door, 10)
    assert (recorded.id, recorded.result, recorded.at, recorded.unanchored) == (done.value, "met", now(), False), recorded
    assert recorded.result in [result.code for result in gridwalk.visit_results()]
    assert door not in [due.household for due in await worker.today(None, 50)]

    subscription.cancel()
    clumsy.cancel()
    heard.tables.clear()
    household = await worker.household(door)
    resident = household.residents[0].id
    await worker.edit_record(door, json.dumps({"phone": "19900001111", "tags": ["慢性病"]}), resident)
    son = (await worker.add_entry(door, "residents", json.dumps({"name": "陈浩然", "relation": "子女"}))).value
    wrong = await refused(worker.add_entry(door, "residents", json.dumps({"name": "甲", "birth": "2023-02-29"})))
    assert wrong.kind == ErrorKind.INVALID and wrong.field == "birth", wrong
    record = await worker.record(door)
    assert record.kind == "household" and record.unsent and {entry.id for entry in record.entries} == {resident, son}
    home_form = next(kind for kind in gridwalk.dictionary() if kind.kind == "household")
    assert {field.key for field in record.fields} <= {field.key for field in home_form.fields}
    page = await worker.list("household", gridwalk.ListQuery(limit=2))
    assert len(page.rows) == 2 and page.next and (await worker.list("household", gridwalk.ListQuery(after=page.next))).rows
    assert heard.tables == set(), "a cancelled subscription hears nothing"
    residents = {r.id: r for r in (await worker.household(door)).residents}
    assert residents.keys() == {resident, son} and residents[son].name == "陈浩然"
    assert residents[resident].phone == "19900001111" and "慢性病" in residents[resident].tags
    return door, resident


async def searches(worker, door):
    for typed in ["秀兰", "cxl", "1111", "慢性病"]:
        [found] = await worker.find(typed, 10)
        assert found.household == door and found.residents[0].name == "陈秀兰", (typed, found)
    assert await worker.find("孙福", 10) == [], "another grid's residents are not on this phone"


async def is_refused(worker):
    before = await worker.status()
    fair = {"title": "义卖", "task": "服务联系群众", "starts_at": now(), "ends_at": now() + 3600, "places": 5}
    denied = await refused(worker.add_record("activity", json.dumps(fair)))
    assert (denied.kind, denied.code) == (ErrorKind.NOT_ALLOWED, "not_allowed"), denied
    assert (await refused(worker.raise_report(gridwalk.NewReport(title=" ")))).message_zh == "标题不能为空"
    assert (await refused(worker.household(before.tenants[0].person))).kind == ErrorKind.NOT_FOUND
    assert (await refused(worker.resubmit(await worker.new_command_id()))).kind == ErrorKind.NOT_FOUND
    assert await worker.status() == before, "what was refused left nothing behind"


async def reports(worker, cadre):
    [lamp] = await worker.reports(gridwalk.ReportFilter(stage=gridwalk.Stage.OPEN), 10)
    place = (await worker.household((await worker.today(None, 1))[0].household)).place
    raised = await worker.raise_report(gridwalk.NewReport(place=place, category="0402", title="楼道堵塞", urgency="较急"))
    assert raised.value in [report.id for report in await worker.reports(gridwalk.ReportFilter(stage=gridwalk.Stage.OPEN), 10)]
    assert (await worker.status()).unsent > 0
    await worker.sync()
    assert (await worker.status()).unsent == 0

    await cadre.sync()
    assert (await refused(cadre.add_step(raised.value, "close"))).kind == ErrorKind.INVALID
    let_pass(10 * MINUTE)
    await cadre.add_step(raised.value, "accept")
    mine = next(case for case in await cadre.inbox(50) if case.id == raised.value)
    assert (mine.kind, mine.status, mine.clock, mine.colour) == ("report", "accepted", "finish", "green"), mine
    assert (await cadre.case_view(raised.value)).title == "楼道堵塞"
    await cadre.add_step(raised.value, "handle", "已联系物业")
    await cadre.add_step(lamp.id, "decline", "属于市政，已转交")
    await cadre.sync()

    await worker.sync()
    detail = await worker.report(raised.value)
    assert (detail.report.status, detail.report.status_since) == ("handling", now()), detail
    assert [(step.kind, step.applied) for step in detail.steps] == [("accept", True), ("handle", True)], detail
    assert detail.report.status in [status.code for status in gridwalk.report_statuses()]
    assert [report.id for report in await worker.reports(gridwalk.ReportFilter(stage=gridwalk.Stage.OPEN), 10)] == [raised.value]


async def settles_a_conflict(worker, cadre, door, resident):
    for phone, name in [(worker, "陈秀岚"), (cadre, "陈秀蓝")]:
        await phone.edit_record(door, json.dumps({"name": name}), resident)
    for phone in [worker, cadre, worker]:
        await phone.sync()
    [conflict] = await cadre.conflicts()
    assert [c.path for c in await worker.conflicts()] == [conflict.path], "both phones show it"
    assert {value.by_name for value in conflict.values} == {"王芳", "李主任"}, [str(value) for value in conflict.values]
    chosen = [json.loads(value.value) for value in conflict.values].index("陈秀岚")
    await cadre.settle_conflict(conflict, chosen)
    for phone in [cadre, worker]:
        await phone.sync()
        assert await phone.conflicts() == []
        assert "陈秀岚" in [r.name for r in (await phone.household(door)).residents]


async def goes_to_quarantine(worker, cadre):
    """A grid is handed over while its worker is away for longer than the hub goes by the responsibilities of then."""
    [found] = await cadre.find("赵玉珍", 1)
    home = await cadre.household(found.household)
    [other] = await cadre.find("孙福", 1)
    other_grid = (await cadre.household(other.household)).place
    await worker.record_visit(gridwalk.RecordVisit(household=home.id, result=VisitResult.PHONE, note="下周再来"))
    await cadre.edit_record(home.id, json.dumps({"place": other_grid}))
    await cadre.sync()
    let_pass(31 * DAY)

    report = await worker.sync()
    assert (report.refused, report.withdrawn) == (1, 1), report
    [visit] = (await worker.status()).quarantine
    assert (visit.command, visit.reason) == ("visits.record", "outside_scope") and visit.reason_zh and visit.reason_en, visit
    assert json.loads(visit.input)["note"] == "下周再来", visit
    assert (await refused(worker.household(home.id))).kind == ErrorKind.NOT_FOUND

    await cadre.edit_record(home.id, json.dumps({"place": home.place}))
    await cadre.sync()
    await worker.sync()
    again = await worker.resubmit(visit.id)
    assert (await worker.sync()).refused == 0
    assert (await worker.status()).quarantine == []
    assert [v.id for v in await worker.visits_of(home.id, 10)] == [again.value]


async def names_things(worker, cadre, door):
    """Grids, micro-grids, units and circles are named at the desk, and named anew."""
    grid, stairway = (await worker.household(door)).place, (await worker.household(door)).micro_grid
    [before] = [p for p in await cadre.places() if p.id == stairway]
    assert (before.level, before.name, before.grid, before.households) == ("micro_grid", "g00-b001", grid, 3), before
    await cadre.edit_record(stairway, json.dumps({"name": "一号楼"}))
    second = (await cadre.add_record("place", json.dumps({"level": "micro_grid", "place": grid, "name": "二号楼"}))).value
    unit = (await cadre.add_record("unit", json.dumps({"sort": "部门", "name": "城管中队"}))).value
    await cadre.edit_record(unit, json.dumps({"name": "城管执法中队"}))
    circle = (await cadre.add_record("circle", json.dumps({"purpose": "health", "name": "一号圈"}))).value
    await cadre.edit_record(circle, json.dumps({"name": "二号圈"}))
    for phone in [cadre, worker]:
        await phone.sync()
    assert {p.id: p.name for p in await worker.places() if p.grid} == {stairway: "一号楼", second: "二号楼"}
    assert [u.name for u in await worker.units()] == ["城管执法中队"] and [c.name for c in await cadre.circles()] == ["二号圈"]
    assert [t.chosen for t in (await worker.status()).tenants] == [True]
    assert (await refused(worker.choose("nowhere"))).kind == ErrorKind.ENROLMENT


async def gives_out(worker, cadre, door):
    """Goods are carried to a door; a paper is issued and numbered by the hub."""
    goods = (await cadre.add_record("goods", json.dumps({"name": "大米", "unit": "袋"}))).value
    move = lambda way, amount, **more: gridwalk.MoveGoods(
        goods=goods, way=way, amount=amount, **{"donor": "", "household": None, "recipient": "", "note": "", **more}
    )
    await cadre.move_goods(move("received", 10, donor="爱心粮油店"))
    for phone in [cadre, worker]:
        await phone.sync()
    carried = (await worker.move_goods(move("carried", 12, household=door))).value
    await worker.goods_arrived(carried, "本人")
    for phone in [worker, cadre]:
        await phone.sync()
    [rice] = await cadre.goods()
    assert (rice.balance, rice.difference, len(await cadre.movements(goods, 10))) == (0, 2, 2), rice
    await cadre.settle_stock(goods, 0, "两袋入库未登记")
    [rice] = await cadre.goods()
    assert (rice.balance, rice.difference) == (0, 0), rice

    resident = (await cadre.household(door)).residents[0].id
    paper = (await cadre.issue_paper("residence", door, resident, "办理入学")).value
    await cadre.sync()
    [issued] = await cadre.papers(10)
    assert issued.label.startswith("居住证明〔") and issued.label.endswith("〕1号"), issued
    await cadre.void_paper(paper, "姓名有误")
    [issued] = await cadre.papers(10)
    assert issued.void, issued


async def volunteers(member):
    assert (await member.status()).documents > 0 and await member.today(None, 10) == [], "no household is a volunteer's"
    [clinic] = await member.activities(10)
    assert (clinic.title, clinic.granted, clinic.mine) == ("义诊", 1, None), clinic
    claim = (await member.claim_place(clinic.id)).value
    [clinic] = await member.activities(10)
    assert (clinic.granted, clinic.mine.outcome) == (1, "provisional"), clinic
    await member.sync()
    [clinic] = await member.activities(10)
    assert (clinic.granted, clinic.mine.outcome, clinic.mine.rank) == (2, "granted", 2), clinic
    assert [c.id for c in await member.claims_on(clinic.id)] == [claim]

    let_pass(clinic.starts_at - now())
    attendance = (await member.sign_in(clinic.id)).value
    [served] = (await member.service_record()).served
    assert served.flags == [gridwalk.Flag.NO_SIGN_OUT], served
    let_pass(90 * MINUTE)
    assert (await member.sign_out(attendance)).value == attendance
    let_pass(MINUTE)
    assert (await refused(member.sign_out(attendance))).message_zh == "已经签退"
    sent = await member.sync()
    assert sent.sent > 0 and sent.refused == 0, sent
    record = await member.service_record()
    assert (record.minutes, record.served[0].title, record.served[0].flags) == (90, "义诊", []), record


async def takes_back(worker, door):
    await worker.sync()
    form = await worker.new_command_id()
    await worker.save_draft("visit", door, form, json.dumps({"note": "填到一半"}))
    [draft] = await worker.drafts()
    assert (draft.form, draft.about, draft.command, json.loads(draft.body)) == ("visit", door, form, {"note": "填到一半"}), draft
    before = len(await worker.visits_of(door, 10))
    await worker.record_visit(gridwalk.RecordVisit(household=door, result=VisitResult.MET, note="填错了"), form)
    assert await worker.draft("visit", door) is None, "recorded, it is no draft any more"
    assert (await worker.sync(background=True)).young == 1, "nobody asked: it waits a minute"
    [row] = (await worker.unsent()).rows
    assert (row.id, row.zh, row.en, row.can_take_back, row.held) == (form, "走访", "visit", True, False) and row.title, row
    assert await worker.rests_on(form) == []
    taken = await worker.take_back(form)
    assert (taken.command, taken.along, json.loads(taken.input)["note"]) == (form, [], "填错了"), taken
    assert len(await worker.visits_of(door, 10)) == before and (await worker.unsent()).rows == []
    assert (await refused(worker.take_back(form))).kind == ErrorKind.NOT_FOUND
    await worker.save_draft("visit", door, await worker.new_command_id(), "{}")
    await worker.drop_draft("visit", door)
    assert await worker.drafts() == []

    # A photo that was taken before there is a visit.
    form, photo = await worker.new_command_id(), await worker.new_command_id()
    await worker.save_draft("visit", door, form, "{}")
    await worker.add_draft_photo("visit", door, photo, PICTURE)
    [kept] = (await worker.draft("visit", door)).photos
    assert (kept.id, kept.at) == (photo, now()) and await worker.photo_thumbnail(photo), kept
    visit = (await worker.record_visit(gridwalk.RecordVisit(household=door, result=VisitResult.MET), form)).value
    assert len(await worker.photos_of(visit)) == 1 and (await worker.visits_of(door, 1))[0].unsent


async def confirms(worker, door):
    let_pass(MINUTE)
    await worker.confirm(door)
    address = next(fact for fact in await worker.facts(door) if fact.path == "address")
    assert (address.by_name, address.confirmed, address.at) == ("王芳", True, now()), address
    assert (await refused(worker.confirm(door, ["nonsense"]))).field == "nonsense"
    assert {kind.kind for kind in await worker.offered()} == {kind.kind for kind in gridwalk.dictionary()}


async def logs_out(member):
    form = await member.new_command_id()
    await member.save_draft("report", None, form, "{}")
    assert (await member.leaving()).drafts == 1
    assert (await refused(member.log_out(gridwalk.Network.UNMETERED))).kind == ErrorKind.UNSENT
    await member.drop_draft("report", None)
    left = await member.log_out(gridwalk.Network.UNMETERED)
    assert (left.unsent, left.drafts) == (0, 0), left
    assert (await refused(member.status())).kind == ErrorKind.ENROLMENT


async def takes_data_out(worker, door):
    exported = json.loads(await worker.export_json(door))
    assert exported["kind"] == "household" and exported["id"] == door, exported
    assert len(await worker.export_automerge(door)) > 0
    before = await worker.household(door)
    await worker.rebuild()
    assert await worker.household(door) == before


async def story():
    worker = await opens_and_enrols()
    cadre = await joined("cadre")
    door, resident = await visits(worker)
    await searches(worker, door)
    await is_refused(worker)
    await reports(worker, cadre)
    await settles_a_conflict(worker, cadre, door, resident)
    await names_things(worker, cadre, door)
    await gives_out(worker, cadre, door)
    member = await joined("member")
    await volunteers(member)
    await takes_back(worker, door)
    await confirms(worker, door)
    await logs_out(member)
    await takes_data_out(worker, door)
    await goes_to_quarantine(worker, cadre)


asyncio.run(story())
