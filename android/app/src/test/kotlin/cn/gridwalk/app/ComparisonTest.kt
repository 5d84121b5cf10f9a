package cn.gridwalk.app

import android.view.ViewGroup
import android.widget.Button
import android.widget.TextView
import cn.gridwalk.app.design.panel
import cn.gridwalk.bindings.HouseholdView
import cn.gridwalk.core.fake.FakeGridwalk
import kotlinx.coroutines.flow.flowOf
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
import java.io.File

/** The comparison of pictures sees what it is there to see. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "zh-rCN-w360dp-h720dp-notnight-hdpi")
class ComparisonTest {
    @get:Rule
    val folder = TemporaryFolder()
    private val app = RuntimeEnvironment.getApplication() as GridwalkApp
    private val person = Driver()

    @Before
    fun open() {
        val household = HouseholdView("h1", "g", "", "人民路12号院3栋1单元101室", "", "lived_in", null, null, emptyList(), emptyList(), false, false)
        app.session = Session(Consent(app), { FakeGridwalk(now = 1, households = mapOf("h1" to household)) }) { flowOf(true) }
        runBlocking { app.session.consent.give() }
        person.open(VisitActivity::class.java, VisitActivity.intent(app, "h1"))
        person.sees("人民路")
    }

    @After
    fun leave() = person.leave()

    @Test
    fun `the same screen is the same picture, in a file too`() {
        val once = picture()
        val file = File(folder.root, "once.png").apply { writeBytes(once.png()) }
        assertEquals(0.0, picture().differs(IndexedPicture.read(file)), 0.0)
    }

    @Test
    fun `another colour is seen`() {
        val before = picture()
        person.screen.findViewById<Button>(R.id.save).background = app.panel(R.color.red)
        assertTrue(picture().differs(before) > PicturesTest.ALLOWED)
    }

    @Test
    fun `another label is seen`() {
        val before = picture()
        val chip = person.views().filterIsInstance<TextView>().first { it.text.toString() == "已见面" }
        chip.text = "已经见到面了"
        (chip.parent as ViewGroup).requestLayout()
        person.settle()
        assertTrue(picture().differs(before) > PicturesTest.ALLOWED)
    }

    private fun picture() = IndexedPicture.of(person.drawn(), PicturesTest.LARGEST)
}
