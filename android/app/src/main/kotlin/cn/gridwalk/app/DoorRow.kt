package cn.gridwalk.app

import android.content.Context
import android.graphics.drawable.GradientDrawable
import android.text.TextUtils
import android.view.Gravity
import android.view.View
import android.widget.LinearLayout
import cn.gridwalk.app.design.Chip
import cn.gridwalk.app.design.Tone
import cn.gridwalk.app.design.column
import cn.gridwalk.app.design.conflictChip
import cn.gridwalk.app.design.dp
import cn.gridwalk.app.design.flow
import cn.gridwalk.app.design.hairline
import cn.gridwalk.app.design.loose
import cn.gridwalk.app.design.panel
import cn.gridwalk.app.design.rest
import cn.gridwalk.app.design.row
import cn.gridwalk.app.design.sideButton
import cn.gridwalk.app.design.text
import cn.gridwalk.app.design.touchable
import cn.gridwalk.app.design.unsentChip
import cn.gridwalk.app.design.wide
import cn.gridwalk.bindings.DueView
import cn.gridwalk.bindings.Urgency
import java.util.concurrent.TimeUnit

/** A door that is due: the room first, who, how pressing; the row opens it, the button begins a visit. Used again for other doors. */
class DoorRow(context: Context, private val words: Words, private val open: (DueView) -> Unit, private val visit: (DueView) -> Unit) : LinearLayout(context) {
    private lateinit var door: DueView
    private val shape = context.panel(R.color.card)
    private val room = context.text("", medium = true).apply { minWidth = context.dp(ROOM_WIDTH) }
    private val title = context.text("")
    private val about = context.text("", R.dimen.text_second, R.color.ink2)
    private val pressing = Chip(context)
    private val recent = Chip(context)
    private val unsent = context.unsentChip()
    private val conflict = context.conflictChip()
    private val line = context.hairline()
    private val button = context.sideButton(context.getString(R.string.today_visit)) { visit(door) }.apply { id = R.id.visit }
    private val facts = context.column(title).apply {
        addView(about, context.loose(top = 4))
        addView(context.flow(pressing, recent, unsent, conflict), wide().apply { topMargin = context.dp(8) })
    }
    private val inside = context.row().apply {
        id = R.id.door
        setPadding(context.dp(12), context.dp(12), context.dp(8), context.dp(12))
        isFocusable = true
        addView(room, context.loose(end = 8))
        addView(facts, rest())
        addView(button, context.loose(start = 8))
        setOnClickListener { open(door) }
    }

    init {
        orientation = VERTICAL
        background = shape
        inside.background = context.touchable(null, GradientDrawable().apply { setColor(-1) })
        addView(inside, wide())
        addView(line, wide(context.dp(1)).apply { marginStart = context.dp(12) })
        // The row is read as one sentence; the button says whose it is.
        room.importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO
        facts.importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO_HIDE_DESCENDANTS
    }

    /** Shows [door] as it stands at [now] (seconds since the Unix epoch). */
    fun show(door: DueView, now: Long, first: Boolean, last: Boolean) {
        this.door = door
        round(first, last)
        // Where no room is known the whole address says where.
        val where = door.room.ifEmpty { door.address }
        room.text = door.room
        room.visibility = if (door.room.isEmpty()) View.GONE else View.VISIBLE
        title.text = if (door.room.isEmpty()) door.address else door.name.ifEmpty { context.getString(R.string.today_no_name) }
        val met = door.lastVisitAt?.let { context.getString(R.string.today_last, words.date(it)) } ?: context.getString(R.string.today_never)
        about.text = if (door.room.isEmpty() && door.name.isNotEmpty()) "${door.name} · $met" else met
        val state = pressing(pressing, door, now, words)
        val tried = door.lastAttemptAt?.takeIf { now - it < DAY }
        recent.shown(tried != null)
        tried?.let { recent.set(context.getString(R.string.just_visited, words.time(it), door.lastAttemptBy).trim(), R.drawable.ic_steps, Tone.GREEN) }
        unsent.shown(door.unsent)
        conflict.shown(door.conflict)
        val chips = listOf(recent, unsent, conflict).filter { it.visibility == View.VISIBLE }.map { it.text }
        val said = listOf(where, door.name, state) + chips + met
        inside.contentDescription = said.filter { it.isNotEmpty() }.joinToString(context.getString(R.string.comma))
        button.contentDescription = TextUtils.concat(button.text, " ", door.name.ifEmpty { where })
    }

    private fun Chip.shown(seen: Boolean) {
        visibility = if (seen) View.VISIBLE else View.GONE
    }

    private fun round(first: Boolean, last: Boolean) {
        val radius = resources.getDimension(R.dimen.card_radius)
        val top = if (first) radius else 0f
        val bottom = if (last) radius else 0f
        shape.cornerRadii = floatArrayOf(top, top, top, top, bottom, bottom, bottom, bottom)
        clipToOutline = true
        line.visibility = if (last) View.GONE else View.VISIBLE
        gravity = Gravity.CENTER_VERTICAL
    }

    companion object {
        private val DAY = TimeUnit.DAYS.toSeconds(1)
        private const val ROOM_WIDTH = 56

        /** Shows in [chip] how pressing a door is: a window, not a day. Returns the words. */
        fun pressing(chip: Chip, door: DueView, now: Long, words: Words): String {
            val context = chip.context
            if (door.urgency == Urgency.OVERDUE) {
                val over = context.getString(R.string.days_over, maxOf(1L, words.days(door.dueAt, now)))
                chip.set(over, R.drawable.ic_clock_late, Tone.RED, filled = true)
                return over
            }
            val days = words.days(now, door.dueAt)
            val left = if (days < 1) context.getString(R.string.last_day) else context.getString(R.string.days_left, days)
            chip.set(left, R.drawable.ic_clock_open, Tone.AMBER)
            return left
        }
    }
}
