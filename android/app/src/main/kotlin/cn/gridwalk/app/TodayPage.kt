package cn.gridwalk.app

import android.app.Activity
import android.os.Build
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.widget.BaseAdapter
import android.widget.FrameLayout
import android.widget.LinearLayout
import android.widget.ListView
import cn.gridwalk.app.design.Choice
import cn.gridwalk.app.design.Tone
import cn.gridwalk.app.design.chip
import cn.gridwalk.app.design.column
import cn.gridwalk.app.design.dp
import cn.gridwalk.app.design.loose
import cn.gridwalk.app.design.nothing
import cn.gridwalk.app.design.padded
import cn.gridwalk.app.design.restDown
import cn.gridwalk.app.design.row
import cn.gridwalk.app.design.strip
import cn.gridwalk.app.design.text
import cn.gridwalk.app.design.thinlyScrolled
import cn.gridwalk.app.design.touchable
import cn.gridwalk.app.design.rest
import cn.gridwalk.app.design.wide
import cn.gridwalk.bindings.DoorGroup
import cn.gridwalk.bindings.DoorOrder
import cn.gridwalk.bindings.DueView
import kotlinx.coroutines.flow.MutableStateFlow
import java.util.concurrent.TimeUnit

/** Today: the doors that are due by building and stairway, in the order of the way or of how pressing they are. */
class TodayPage(
    private val activity: Activity,
    private val open: (DueView) -> Unit,
    private val visit: (DueView) -> Unit,
    private val openSync: () -> Unit,
    private val order: MutableStateFlow<DoorOrder>,
) {
    private val words = Words(activity)
    private val head = FrameLayout(activity)
    private val strip = FrameLayout(activity)
    private val empty = FrameLayout(activity)
    private val doors = Doors()
    private val list = ListView(activity).apply {
        id = R.id.today_list
        divider = null
        clipToPadding = false
        setSelector(android.R.color.transparent)
        setPadding(activity.dp(16), 0, activity.dp(16), activity.dp(24))
        adapter = doors
        // Where it stood is kept by hand: its rows come later than its state.
        isSaveEnabled = false
    }.thinlyScrolled()

    private val orders = Choice(activity, ORDERS.map { activity.getString(it.second) }, ORDER_HEIGHT).apply {
        onChosen = {
            scrollTo = 0
            list.setSelection(0)
            order.value = ORDERS[it].first
        }
    }

    /** The whole page. */
    val view: View = activity.column().apply {
        addView(head, wide())
        addView(orders, wide().apply { setMargins(activity.dp(16), 0, activity.dp(16), activity.dp(8)) })
        addView(strip, wide())
        addView(empty, wide())
        addView(list, restDown())
    }

    /** Where the list is to stand when its rows come. */
    var scrollTo = 0

    /** Where the list stands. */
    val scrolled get() = if (doors.isEmpty) scrollTo else list.firstVisiblePosition

    init {
        head.addView(bar(null))
    }

    /** Shows how things stand. */
    fun show(standing: Standing) {
        head.replace(bar(standing))
        strip.replace(strip(standing))
        orders.chosen = ORDERS.indexOfFirst { it.first == order.value }
        orders.visibility = if (standing.groups.size > 1) View.VISIBLE else View.GONE
        doors.show(standing)
        val receiving = standing.syncing is Syncing.Running
        empty.replace(
            if (standing.groups.isNotEmpty() || receiving) null
            else activity.nothing(R.drawable.ic_today, activity.getString(R.string.today_empty), activity.getString(R.string.today_empty_more)),
        )
        if (scrollTo > 0 && !doors.isEmpty) {
            list.setSelection(scrollTo)
            scrollTo = 0
        }
    }

    private fun FrameLayout.replace(child: View?) {
        removeAllViews()
        child?.let(::addView)
    }

    private fun bar(standing: Standing?): View {
        val title = activity.text(activity.getString(R.string.today_title), R.dimen.text_title, medium = true)
        val day = activity.text(standing?.let { words.day(it.now) }.orEmpty(), R.dimen.text_second, R.color.ink2)
        val bar = activity.row(title).padded(16, 4)
        bar.minimumHeight = activity.dp(56)
        bar.addView(day, rest().apply { marginStart = activity.dp(12) })
        val unsent = standing?.status?.unsent?.toInt() ?: 0
        if (unsent > 0) bar.addView(pill(unsent))
        return bar
    }

    private fun pill(unsent: Int): View {
        val chip = activity.chip(activity.getString(R.string.unsent_count, unsent), R.drawable.ic_tray_up, Tone.SLATE)
        chip.minHeight = activity.dp(32)
        return FrameLayout(activity).apply {
            id = R.id.unsent
            background = activity.touchable(null)
            minimumHeight = activity.dp(48)
            contentDescription = chip.text
            isFocusable = true
            val place = FrameLayout.LayoutParams(FrameLayout.LayoutParams.WRAP_CONTENT, FrameLayout.LayoutParams.WRAP_CONTENT, Gravity.CENTER)
            chip.importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO
            addView(chip, place)
            setOnClickListener { openSync() }
        }
    }

    private fun strip(standing: Standing): View? {
        val synced = standing.status.tenants.mapNotNull { it.syncedAt }.minOrNull()
        val syncing = standing.syncing
        return when {
            syncing is Syncing.Running && synced == null ->
                activity.strip(activity.getString(R.string.today_receiving, syncing.progress?.received?.toInt() ?: 0), R.drawable.ic_sync)
            !standing.online && synced == null -> activity.strip(activity.getString(R.string.offline_never), R.drawable.ic_offline)
            !standing.online -> activity.strip(activity.getString(R.string.offline_strip, words.moment(synced!!, standing.now)), R.drawable.ic_offline)
            synced != null && standing.now - synced > STALE ->
                activity.strip(activity.getString(R.string.stale_strip, ((standing.now - synced) / DAY).toInt()), R.drawable.ic_sync)
            else -> null
        }
    }

    /** The rows: a heading for each stairway, and its doors. */
    private inner class Doors : BaseAdapter() {
        private var rows: List<Any> = emptyList()
        private var now = 0L

        fun show(standing: Standing) {
            now = standing.now
            rows = standing.groups.flatMap { listOf(it) + it.doors }
            notifyDataSetChanged()
        }

        override fun getCount() = rows.size

        override fun getItem(position: Int) = rows[position]

        override fun getItemId(position: Int) = position.toLong()

        override fun getViewTypeCount() = 2

        override fun getItemViewType(position: Int) = if (rows[position] is DueView) 1 else 0

        override fun isEnabled(position: Int) = false

        override fun areAllItemsEnabled() = false

        override fun getView(position: Int, old: View?, parent: ViewGroup): View {
            val item = rows[position]
            if (item is DoorGroup) return (old as? StairwayTitle ?: StairwayTitle()).apply { show(item) }
            val row = old as? DoorRow ?: DoorRow(activity, words, open, visit)
            val first = rows.getOrNull(position - 1) !is DueView
            val last = rows.getOrNull(position + 1) !is DueView
            row.show(item as DueView, now, first, last)
            return row
        }
    }

    /** The heading of a stairway: its name, and how many of its doors are due. */
    private inner class StairwayTitle : LinearLayout(activity) {
        private val name = activity.text("", R.dimen.text_second, R.color.ink, medium = true)
        private val counts = activity.text("", R.dimen.text_chip, R.color.ink2)

        init {
            gravity = Gravity.BOTTOM
            minimumHeight = activity.dp(48)
            setPadding(0, activity.dp(16), 0, activity.dp(8))
            addView(name, rest())
            addView(counts, activity.loose(start = 12))
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) isAccessibilityHeading = true
        }

        fun show(group: DoorGroup) {
            // 其他 is the core's word for addresses without a building; it has it in Chinese alone.
            name.text = if (group.building.isEmpty()) activity.getString(R.string.today_no_building) else group.name
            val due = activity.getString(R.string.today_due, group.due)
            counts.text = if (group.overdue > 0) activity.getString(R.string.today_due_overdue, due, group.overdue) else due
        }
    }

    private companion object {
        const val ORDER_HEIGHT = 48
        val ORDERS = listOf(DoorOrder.WAY to R.string.today_order_way, DoorOrder.URGENCY to R.string.today_order_urgency)
        val DAY = TimeUnit.DAYS.toSeconds(1)
        val STALE = DAY
    }
}
