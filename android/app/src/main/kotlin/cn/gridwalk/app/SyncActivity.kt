package cn.gridwalk.app

import android.os.Bundle
import android.view.View
import android.widget.LinearLayout
import cn.gridwalk.app.design.Tone
import cn.gridwalk.app.design.bottomBar
import cn.gridwalk.app.design.card
import cn.gridwalk.app.design.chip
import cn.gridwalk.app.design.column
import cn.gridwalk.app.design.dp
import cn.gridwalk.app.design.fact
import cn.gridwalk.app.design.flow
import cn.gridwalk.app.design.heading
import cn.gridwalk.app.design.loose
import cn.gridwalk.app.design.mainButton
import cn.gridwalk.app.design.padded
import cn.gridwalk.app.design.picture
import cn.gridwalk.app.design.rest
import cn.gridwalk.app.design.row
import cn.gridwalk.app.design.sideButton
import cn.gridwalk.app.design.text
import cn.gridwalk.app.design.wide
import cn.gridwalk.bindings.ErrorKind
import cn.gridwalk.bindings.GridwalkException
import cn.gridwalk.bindings.Quarantined
import cn.gridwalk.bindings.Status
import cn.gridwalk.bindings.SyncReport
import cn.gridwalk.core.Gridwalk
import cn.gridwalk.core.watch
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.merge
import org.json.JSONObject

/** Where the records are: what is not uploaded, what was not accepted and why, when the last sync was, and the button for one. */
class SyncActivity : Screen() {
    /** How things stand at [now], in seconds since the Unix epoch (UTC); what was refused, each with what it was. */
    private class Standing(val status: Status, val now: Long, val refused: List<Pair<Quarantined, String>>)

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        whileSeen {
            val phone = session.phone()
            val ended = session.syncing.filter { it !is Syncing.Running }.map { }
            val readings = merge(phone.watch { }, ended).conflate().map {
                val status = phone.status()
                Standing(status, phone.now(), status.quarantine.map { it to what(phone, it) })
            }
            combine(readings, session.syncing) { standing, syncing -> standing to syncing }.collect { (standing, syncing) -> render(standing, syncing) }
        }
    }

    /** What was entered, in words: of a visit whose household is here where it was and how it ended. Notes are for those who open it. */
    private suspend fun what(phone: Gridwalk, record: Quarantined): String {
        if (record.command != VISIT) return ""
        val entered = JSONObject(record.input)
        val address =
            try {
                phone.household(entered.getString("household")).address
            } catch (e: GridwalkException.Failed) {
                if (e.kind == ErrorKind.NOT_FOUND) "" else throw e
            }
        return listOf(getString(R.string.visit_title), address, words.result(entered.getString("result"))).filter { it.isNotEmpty() }.joinToString(" · ")
    }

    private fun render(standing: Standing, syncing: Syncing) {
        val (status, now) = standing.status to standing.now
        val body = column()
        body.addView(card(state(status, syncing)), wide())
        val facts = status.tenants.flatMap { tenant ->
            val last = tenant.syncedAt?.let { words.moment(it, now) } ?: getString(R.string.sync_never)
            listOf(fact(getString(R.string.sync_last), last), fact(getString(R.string.sync_hub), tenant.hub))
        }
        val documents = fact(getString(R.string.sync_documents), getString(R.string.sync_documents_count, status.documents.toInt()))
        body.addView(card(*facts.toTypedArray(), documents), wide().apply { topMargin = dp(16) })
        if (standing.refused.isNotEmpty()) {
            body.addView(heading(getString(R.string.sync_refused, standing.refused.size)))
            body.addView(card(*standing.refused.map { (record, what) -> refused(record, what, now) }.toTypedArray()), wide())
        }
        val running = syncing is Syncing.Running
        val button = mainButton(getString(R.string.sync_now)) { session.sync() }.apply {
            id = R.id.sync_now
            isEnabled = !running
        }
        page(getString(R.string.sync_title), body, bottomBar(button))
    }

    private fun state(status: Status, syncing: Syncing): LinearLayout {
        val unsent = status.unsent.toInt()
        val words = if (unsent == 0) getString(R.string.sync_all_sent) else getString(R.string.sync_unsent, unsent)
        val all = row().padded(16, 16)
        val icon = if (unsent == 0) R.drawable.ic_tray_done else R.drawable.ic_tray_up
        all.addView(picture(icon, if (unsent == 0) R.color.green else R.color.slate, 32), loose(end = 16))
        val lines = column(text(words, medium = true))
        note(status, syncing)?.let { lines.addView(it, loose(top = 4)) }
        count(R.string.sync_held, status.held)?.let { lines.addView(text(it, R.dimen.text_second, R.color.ink2), loose(top = 4)) }
        all.addView(lines, rest())
        return all
    }

    /** What there is to say of the sync under way, or of the last one. */
    private fun note(status: Status, syncing: Syncing): View? {
        val refusal = status.tenants.firstNotNullOfOrNull { it.refused }
        val (line, colour) = when {
            syncing is Syncing.Running -> {
                val unsent = (syncing.progress?.unsent ?: status.unsent).toInt()
                getString(R.string.sync_running, unsent, syncing.progress?.received?.toInt() ?: 0) to R.color.ink2
            }
            refusal != null -> words.refusal(refusal) to R.color.red
            syncing is Syncing.Failed && syncing.offline -> getString(R.string.sync_offline) to R.color.ink2
            syncing is Syncing.Failed -> words.error(syncing.failure) to R.color.red
            syncing is Syncing.Done -> done(syncing.report) to R.color.ink2
            else -> return null
        }
        return text(line, R.dimen.text_second, colour).apply { accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE }
    }

    /** What a sync did, in words: what did not happen is not named. */
    private fun done(report: SyncReport): String =
        listOfNotNull(
            getString(R.string.sync_done, report.sent.toInt(), report.received.toInt()),
            count(R.string.sync_done_refused, report.refused),
            count(R.string.sync_done_withdrawn, report.withdrawn),
        ).joinToString(getString(R.string.comma))

    private fun count(words: Int, of: ULong): String? = if (of > 0u) getString(words, of.toInt()) else null

    private fun refused(record: Quarantined, what: String, now: Long): View {
        val all = column(flow(chip(words.moment(record.at, now), R.drawable.ic_refused, Tone.RED, filled = true))).padded(16, 12)
        if (what.isNotEmpty()) all.addView(text(what), loose(top = 8))
        all.addView(text(getString(R.string.sync_reason, words.reason(record)), R.dimen.text_second, R.color.ink2), loose(top = 8))
        val again = sideButton(getString(R.string.sync_resubmit)) {
            act {
                session.phone().resubmit(record.id)
                SyncJob.soon(this)
            }
        }
        all.addView(again, loose(top = 12))
        return all
    }

    private companion object {
        /** The command of a visit, by its stable name. */
        const val VISIT = "visits.record"
    }
}
