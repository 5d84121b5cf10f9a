package cn.gridwalk.app

import android.content.Intent
import android.os.Bundle
import android.widget.FrameLayout
import cn.gridwalk.app.design.Tab
import cn.gridwalk.app.design.column
import cn.gridwalk.app.design.restDown
import cn.gridwalk.app.design.tabs
import cn.gridwalk.app.design.wide
import cn.gridwalk.bindings.DoorGroup
import cn.gridwalk.bindings.DoorOrder
import cn.gridwalk.bindings.DueView
import cn.gridwalk.bindings.Status
import cn.gridwalk.core.Gridwalk
import cn.gridwalk.core.watch
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.merge
import java.util.concurrent.TimeUnit

/** What the tabs show. */
class Standing(
    /** The doors that are due, by stairway. */
    val groups: List<DoorGroup>,
    val status: Status,
    /** Seconds since the Unix epoch (UTC). */
    val now: Long,
    val online: Boolean,
    val syncing: Syncing,
)

/** The tabs: today, and me. */
class MainActivity : Screen() {
    private val order = MutableStateFlow(DoorOrder.WAY)
    private val today by lazy { TodayPage(this, ::open, ::visit, ::openSync, order) }
    private val me by lazy { MePage(this, ::openSync) }
    private var tab = 0
    private var standing: Standing? = null
    private lateinit var body: FrameLayout
    private lateinit var bar: FrameLayout

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        tab = state?.getInt(TAB) ?: 0
        order.value = DoorOrder.values()[state?.getInt(ORDER) ?: DoorOrder.WAY.ordinal]
        today.scrollTo = state?.getInt(SCROLLED) ?: 0
        body = FrameLayout(this)
        bar = FrameLayout(this)
        val all = column()
        all.addView(body, restDown())
        all.addView(bar, wide())
        show(all)
        choose(tab)
        whileSeen {
            if (!session.consent.given()) return@whileSeen enrol()
            val phone = session.phone()
            if (phone.status().tenants.isEmpty()) return@whileSeen enrol()
            standings(phone).collect { show(it) }
        }
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        state.putInt(TAB, tab)
        state.putInt(ORDER, order.value.ordinal)
        state.putInt(SCROLLED, today.scrolled)
    }

    private fun standings(phone: Gridwalk): Flow<Standing> {
        // The end of a sync changes what no table holds: when it was.
        val ended = session.syncing.filter { it !is Syncing.Running }.map { }
        val readings = merge(phone.watch { }, ended, order.map { }).conflate().map { Triple(phone.todayGroups(order.value), phone.status(), phone.now()) }
        return combine(readings, session.online, session.syncing) { (groups, status, now), online, syncing -> Standing(groups, status, now, online, syncing) }
    }

    private fun show(standing: Standing) {
        val first = this.standing == null
        this.standing = standing
        today.show(standing)
        me.show(standing)
        if (first && standing.online && standing.syncing !is Syncing.Running) syncIfOld(standing)
    }

    /** In the foreground the news are fetched when one comes back after a while. */
    private fun syncIfOld(standing: Standing) {
        val synced = standing.status.tenants.mapNotNull { it.syncedAt }.minOrNull()
        if (synced == null || standing.now - synced > FRESH) session.sync()
    }

    private fun choose(chosen: Int) {
        tab = chosen
        val all = listOf(Tab(R.drawable.ic_today, getString(R.string.tab_today)), Tab(R.drawable.ic_me, getString(R.string.tab_me)))
        body.removeAllViews()
        body.addView(if (chosen == 0) today.view else me.view)
        bar.removeAllViews()
        bar.addView(tabs(all, chosen, ::choose))
    }

    private fun enrol() {
        startActivity(Intent(this, EnrolActivity::class.java))
        finish()
    }

    private fun open(door: DueView) = startActivity(HouseholdActivity.intent(this, door.household))

    private fun visit(door: DueView) = startActivity(VisitActivity.intent(this, door.household))

    private fun openSync() = startActivity(Intent(this, SyncActivity::class.java))

    private companion object {
        const val TAB = "tab"
        const val ORDER = "order"
        const val SCROLLED = "scrolled"
        val FRESH = TimeUnit.MINUTES.toSeconds(15)
    }
}
