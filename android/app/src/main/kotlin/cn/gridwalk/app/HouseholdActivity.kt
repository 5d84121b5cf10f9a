package cn.gridwalk.app

import android.content.Context
import android.content.Intent
import android.net.Uri
import android.os.Bundle
import android.view.View
import android.widget.LinearLayout
import cn.gridwalk.app.design.Tone
import cn.gridwalk.app.design.bottomBar
import cn.gridwalk.app.design.card
import cn.gridwalk.app.design.chip
import cn.gridwalk.app.design.column
import cn.gridwalk.app.design.conflictChip
import cn.gridwalk.app.design.dp
import cn.gridwalk.app.design.fact
import cn.gridwalk.app.design.flow
import cn.gridwalk.app.design.heading
import cn.gridwalk.app.design.loose
import cn.gridwalk.app.design.mainButton
import cn.gridwalk.app.design.nothing
import cn.gridwalk.app.design.padded
import cn.gridwalk.app.design.picture
import cn.gridwalk.app.design.rest
import cn.gridwalk.app.design.row
import cn.gridwalk.app.design.sideButton
import cn.gridwalk.app.design.text
import cn.gridwalk.app.design.touchable
import cn.gridwalk.app.design.unsentChip
import cn.gridwalk.app.design.wide
import cn.gridwalk.bindings.ErrorKind
import cn.gridwalk.bindings.FieldValue
import cn.gridwalk.bindings.GridwalkException
import cn.gridwalk.bindings.HouseholdView
import cn.gridwalk.bindings.Id
import cn.gridwalk.bindings.RecordView
import cn.gridwalk.bindings.ResidentView
import cn.gridwalk.bindings.VisitView
import cn.gridwalk.core.watch

/** A household: who lives there, who came when, and the button for a visit. What is sensitive is folded until it is tapped. */
class HouseholdActivity : Screen() {
    /** What was unfolded by a tap, ids and fields; folded again when the screen is left. */
    private val unfolded = HashSet<String>()
    private var shown: Facts? = null

    /** A visit, and whether the hub has not answered for it yet. */
    private class Visited(val visit: VisitView, val unsent: Boolean)

    private class Facts(val household: HouseholdView, val record: RecordView, val place: String?, val visits: List<Visited>, val now: Long)

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        val id = intent.getStringExtra(HOUSEHOLD) ?: return finish()
        whileSeen {
            session.phone().watch {
                val household = household(id)
                val visits = visitsOf(id, VISITS).map { Visited(it, record(it.id).unsent) }
                Facts(household, record(id), nameOf(household.place), visits, now())
            }.collect {
                shown = it
                render()
            }
        }
    }

    override fun onStop() {
        super.onStop()
        unfolded.clear()
    }

    override fun onStart() {
        super.onStart()
        render()
    }

    override fun failed(failure: Throwable) {
        val gone = failure is GridwalkException.Failed && failure.kind == ErrorKind.NOT_FOUND
        page("", nothing(R.drawable.ic_moved, if (gone) getString(R.string.household_gone) else words.error(failure), null))
    }

    private fun render() {
        val facts = shown ?: return
        val body = column()
        body.addView(card(about(facts), *further(facts.household.fields, "").toTypedArray()), wide())
        val residents = facts.household.residents
        body.addView(heading(getString(R.string.household_residents, residents.size)))
        val people = residents.flatMap { listOf(person(it, facts.now), tags(it)) + further(it.fields, it.id) }
        body.addView(if (residents.isEmpty()) card(plain(R.string.household_no_residents)) else card(*people.toTypedArray()), wide())
        body.addView(heading(getString(R.string.household_visits)))
        val visits = facts.visits.map { visit(it, facts.now) }
        body.addView(if (visits.isEmpty()) card(plain(R.string.household_no_visits)) else card(*visits.toTypedArray()), wide())
        val button = mainButton(getString(R.string.today_visit)) { startActivity(VisitActivity.intent(this, facts.household.id)) }
        page(facts.household.address, body, bottomBar(button.apply { id = R.id.visit }))
    }

    private fun about(facts: Facts): View {
        val household = facts.household
        val chips = flow(
            chip(words.state(household.state), R.drawable.ic_household, Tone.SLATE),
            facts.place?.let { chip(it, R.drawable.ic_people, Tone.SLATE) },
            if (facts.record.unsent) unsentChip() else null,
            if (facts.record.conflict) conflictChip() else null,
        )
        val lines = listOfNotNull(
            household.visitEveryDays?.let { getString(R.string.household_rhythm, it) },
            household.tenure.ifEmpty { null }?.let { getString(R.string.household_tenure, it) },
        )
        val all = column().padded(16, 16)
        all.addView(chips, wide())
        lines.forEach { all.addView(text(it, R.dimen.text_second, R.color.ink2), loose(top = 8)) }
        return all
    }

    private fun person(resident: ResidentView, now: Long): View {
        val about = listOfNotNull(
            resident.relation.ifEmpty { null },
            words.age(resident.birth, now),
            resident.state.takeIf { it != LIVING && it.isNotEmpty() }?.let(words::state),
        ).joinToString(" · ")
        val lines = column(text(resident.name))
        if (about.isNotEmpty()) lines.addView(text(about, R.dimen.text_second, R.color.ink2), loose(top = 4))
        val whole = row().padded(16, 12)
        whole.minimumHeight = dp(72)
        whole.addView(lines, rest())
        if (resident.phone.isNotEmpty()) {
            val call = sideButton(getString(R.string.household_call)) { call(resident.phone) }
            call.contentDescription = getString(R.string.household_call_whom, resident.name)
            whole.addView(call, loose(start = 12))
        }
        return whole
    }

    /** Residents may read this screen: what a person is marked with is shown on a tap. */
    private fun tags(resident: ResidentView): View? {
        if (resident.tags.isEmpty()) return null
        if (resident.id in unfolded) return text(resident.tags.joinToString("  "), R.dimen.text_second).padded(16, 14)
        return folded(getString(R.string.household_tags, resident.tags.size), resident.id)
    }

    /** What the dictionary has beyond the fields above, and what only a newer one knows; [of] tells residents' fields apart. */
    private fun further(fields: List<FieldValue>, of: String): List<View> = fields.map { field ->
        val what = "$of/${field.key}"
        if (field.sensitive && what !in unfolded) folded(getString(R.string.household_folded, words.label(field)), what) else fact(words.label(field), words.value(field))
    }

    private fun visit(visited: Visited, now: Long): View {
        val visit = visited.visit
        val head = listOf(words.moment(visit.at, now), words.result(visit.result)).joinToString(" · ")
        val about = listOf(visit.byName, visit.purpose).filter { it.isNotEmpty() }.joinToString(" · ")
        val lines = column(text(head))
        if (about.isNotEmpty()) lines.addView(text(about, R.dimen.text_second, R.color.ink2), loose(top = 4))
        val chips = listOfNotNull(
            if (visited.unsent) unsentChip() else null,
            if (visit.enteredLater) chip(getString(R.string.entered_later), R.drawable.ic_later, Tone.SLATE) else null,
            // What no hub can ever confirm does not wait for one.
            when {
                visit.unknowable -> chip(getString(R.string.unknowable), R.drawable.ic_clock_unsure, Tone.SLATE)
                visit.unanchored -> chip(getString(R.string.unanchored), R.drawable.ic_clock_unsure, Tone.PLUM)
                else -> null
            },
        )
        if (chips.isNotEmpty()) lines.addView(flow(*chips.toTypedArray()), wide().apply { topMargin = dp(8) })
        lines.padded(16, 12)
        if (visit.note.isEmpty()) return lines
        val note = if (visit.id in unfolded) text(visit.note, R.dimen.text_second).padded(16, 12) else folded(getString(R.string.household_note), visit.id)
        return column(lines, note)
    }

    private fun folded(words: String, what: String): LinearLayout =
        row().apply {
            padded(16, 8)
            minimumHeight = dp(48)
            background = touchable(null)
            isFocusable = true
            addView(picture(R.drawable.ic_eye, R.color.ink3, 20), loose(end = 8))
            addView(text(words, R.dimen.text_second, R.color.ink2), rest())
            setOnClickListener {
                unfolded += what
                render()
            }
        }

    private fun plain(words: Int) = text(getString(words), R.dimen.text_second, R.color.ink2).padded(16, 16)

    private fun call(number: String) = startActivity(Intent(Intent.ACTION_DIAL, Uri.fromParts("tel", number, null)))

    companion object {
        private const val HOUSEHOLD = "household"
        private const val LIVING = "living"
        private const val VISITS = 3

        /** Opens the card of [household]. */
        fun intent(context: Context, household: Id): Intent = Intent(context, HouseholdActivity::class.java).putExtra(HOUSEHOLD, household)
    }
}
