package cn.gridwalk.app

import android.app.Activity
import android.os.Build
import android.os.Bundle
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.view.WindowManager
import android.view.accessibility.AccessibilityManager
import android.widget.FrameLayout
import android.widget.LinearLayout
import android.widget.ScrollView
import cn.gridwalk.app.design.column
import cn.gridwalk.app.design.dp
import cn.gridwalk.app.design.padded
import cn.gridwalk.app.design.panel
import cn.gridwalk.app.design.restDown
import cn.gridwalk.app.design.row
import cn.gridwalk.app.design.rest
import cn.gridwalk.app.design.sideButton
import cn.gridwalk.app.design.text
import cn.gridwalk.app.design.thinlyScrolled
import cn.gridwalk.app.design.topBar
import cn.gridwalk.app.design.wide
import cn.gridwalk.bindings.GridwalkException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import java.io.IOException
import java.security.GeneralSecurityException

/** What all screens share: work that ends with them, failures in words, short messages, and no picture of them among recent apps. */
abstract class Screen : Activity() {
    /** Ends with the screen. */
    protected val scope = CoroutineScope(SupervisorJob() + Main)

    /** Words for codes, times, errors. */
    protected val words by lazy { Words(this) }

    private val atStart = ArrayList<suspend () -> Unit>()
    private var started: Job? = null
    private var shell: FrameLayout? = null
    private var scrolling: ScrollView? = null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
            setRecentsScreenshotEnabled(false)
        } else {
            window.addFlags(WindowManager.LayoutParams.FLAG_SECURE)
        }
    }

    override fun onStart() {
        super.onStart()
        started = scope.launch { atStart.forEach { work -> launch { attempt(work) } } }
        session.message?.let {
            session.message = null
            say(getString(it))
        }
    }

    override fun onStop() {
        started?.cancel()
        super.onStop()
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    /** Does [work] whenever the screen is seen, as long as it is seen. */
    protected fun whileSeen(work: suspend () -> Unit) {
        atStart += work
    }

    /** Does [work] once; what fails is shown. */
    protected fun act(work: suspend () -> Unit): Job = scope.launch { attempt(work) }

    /** Does [work] to its end, also if the screen goes before; what fails is shown. */
    protected fun actToTheEnd(work: suspend () -> Unit): Job = session.launch { attempt(work) }

    private suspend fun attempt(work: suspend () -> Unit) {
        try {
            work()
        } catch (e: GridwalkException) {
            failed(e)
        } catch (e: GeneralSecurityException) {
            failed(e)
        } catch (e: IOException) {
            failed(e)
        }
    }

    /** Shows what went wrong. */
    protected open fun failed(failure: Throwable) = say(words.error(failure))

    /** Puts [content] on the screen. */
    protected fun show(content: View) {
        shell = FrameLayout(this).also {
            it.addView(content, ViewGroup.LayoutParams(ViewGroup.LayoutParams.MATCH_PARENT, ViewGroup.LayoutParams.MATCH_PARENT))
            setContentView(it)
        }
    }

    /** Puts a page on the screen: title, what scrolls, and what stands at the bottom. Shown again, it stands where it stood. */
    protected fun page(title: CharSequence, body: LinearLayout, bottom: View? = null, back: (() -> Unit)? = ::finish): ScrollView {
        val scroll = ScrollView(this).apply {
            isFillViewport = true
            clipToPadding = false
            addView(body.apply { setPadding(dp(16), dp(8), dp(16), dp(24)) })
        }.thinlyScrolled()
        scrolling?.scrollY?.let { stood -> scroll.post { scroll.scrollTo(0, stood) } }
        scrolling = scroll
        val all = column(topBar(title, back))
        all.addView(scroll, restDown())
        bottom?.let { all.addView(it, wide()) }
        show(all)
        return scroll
    }

    /** Says something for a while, above the bottom, longer for those who need longer. */
    protected fun say(words: CharSequence, button: String? = null, act: () -> Unit = {}) {
        val shell = shell ?: return
        shell.findViewWithTag<View>(MESSAGE)?.let(shell::removeView)
        val bar = row().apply {
            tag = MESSAGE
            background = panel(R.color.ink)
            padded(16, 4)
            minimumHeight = dp(48)
            accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
            addView(text(words, R.dimen.text_second, R.color.page), rest())
        }
        button?.let { bar.addView(sideButton(it) { shell.removeView(bar); act() }) }
        val place = FrameLayout.LayoutParams(FrameLayout.LayoutParams.MATCH_PARENT, FrameLayout.LayoutParams.WRAP_CONTENT, Gravity.BOTTOM)
        place.setMargins(dp(16), 0, dp(16), dp(BOTTOM))
        shell.addView(bar, place)
        bar.postDelayed({ shell.removeView(bar) }, patience().toLong())
    }

    private fun patience(): Int {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) return READING
        val wants = AccessibilityManager.FLAG_CONTENT_TEXT or AccessibilityManager.FLAG_CONTENT_CONTROLS
        return getSystemService(AccessibilityManager::class.java).getRecommendedTimeoutMillis(READING, wants)
    }

    private companion object {
        const val MESSAGE = "message"
        const val READING = 6_000
        const val BOTTOM = 88
    }
}
