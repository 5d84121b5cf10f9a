package cn.gridwalk.app

import android.app.Activity
import android.content.Intent
import android.graphics.Bitmap
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.view.PixelCopy
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Assert.fail
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import java.util.concurrent.TimeUnit

/** A person at the app: looks at the screen on top, taps, types, goes back; taps and characters are counted. */
class Driver {
    private val stack = ArrayList<ActivityController<out Activity>>()

    /** Taps so far. */
    var taps = 0
        private set

    /** The screen on top. */
    val screen: Activity get() = stack.last().get()

    /** Opens a screen, as the launcher or a link does. */
    fun <A : Activity> open(kind: Class<A>, intent: Intent? = null) {
        stack += Robolectric.buildActivity(kind, intent).setup().visible()
    }

    /** Waits until [wanted] is so, for a while. */
    fun until(wanted: String, seconds: Long = 20, seen: () -> Boolean) {
        val end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds)
        while (System.nanoTime() < end) {
            settle()
            if (seen()) return
            Thread.sleep(STEP)
        }
        fail("not seen: $wanted; the screen says ${said()}")
    }

    /** Waits until these words stand on the screen, in whole or in part. */
    fun sees(words: String) = until(words) { texts().any { words in it } }

    /** Waits until a screen of this kind is on top. */
    fun <A : Activity> comes(kind: Class<A>) = until(kind.simpleName) { screen.javaClass == kind }

    /** Taps what these words stand on, or are said for. */
    fun tap(words: String) {
        sees(words)
        tap(views().first { view -> (view as? TextView)?.text?.contains(words) == true && touched(view) != null || view.isClickable && view.contentDescription?.contains(words) == true })
    }

    /** Taps the view of this id, the [at]th of them. */
    fun tap(id: Int, at: Int = 0) {
        until(screen.resources.getResourceEntryName(id)) { views().count { it.id == id } > at }
        tap(views().filter { it.id == id }[at])
    }

    private fun tap(view: View) {
        taps++
        val touched = touched(view) ?: throw AssertionError("nothing there to tap")
        assertTrue("it can be tapped", touched.isEnabled && touched.performClick())
        settle()
    }

    private fun touched(view: View): View? = generateSequence(view) { it.parent as? View }.firstOrNull { it.isClickable }

    /** Turns the phone: the screen is made anew. */
    fun turn() {
        stack.last().recreate()
        settle()
    }

    /** The system ends the process of a screen in the background and makes it anew later. */
    fun dieAndReturn() {
        val kept = Bundle()
        val old = stack.removeAt(stack.lastIndex)
        old.pause().stop().saveInstanceState(kept)
        val parcel = android.os.Parcel.obtain().apply { writeBundle(kept); setDataPosition(0) }
        val returned = parcel.readBundle(screenLoader(old))
        old.destroy()
        stack += Robolectric.buildActivity(old.get().javaClass, old.get().intent).setup(returned).visible()
        settle()
    }

    /** The process of the screen on top is killed, with nothing said before; later it is opened again. */
    fun dies() {
        val killed = stack.removeAt(stack.lastIndex).get()
        stack += Robolectric.buildActivity(killed.javaClass, killed.intent).setup().visible()
        settle()
    }

    /** Lets time pass. */
    fun pass(seconds: Long) {
        shadowOf(Looper.getMainLooper()).idleFor(seconds, TimeUnit.SECONDS)
        follow()
    }

    private fun screenLoader(of: ActivityController<out Activity>) = of.get().javaClass.classLoader

    /** Back. */
    fun back() {
        screen.finish()
        settle()
    }

    /** Lets the main thread do what waits, and follows screens that open and close. */
    fun settle() {
        shadowOf(Looper.getMainLooper()).idle()
        follow()
    }

    private fun follow() {
        val top = stack.lastOrNull() ?: return
        val next = shadowOf(top.get()).nextStartedActivity?.takeIf { it.component != null }
        if (top.get().isFinishing) {
            stack.removeAt(stack.lastIndex)
            top.pause().stop().destroy()
            if (next == null && stack.isNotEmpty()) stack.last().start().resume()
        } else if (next != null) {
            top.pause().stop()
        }
        if (next != null) {
            @Suppress("UNCHECKED_CAST")
            stack += Robolectric.buildActivity(Class.forName(next.component!!.className) as Class<Activity>, next).setup().visible()
        }
        if (next != null || top.get().isFinishing) shadowOf(Looper.getMainLooper()).idle()
    }

    /** All views of the screen that are shown. */
    fun views(): List<View> = if (stack.isEmpty()) emptyList() else shown(screen.window.decorView)

    private fun shown(view: View): List<View> =
        if (view.visibility != View.VISIBLE) emptyList()
        else listOf(view) + ((view as? ViewGroup)?.let { group -> (0 until group.childCount).flatMap { shown(group.getChildAt(it)) } } ?: emptyList())

    /** The screen as it is drawn. */
    fun drawn(): Bitmap {
        val view = screen.window.decorView
        val bitmap = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
        var result = -1
        PixelCopy.request(screen.window, bitmap, { result = it }, Handler(Looper.getMainLooper()))
        shadowOf(Looper.getMainLooper()).idle()
        assertEquals(PixelCopy.SUCCESS, result)
        return bitmap
    }

    /** All texts of the screen. */
    fun texts(): List<String> = views().filterIsInstance<TextView>().map { it.text.toString() }.filter { it.isNotEmpty() }

    private fun said() = if (stack.isEmpty()) "nothing" else "${screen.javaClass.simpleName} ${texts()}"

    /** These words do not stand on the screen. */
    fun lacks(words: String) = assertEquals(emptyList<String>(), texts().filter { words in it })

    /** Leaves the app. */
    fun leave() {
        stack.asReversed().forEach { it.pause().stop().destroy() }
        stack.clear()
    }

    private companion object {
        const val STEP = 10L
    }
}
