package cn.gridwalk.app

import android.content.Intent
import android.net.Uri
import android.os.StrictMode
import cn.gridwalk.app.TestHub.Companion.household
import cn.gridwalk.bindings.DoorOrder
import cn.gridwalk.bindings.HostClock
import cn.gridwalk.bindings.Reading
import cn.gridwalk.core.Gridwalk
import cn.gridwalk.core.RustGridwalk
import cn.gridwalk.testing.FakeKeyStore
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** From the link to the hub: the whole way, through real screens, the real core and a real hub. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "zh-rCN-w360dp-h640dp-xhdpi")
class StoryTest {
    @get:Rule
    val folder = TemporaryFolder()
    private val hub by lazy { TestHub(folder.root) }
    private val person = Driver()

    @Before
    fun strictly() {
        FakeKeyStore.install()
        // What blocks the main thread ends the test.
        StrictMode.setThreadPolicy(StrictMode.ThreadPolicy.Builder().detectAll().penaltyDeath().build())
    }

    @After
    fun end() {
        StrictMode.setThreadPolicy(StrictMode.ThreadPolicy.LAX)
        person.leave()
        hub.close()
    }

    @Test
    fun `a worker enrols by link, sees today, records a visit in three taps, each further one in two, and syncs them`() {
        hub.found(
            listOf(
                household(1, "人民路12号院3栋1单元502室", "陈秀兰", "1944-05-06", "独居老人"),
                household(2, "人民路12号院3栋1单元501室", "刘建国", "1951-02-11", every = 30),
                household(3, "人民路12号院3栋1单元302室", "赵玉珍", "1958-11-30", every = 30),
            ),
        )
        hub.serve()
        val link = hub.invite("grid_worker", "王芳", "一网格")

        person.open(EnrolActivity::class.java, Intent(Intent.ACTION_VIEW, Uri.parse(link)))
        person.sees("先看清楚")
        person.lacks("wuyan")
        person.tap("同意并继续")
        person.sees("wuyan")
        person.sees("网格员")
        person.sees("您网格的住户")
        person.tap("同意并加入")
        person.comes(MainActivity::class.java)
        person.sees("人民路12号院3栋1单元")
        person.sees("可走3")
        person.sees("还可30天")
        assertEquals("by floor and room", listOf("302", "501", "502"), person.texts().filter { it in setOf("302", "501", "502") })
        person.lacks("独居老人")
        person.lacks("19900001001")

        val doors = runBlocking { app().session.phone().todayGroups(DoorOrder.WAY).single().doors }.associate { it.room to it.household }
        val visited = doors.getValue("502")

        // The card, and back.
        person.tap("陈秀兰")
        person.comes(HouseholdActivity::class.java)
        person.sees("人民路12号院3栋1单元502室")
        person.sees("还没有走访记录")
        person.lacks("独居老人")
        person.tap("重点关注 1 项")
        person.sees("独居老人")
        person.back()
        person.comes(MainActivity::class.java)

        val before = person.taps
        person.tap(R.id.visit, at = door("502"))
        person.tap("已见面")
        person.sees("下一户 302 赵玉珍")
        person.tap("保存，去下一户")
        assertEquals("taps of the usual visit; characters: none", 3, person.taps - before)
        person.sees("人民路12号院3栋1单元302室")
        person.sees("已保存在本机")
        person.tap("已见面")
        person.sees("下一户 501 刘建国")
        person.tap("保存，去下一户")
        assertEquals("taps of the next visit", 2, person.taps - before - 3)
        person.sees("人民路12号院3栋1单元501室")
        person.tap("无人应答")
        person.lacks("去下一户")
        // Killed in the middle of it: the core has it.
        person.until("the form is kept") { runBlocking { app().session.phone().draft("visit", doors.getValue("501")) } != null }
        person.dies()
        person.until("it is as it was") { person.views().any { it.isSelected && (it as? android.widget.TextView)?.text == "无人应答" } }
        person.tap("保存")
        person.comes(MainActivity::class.java)
        person.sees("已保存在本机")
        person.sees("未上传 3")
        person.until("the doors where someone was met are done") { person.texts().none { it == "502" || it == "302" } }
        person.sees("501")
        person.sees("刚走过")
        assertEquals("the door says itself that its visit is not uploaded", 1, person.texts().count { it == "未上传" })

        person.tap("未上传 3")
        person.comes(SyncActivity::class.java)
        person.sees("本机 3 条未上传")
        person.tap("现在同步")
        person.sees("都已上传")
        person.sees("同步好了")
        person.back()
        person.until("nothing is unsent any more") { person.texts().none { "未上传" in it } }

        // A colleague's phone has it from the hub.
        val colleague = colleague()
        val visits = runBlocking {
            colleague.enrol(hub.invite("cadre", "李主任"))
            colleague.sync()
            colleague.visitsOf(visited, 10)
        }
        val visit = visits.single()
        assertEquals(listOf("王芳", "met", "日常走访", ""), listOf(visit.byName, visit.result, visit.purpose, visit.note))
    }

    @Test
    fun `a link that was used, or is none, is told so in words`() {
        hub.found(listOf(household(1, "人民路12号院3栋1单元502室", "陈秀兰", "1944-05-06")))
        hub.serve()
        val link = hub.invite("grid_worker", "王芳", "一网格")
        runBlocking { colleague().enrol(link) }

        person.open(EnrolActivity::class.java)
        person.tap("同意并继续")
        val clipboard = person.screen.getSystemService(android.content.ClipboardManager::class.java)
        clipboard.setPrimaryClip(android.content.ClipData.newPlainText("", "gridwalk://enrol?hub=x"))
        person.tap("粘贴链接")
        person.sees("这不是有效的入网链接")
        clipboard.setPrimaryClip(android.content.ClipData.newPlainText("", link))
        person.tap("粘贴链接")
        person.tap("同意并加入")
        person.sees("入网码不正确、已使用或已过期")
        assertTrue("the link is still there to be tried again or changed", person.texts().any { "换一个链接" in it })
        assertTrue(person.screen is EnrolActivity)
    }

    /** The place of this door's button on the screen. */
    private fun door(room: String): Int =
        person.views().filterIsInstance<DoorRow>().indexOfFirst { row -> row.findViewById<android.view.View>(R.id.door).contentDescription.startsWith(room) }

    private fun app() = RuntimeEnvironment.getApplication() as GridwalkApp

    private suspend fun open(name: String): Gridwalk {
        val clock = object : HostClock {
            override fun read() = Reading(System.currentTimeMillis() / 1000, "boot-1", System.nanoTime() / 1_000_000_000)
        }
        return RustGridwalk.open(folder.newFolder(name), clock) { ByteArray(32) { 7 } }
    }

    private fun colleague(): Gridwalk = runBlocking { open("colleague") }
}
