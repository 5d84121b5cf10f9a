package cn.gridwalk.app

import android.app.job.JobScheduler
import android.view.View
import android.widget.EditText
import android.widget.TextView
import cn.gridwalk.bindings.DueView
import cn.gridwalk.bindings.ErrorKind
import cn.gridwalk.bindings.FieldValue
import cn.gridwalk.bindings.HouseholdView
import cn.gridwalk.bindings.Quarantined
import cn.gridwalk.bindings.ResidentView
import cn.gridwalk.bindings.RoleGrant
import cn.gridwalk.bindings.TenantStatus
import cn.gridwalk.bindings.Urgency
import cn.gridwalk.bindings.VisitResult
import cn.gridwalk.core.fake.FakeGridwalk
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** What screens do when the phone is turned, the process dies, a call fails: over a fake phone. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "zh-rCN-w360dp-h640dp-xhdpi")
class FormsTest {
    private val app = RuntimeEnvironment.getApplication() as GridwalkApp
    private val person = Driver()
    private val online = MutableStateFlow(true)
    private val phone = FakeGridwalk(
        now = NOW,
        tenants = listOf(TenantStatus("wuyan", "https://hub.example", "p1", "王芳", true, listOf(RoleGrant("grid_worker", "place:g")), NOW - 60, 1u, null)),
        due = (1..60).map {
            DueView(
                "h$it", "人民路12号院3栋1单元${100 + it}室", "居民$it", Urgency.DUE, NOW + it * 86_400L, 30, NOW - 20 * 86_400L, null, null,
                "人民路12号院3栋", "1单元", 1, "${100 + it}", "", "", "", 0, false, false,
            )
        },
        households = mapOf(
            "h1" to HouseholdView(
                "h1", "g", "", "人民路12号院3栋1单元101室", "自有", "lived_in", null, 30,
                listOf(ResidentView("r1", "居民1", "女", "1944-05-06", "户主", "19900000001", "living", listOf("独居老人"), listOf(FieldValue("mobility", "行动不便", "mobility", "\"轮椅\"", "轮椅", "", true)), false, false)),
                listOf(FieldValue("gas", "燃气", "gas", "\"piped\"", "管道燃气", "piped", false), FieldValue("x_heating", "", "", "\"集中供暖\"", "集中供暖", "", false)),
                false, false,
            ),
        ),
    )

    @Before
    fun open() {
        app.session = Session(Consent(app), { phone }) { online }
        runBlocking { app.session.consent.give() }
    }

    @After
    fun leave() = person.leave()

    @Test
    fun `a visit form keeps what was entered when the phone is turned and when the process dies`() {
        person.open(VisitActivity::class.java, VisitActivity.intent(app, "h1"))
        person.sees("居民1")
        person.tap("拒访")
        person.tap("安全检查")
        note().setText("下周再来")
        for (interrupted in listOf(person::turn, person::dieAndReturn, person::turn)) {
            interrupted()
            person.sees("居民1")
            assertEquals("下周再来", note().text.toString())
            assertEquals(listOf("拒访", "安全检查"), chosen())
        }
        person.tap("保存")
        person.until("it is recorded") { phone.recorded.isNotEmpty() }
        val (id, visit) = phone.recorded.entries.single()
        assertEquals("the id of the form's first opening", "command-1", id)
        assertEquals(listOf(VisitResult.REFUSED, "安全检查", "下周再来"), listOf(visit.result, visit.purpose, visit.note))
        assertNotNull("a sync waits for the network", app.getSystemService(JobScheduler::class.java).getPendingJob(1))
        assertEquals("the next form begins with the last purpose", 2, app.session.lastPurpose)
    }

    @Test
    fun `a visit form that was killed is there again as it was left`() {
        person.open(VisitActivity::class.java, VisitActivity.intent(app, "h1"))
        person.sees("居民1")
        person.tap("拒访")
        person.until("a choice is kept at once") { "refused" in kept() }
        note().setText("下周再来")
        person.settle()
        assertFalse("not at each character", "下周再来" in kept())
        person.pass(1)
        person.until("a note is kept at a pause of typing") { "下周再来" in kept() }
        person.tap("安全检查")
        person.dies()
        person.until("all of it is there") { note().text.toString() == "下周再来" && chosen() == listOf("拒访", "安全检查") }
        person.tap("保存")
        person.until("it is recorded") { phone.recorded.isNotEmpty() }
        val (id, visit) = phone.recorded.entries.single()
        assertEquals("the id of the form's first opening", "command-1", id)
        assertEquals(listOf(VisitResult.REFUSED, "安全检查", "下周再来"), listOf(visit.result, visit.purpose, visit.note))
        assertTrue("recorded, it is no draft any more", phone.drafts.isEmpty())
        person.pass(2)
        assertTrue("nor does it become one again", phone.drafts.isEmpty())
    }

    @Test
    fun `a form that is left is a draft, an empty one is none`() {
        person.open(HouseholdActivity::class.java, HouseholdActivity.intent(app, "h1"))
        person.tap("走访")
        person.comes(VisitActivity::class.java)
        person.sees("居民1")
        person.back()
        person.comes(HouseholdActivity::class.java)
        assertTrue(phone.drafts.isEmpty())
        person.tap("走访")
        person.comes(VisitActivity::class.java)
        person.sees("居民1")
        note().setText("没写完")
        person.back()
        person.comes(HouseholdActivity::class.java)
        assertTrue("kept when it is left", "没写完" in kept())
        person.tap("走访")
        person.comes(VisitActivity::class.java)
        person.until("it is there") { note().text.toString() == "没写完" }
        note().setText("")
        person.pass(1)
        person.until("nothing is left to keep") { phone.drafts.isEmpty() }
    }

    @Test
    fun `without a result nothing is recorded, and the field says so`() {
        person.open(VisitActivity::class.java, VisitActivity.intent(app, "h1"))
        person.lacks("请先选一个结果")
        person.tap("保存")
        person.sees("请先选一个结果")
        person.tap("已见面")
        person.lacks("请先选一个结果")
        assertTrue(phone.recorded.isEmpty())
    }

    @Test
    fun `a save that fails says why, keeps the form, and works when the reason is gone`() {
        person.open(VisitActivity::class.java, VisitActivity.intent(app, "h1"))
        person.sees("居民1")
        person.tap("已见面")
        phone.failure = FakeGridwalk.failed(ErrorKind.CANNOT_WRITE, "空间不足，什么都没丢", "no room left, nothing was lost")
        person.tap("保存")
        person.sees("空间不足，什么都没丢")
        assertEquals(listOf("已见面", "日常走访"), chosen())
        phone.failure = null
        person.tap("保存")
        person.until("it is recorded") { phone.recorded.size == 1 }
    }

    @Test
    fun `the list refreshes when its tables changed, and stands where it stood when the phone is turned`() {
        person.open(MainActivity::class.java)
        person.sees("可走")
        phone.due = phone.due.drop(1)
        phone.change("due")
        person.until("the first door is gone") { person.texts().none { it == "101" } }
        list().setSelection(45)
        person.settle()
        person.turn()
        person.until("it stands where it stood") { list().firstVisiblePosition >= 40 && list().adapter.count == 60 }
    }

    @Test
    fun `stairways stand in the order that was chosen, and keep it when the phone is turned`() {
        phone.due = phone.due.take(2) + phone.due.first().copy(household = "h9", building = "人民路12号院5栋", urgency = Urgency.OVERDUE, dueAt = NOW - 86_400L)
        person.open(MainActivity::class.java)
        person.sees("可走1 超期1")
        assertEquals(listOf("人民路12号院3栋1单元", "人民路12号院5栋1单元"), stairways())
        person.tap("紧急")
        val pressing = listOf("人民路12号院5栋1单元", "人民路12号院3栋1单元")
        person.until("the pressing one is first") { stairways() == pressing }
        person.turn()
        person.until("it still is") { stairways() == pressing }
        assertEquals(listOf("紧急"), chosen())
    }

    @Test
    fun `a row and a card say what is unsent and what has two versions`() {
        phone.due = listOf(phone.due.first().copy(unsent = true, conflict = true))
        phone.conflicts = setOf("h1")
        person.open(MainActivity::class.java)
        person.sees("可走1")
        val said = person.screen.findViewById<View>(R.id.door).contentDescription
        assertEquals("101，居民1，还可1天，未上传，冲突，上次2月10日", said.toString())
        person.tap("居民1")
        person.comes(HouseholdActivity::class.java)
        person.sees("冲突")
    }

    @Test
    fun `fields that this version does not name are shown, sensitive ones when tapped`() {
        person.open(HouseholdActivity::class.java, HouseholdActivity.intent(app, "h1"))
        person.sees("管道燃气")
        person.sees("x_heating")
        person.sees("集中供暖")
        person.lacks("轮椅")
        person.tap("行动不便，点开才显示")
        person.sees("轮椅")
    }

    @Test
    fun `what was not accepted is told in words`() {
        val entered = """{"household":"h1","result":"refused","purpose":"日常走访","note":"不便细说"}"""
        phone.quarantine = listOf(Quarantined("c1", "visits.record", "p1", "王芳", NOW, "not_allowed", "不在您的网格", "not in your grid", entered))
        person.open(SyncActivity::class.java)
        person.sees("走访 · 人民路12号院3栋1单元101室 · 拒访")
        person.sees("原因：不在您的网格")
        person.lacks("不便细说")
        phone.households = emptyMap()
        phone.change("households")
        person.until("the household is gone") { "走访 · 拒访" in person.texts() }
    }

    @Test
    fun `offline is one quiet line, and nothing is locked`() {
        online.value = false
        person.open(MainActivity::class.java)
        person.sees("离线 · 上次同步 今天 08:29 · 照常可用")
        person.tap(R.id.visit)
        person.comes(VisitActivity::class.java)
    }

    @Test
    fun `what is sensitive folds again when the card is left`() {
        person.open(HouseholdActivity::class.java, HouseholdActivity.intent(app, "h1"))
        person.tap("重点关注 1 项")
        person.sees("独居老人")
        person.tap("走访")
        person.comes(VisitActivity::class.java)
        person.back()
        person.comes(HouseholdActivity::class.java)
        person.sees("重点关注 1 项")
        person.lacks("独居老人")
    }

    @Test
    fun `what is tapped is large enough and says what it does`() {
        val least = 48 * app.resources.displayMetrics.density
        val screens = listOf(
            { person.open(MainActivity::class.java); person.sees("可走") },
            { person.open(HouseholdActivity::class.java, HouseholdActivity.intent(app, "h1")); person.sees("居民1") },
            { person.open(VisitActivity::class.java, VisitActivity.intent(app, "h1")); person.sees("居民1") },
            { person.open(SyncActivity::class.java); person.sees("服务器") },
        )
        for (open in screens) {
            open()
            val touched = person.views().filter { it.isClickable && it.isShown && it.height > 0 }
            assertTrue(touched.isNotEmpty())
            for (view in touched) {
                val said = view.contentDescription ?: (view as? TextView)?.let { it.text.ifEmpty { it.hint } } ?: words(view)
                assertFalse("a ${view.javaClass.simpleName} of ${person.screen.javaClass.simpleName} says nothing", said.isNullOrBlank())
                assertTrue("“$said” of ${person.screen.javaClass.simpleName} is ${view.width}×${view.height}", view.height >= least && view.width >= least)
            }
        }
    }

    /** What the rows of a view say together. */
    private fun words(view: View): String =
        person.views().filter { text -> text is TextView && generateSequence<View>(text) { it.parent as? View }.any { it === view } }.joinToString { (it as TextView).text }

    /** What is kept of the form. */
    private fun kept() = phone.drafts["visit" to "h1"]?.body.orEmpty()

    private fun note() = person.screen.findViewById<EditText>(R.id.note)

    private fun stairways() = person.texts().filter { it.endsWith("单元") }

    private fun list() = person.screen.findViewById<android.widget.ListView>(R.id.today_list)

    private fun chosen() = person.views().filter { it.isSelected && it is TextView }.map { (it as TextView).text.toString() }

    private companion object {
        /** 2026-03-02 08:30 in China. */
        const val NOW = 1_772_411_400L
    }
}
