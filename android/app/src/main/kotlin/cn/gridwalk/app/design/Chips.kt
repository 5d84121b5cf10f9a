package cn.gridwalk.app.design

import android.content.Context
import android.graphics.Typeface
import android.util.TypedValue
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import cn.gridwalk.app.R

/** The tones of states: filled asks for action now, tinted is to be known, never by colour alone. */
enum class Tone(val ink: Int, val tint: Int) {
    RED(R.color.red, R.color.red_tint),
    AMBER(R.color.amber, R.color.amber_tint),
    GREEN(R.color.green, R.color.green_tint),
    PLUM(R.color.plum, R.color.plum_tint),
    SLATE(R.color.slate, R.color.slate_tint),
}

/** A state in words with its icon. */
class Chip(context: Context) : TextView(context) {
    init {
        setTextSize(TypedValue.COMPLEX_UNIT_PX, resources.getDimension(R.dimen.text_chip))
        includeFontPadding = false
        gravity = Gravity.CENTER_VERTICAL
        compoundDrawablePadding = context.dp(4)
        minHeight = context.dp(24)
        padded(8, 2)
    }

    /** Shows another state. */
    fun set(word: CharSequence, icon: Int, tone: Tone, filled: Boolean = false) {
        val ink = if (filled) R.color.on_red else tone.ink
        text = word
        setTextColor(context.getColor(ink))
        typeface = if (filled) MEDIUM else Typeface.DEFAULT
        background = context.panel(if (filled) tone.ink else tone.tint, R.dimen.chip_radius)
        setCompoundDrawablesRelative(context.icon(icon, ink, size = 16), null, null, null)
    }
}

/** Something is recorded here that the hub has not answered yet. */
fun Context.unsentChip(): Chip = chip(getString(R.string.unsent), R.drawable.ic_tray_up, Tone.SLATE)

/** People set a field differently at the same time. */
fun Context.conflictChip(): Chip = chip(getString(R.string.conflict), R.drawable.ic_fork, Tone.PLUM, filled = true)

/** A state in words with its icon. */
fun Context.chip(word: CharSequence, icon: Int, tone: Tone, filled: Boolean = false): Chip = Chip(this).apply { set(word, icon, tone, filled) }

/** Children one after the other, in as many lines as they need. */
class Flow(context: Context, private val gap: Int) : ViewGroup(context) {
    override fun onMeasure(widthSpec: Int, heightSpec: Int) {
        val width = MeasureSpec.getSize(widthSpec)
        measureChildren(MeasureSpec.makeMeasureSpec(width, MeasureSpec.AT_MOST), MeasureSpec.UNSPECIFIED)
        setMeasuredDimension(width, place(width) { _, _, _ -> })
    }

    override fun onLayout(changed: Boolean, left: Int, top: Int, right: Int, bottom: Int) {
        place(right - left) { child, x, y -> child.layout(x, y, x + child.measuredWidth, y + child.measuredHeight) }
    }

    /** Returns the height. */
    private fun place(width: Int, put: (View, Int, Int) -> Unit): Int {
        var x = 0
        var y = 0
        var line = 0
        for (child in (0 until childCount).map(::getChildAt).filter { it.visibility != GONE }) {
            if (x > 0 && x + child.measuredWidth > width) {
                x = 0
                y += line + gap
                line = 0
            }
            put(child, x, y)
            x += child.measuredWidth + gap
            line = maxOf(line, child.measuredHeight)
        }
        return y + line
    }
}

/** Children in as many lines as they need, [gap] dp apart. */
fun Context.flow(vararg children: View?, gap: Int = 8): Flow = Flow(this, dp(gap)).apply { children.filterNotNull().forEach(::addView) }

/** One of several, as chips; nothing is chosen before someone chooses. */
class Choice(context: Context, private val words: List<String>, private val chipHeight: Int) : ViewGroup(context) {
    /** Hears each choice. */
    var onChosen: (Int) -> Unit = {}

    /** The one that is chosen, or -1. */
    var chosen: Int = -1
        set(value) {
            field = value
            chips.forEachIndexed { at, chip -> show(chip, at == value) }
        }

    private val chips =
        words.mapIndexed { at, word ->
            context.text(word).also { chip ->
                chip.gravity = Gravity.CENTER
                chip.minHeight = context.dp(chipHeight)
                chip.minWidth = context.dp(64)
                chip.isClickable = true
                chip.isFocusable = true
                chip.accessibilityDelegate = RadioRole
                chip.setOnClickListener {
                    chosen = at
                    chip.performHapticFeedback(android.view.HapticFeedbackConstants.VIRTUAL_KEY)
                    onChosen(at)
                }
            }
        }

    private val flow = Flow(context, context.dp(8)).also { f -> chips.forEach(f::addView) }

    init {
        addView(flow)
        chosen = -1
    }

    private fun show(chip: TextView, selected: Boolean) {
        chip.isSelected = selected
        val ink = if (selected) R.color.blue else R.color.ink
        chip.setTextColor(context.getColor(ink))
        val panel = context.panel(if (selected) R.color.blue_tint else R.color.card, R.dimen.chip_radius, if (selected) R.color.blue else R.color.edge)
        chip.background = context.touchable(panel)
        // A tick, not only a colour; its place is kept, so that nothing moves.
        chip.setCompoundDrawablesRelative(if (selected) context.icon(R.drawable.ic_tick, R.color.blue, 20) else null, null, null, null)
        chip.compoundDrawablePadding = context.dp(4)
        val side = if (selected) 8 else 20
        chip.setPadding(context.dp(side), context.dp(8), context.dp(if (selected) 8 else 20), context.dp(8))
    }

    override fun onMeasure(widthSpec: Int, heightSpec: Int) {
        flow.measure(widthSpec, heightSpec)
        setMeasuredDimension(flow.measuredWidth, flow.measuredHeight)
    }

    override fun onLayout(changed: Boolean, left: Int, top: Int, right: Int, bottom: Int) = flow.layout(0, 0, right - left, bottom - top)

    private object RadioRole : View.AccessibilityDelegate() {
        override fun onInitializeAccessibilityNodeInfo(host: View, info: android.view.accessibility.AccessibilityNodeInfo) {
            super.onInitializeAccessibilityNodeInfo(host, info)
            info.className = "android.widget.RadioButton"
            info.isCheckable = true
            info.isChecked = host.isSelected
        }
    }
}
