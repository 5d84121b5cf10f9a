package cn.gridwalk.app

import android.content.Intent
import android.net.Uri
import cn.gridwalk.app.TestHub.Companion.household
import cn.gridwalk.bindings.DoorOrder
import cn.gridwalk.bindings.HostClock
import cn.gridwalk.bindings.Reading
import cn.gridwalk.bindings.RecordVisit
import cn.gridwalk.bindings.VisitResult
import cn.gridwalk.core.Gridwalk
import cn.gridwalk.core.RustGridwalk
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import java.io.File
import java.time.LocalDateTime
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter

/**
 * The screens as people see them, through the real core and a real hub whose clock is set: each is compared with its picture in
 * docs/screens. `cargo xtask screens` draws those anew.
 */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class PicturesTest {
    @get:Rule
    val folder = TemporaryFolder()
    private val hub by lazy { TestHub(folder.root) }
    private val person = Driver()
    private val online = MutableStateFlow(true)
    private val wrong = ArrayList<String>()

    @After
    fun end() {
        person.leave()
        hub.close()
    }

    @Test
    @Config(qualifiers = "zh-rCN-w360dp-h720dp-notnight-hdpi")
    fun `in Chinese, light`() = draw("zh-light")

    @Test
    @Config(qualifiers = "zh-rCN-w360dp-h720dp-night-hdpi")
    fun `in Chinese, dark`() = draw("zh-dark")

    @Test
    @Config(qualifiers = "en-rGB-w360dp-h720dp-notnight-hdpi")
    fun `in English`() = draw("en-light")

    private fun draw(variant: String) {
        colleagueWalksInJanuary()
        val link = workerIsInvitedInMarch()
        val app = RuntimeEnvironment.getApplication() as GridwalkApp
        app.session = Session(Consent(app), { open("worker", SetClock(NOW)) }) { online }
        val say = { id: Int -> app.getString(id) }

        person.open(EnrolActivity::class.java, Intent(Intent.ACTION_VIEW, Uri.parse(link)))
        person.sees(say(R.string.consent_agree))
        picture("consent", variant)
        person.tap(say(R.string.consent_agree))
        person.sees(say(R.string.enrol_join))
        picture("enrol", variant)
        person.tap(say(R.string.enrol_join))
        person.comes(MainActivity::class.java)
        person.sees("3栋1单元")
        person.until("the sync has ended") { app.session.syncing.value is Syncing.Done }
        picture("today", variant)

        person.tap("陈秀兰")
        person.sees(say(R.string.today_visit))
        person.sees("3栋1单元502室")
        picture("household", variant)

        person.tap(R.id.visit)
        person.comes(VisitActivity::class.java)
        person.sees("陈秀兰")
        person.tap(Words(app).result("nobody_home"))
        person.sees(say(R.string.visit_save_next))
        picture("visit", variant)
        person.tap(R.id.save)
        person.comes(HouseholdActivity::class.java)
        person.back()
        online.value = false
        person.sees(app.getString(R.string.unsent_count, 1))
        person.until("it is offline") { person.texts().any { app.getString(R.string.offline_strip, "").take(3) in it } }
        picture("today-offline", variant)

        person.tap(R.id.unsent)
        person.sees(say(R.string.sync_hub))
        picture("sync", variant)
        person.back()
        person.tap(say(R.string.tab_me))
        person.sees("王芳")
        picture("me", variant)
        assertEquals("pictures that differ from docs/screens (drawn ones lie in target/screens; `cargo xtask screens` takes them over)", emptyList<String>(), wrong)
    }

    private fun colleagueWalksInJanuary() {
        hub.clock = JANUARY
        hub.found(
            listOf(
                household(
                    1, "人民路12号院3栋1单元502室", "陈秀兰", "1944-05-06", "独居老人", "高龄老人",
                    more = """,{"id":"h1-1","name":"陈静","birth":"1975-09-12","relation":"女儿","phone":"19900002001","tags":[]}""",
                ),
                household(2, "人民路12号院3栋1单元501室", "刘建国", "1951-02-11", every = 45),
                household(3, "人民路12号院3栋2单元402室", "赵玉珍", "1958-11-30", "低保", every = 40),
                household(4, "公园路北段105号翠湖花园二期11栋2单元1803室", "欧阳慧敏", "1939-08-21", "高龄老人"),
                household(5, "人民路12号院5栋1单元101室", "孙福", "1962-01-15"),
                household(6, "人民路12号院5栋1单元302室", "周桂英", "1946-04-02", every = 30),
                household(7, "人民路12号院5栋2单元201室", "何志强", "1970-12-09", every = 180),
            ),
        )
        hub.serve()
        val link = hub.invite("grid_worker", "李梅", "一网格")
        runBlocking {
            val phone = open("colleague", SetClock(JANUARY))
            phone.enrol(link)
            phone.sync()
            val doors = phone.todayGroups(DoorOrder.WAY).flatMap { it.doors }.associateBy { it.name }
            suspend fun visit(name: String, result: VisitResult, purpose: String, note: String = "") {
                // What is as old as another would have no order, and what is younger than the hub's clock would not be believed.
                delay(APART)
                phone.recordVisit(RecordVisit(doors.getValue(name).household, result, purpose, note), phone.newCommandId())
            }
            visit("陈秀兰", VisitResult.NOBODY_HOME, "关爱探视")
            visit("陈秀兰", VisitResult.MET, "日常走访", "血压药按时吃，灶具已检查。")
            visit("刘建国", VisitResult.MET, "日常走访")
            visit("赵玉珍", VisitResult.MET, "安全检查")
            visit("周桂英", VisitResult.NOBODY_HOME, "日常走访")
            visit("欧阳慧敏", VisitResult.MET, "关爱探视")
            visit("何志强", VisitResult.MET, "日常走访")
            delay(APART)
            phone.sync()
        }
        hub.stop()
    }

    private fun workerIsInvitedInMarch(): String {
        hub.clock = NOW
        hub.serve()
        return hub.invite("grid_worker", "王芳", "一网格")
    }

    private suspend fun open(name: String, clock: SetClock): Gridwalk =
        RustGridwalk.open(File(folder.root, name).apply { mkdirs() }, clock) { ByteArray(32) { 7 } }

    /** A phone's clocks, which began at [time] in China and go on. */
    private class SetClock(time: String) : HostClock {
        private val began = System.nanoTime()
        private val at = LocalDateTime.parse(time, DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss")).toEpochSecond(ZoneOffset.ofHours(8))

        override fun read(): Reading {
            val since = (System.nanoTime() - began) / 1_000_000_000
            return Reading(at + since, "boot-1", since)
        }
    }

    private fun picture(screen: String, variant: String) {
        person.settle()
        val name = "$screen-$variant.png"
        val drawn = IndexedPicture.of(person.drawn(), LARGEST)
        val png = drawn.png()
        assertTrue("$name has ${png.size} bytes", png.size <= LARGEST)
        val kept = File(System.getProperty("gridwalk.screens")!!, name)
        if (System.getProperty("gridwalk.draw") == "true") {
            kept.apply { parentFile!!.mkdirs() }.writeBytes(png)
            return
        }
        val share = if (kept.exists()) drawn.differs(IndexedPicture.read(kept)) else 1.0
        if (share <= ALLOWED) return
        File(System.getProperty("gridwalk.drawn")!!, name).apply { parentFile!!.mkdirs() }.writeBytes(png)
        wrong += "$name: %.2f %%".format(share * 100)
    }

    companion object {
        private const val JANUARY = "2026-01-24 09:10:00"

        /** A Monday. */
        private const val NOW = "2026-03-02 08:30:00"

        /** In milliseconds. */
        private const val APART = 1_100L

        /** In bytes. */
        const val LARGEST = 40_000

        /** The share of pixels that may differ. */
        const val ALLOWED = 0.005
    }
}
