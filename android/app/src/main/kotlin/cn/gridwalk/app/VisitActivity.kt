package cn.gridwalk.app

import android.content.Context
import android.content.Intent
import android.os.Bundle
import android.text.Editable
import android.text.InputType
import android.text.TextWatcher
import android.util.TypedValue
import android.view.Gravity
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.ScrollView
import android.widget.TextView
import cn.gridwalk.app.design.Choice
import cn.gridwalk.app.design.bottomBar
import cn.gridwalk.app.design.column
import cn.gridwalk.app.design.dp
import cn.gridwalk.app.design.loose
import cn.gridwalk.app.design.mainButton
import cn.gridwalk.app.design.padded
import cn.gridwalk.app.design.panel
import cn.gridwalk.app.design.rest
import cn.gridwalk.app.design.row
import cn.gridwalk.app.design.sideButton
import cn.gridwalk.app.design.text
import cn.gridwalk.app.design.wide
import cn.gridwalk.bindings.DueView
import cn.gridwalk.bindings.HouseholdView
import cn.gridwalk.bindings.Id
import cn.gridwalk.bindings.RecordVisit
import cn.gridwalk.bindings.VisitResult
import cn.gridwalk.bindings.visitResults
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import org.json.JSONObject

/** A visit: the result, which nobody presets since it must be true; the purpose of last time; a note, if any. Usually two taps, then the next door. */
class VisitActivity : Screen() {
    private lateinit var household: Id

    /** Made when the form is opened: whatever happens to the form, one visit is recorded. */
    private var command: Id? = null

    /** What is filled in lies with the core from the first choice on: the app may be killed at any moment. One at a time, the last as it stands then. */
    private val keeping = Mutex()

    /** Whether what stands in the form is its draft: once an earlier draft was put back, until the visit is recorded. */
    private var isKept = false
    private val typed = Runnable { keep() }
    private val codes = visitResults().map { it.code }
    private lateinit var results: Choice
    private lateinit var purposes: Choice
    private lateinit var note: EditText
    private lateinit var missing: TextView
    private lateinit var bottom: LinearLayout
    private lateinit var under: TextView
    private val buttons = ArrayList<Button>()
    private lateinit var scroll: ScrollView
    private lateinit var where: TextView

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        household = intent.getStringExtra(HOUSEHOLD) ?: return finish()
        command = state?.getString(COMMAND)
        build()
        results.chosen = state?.getInt(RESULT, -1) ?: -1
        purposes.chosen = state?.getInt(PURPOSE) ?: session.lastPurpose
        note.setText(state?.getString(NOTE).orEmpty())
        act { begin(isNew = state == null) }
        act {
            val phone = session.phone()
            showWhere(phone.household(household))
            showButtons(phone.nextDoor(household))
        }
    }

    override fun onPause() {
        super.onPause()
        if (::note.isInitialized) keep()
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        state.putString(COMMAND, command)
        state.putInt(RESULT, results.chosen)
        state.putInt(PURPOSE, purposes.chosen)
        state.putString(NOTE, note.text.toString())
    }

    private suspend fun command(): Id = command ?: session.phone().newCommandId().also { command = it }

    /** Puts back what was filled in before the app was killed or the form was left; what was entered meanwhile stays. */
    private suspend fun begin(isNew: Boolean) {
        session.phone().draft(FORM, household)?.let { draft ->
            command = command ?: draft.command
            val body = JSONObject(draft.body)
            if (isNew) {
                if (results.chosen < 0) results.chosen = codes.indexOf(body.optString(RESULT))
                purposes.chosen = purposesRecorded().indexOf(body.optString(PURPOSE)).takeIf { it >= 0 } ?: purposes.chosen
                if (note.text.isEmpty()) note.setText(body.optString(NOTE))
            }
        }
        command()
        isKept = true
    }

    /** Keeps the form as its draft; of an empty one nothing is kept. */
    private fun keep() {
        note.removeCallbacks(typed)
        if (!isKept) return
        actToTheEnd {
            keeping.withLock {
                val phone = session.phone()
                when {
                    !isKept -> Unit
                    results.chosen < 0 && note.text.isBlank() -> phone.dropDraft(FORM, household)
                    else -> phone.saveDraft(FORM, household, command(), body())
                }
            }
        }
    }

    private fun body(): String {
        val body = JSONObject().put(PURPOSE, purposesRecorded().getOrNull(purposes.chosen).orEmpty()).put(NOTE, note.text.toString())
        codes.getOrNull(results.chosen)?.let { body.put(RESULT, it) }
        return body.toString()
    }

    private fun purposesRecorded() = resources.getStringArray(R.array.purposes_recorded)

    private fun build() {
        where = text("", R.dimen.text_second, R.color.ink2)
        missing = text(getString(R.string.visit_result_needed), R.dimen.text_second, R.color.red).apply {
            visibility = View.GONE
            accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_ASSERTIVE
        }
        results = Choice(this, codes.map(words::result), RESULT_HEIGHT).apply {
            id = R.id.results
            onChosen = {
                missing.visibility = View.GONE
                keep()
            }
        }
        purposes = Choice(this, resources.getStringArray(R.array.purposes).toList(), CHIP_HEIGHT).apply {
            id = R.id.purposes
            onChosen = { keep() }
        }
        note = EditText(this).apply {
            id = R.id.note
            hint = getString(R.string.visit_note_hint)
            setHintTextColor(getColor(R.color.ink3))
            setTextColor(getColor(R.color.ink))
            setTextSize(TypedValue.COMPLEX_UNIT_PX, resources.getDimension(R.dimen.text_body))
            // The keyboard keeps its voice key.
            inputType = InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_FLAG_MULTI_LINE or InputType.TYPE_TEXT_FLAG_CAP_SENTENCES
            importantForAutofill = View.IMPORTANT_FOR_AUTOFILL_NO
            gravity = Gravity.TOP
            minLines = 3
            background = panel(R.color.card, edge = R.color.edge)
            padded(12, 12)
            addTextChangedListener(AfterTyping {
                removeCallbacks(typed)
                postDelayed(typed, PAUSE)
            })
        }
        val body = column(where)
        // The keyboard stays closed until the note is tapped.
        body.isFocusableInTouchMode = true
        body.importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO
        body.addView(label(R.string.visit_result), loose(top = 16))
        body.addView(missing, loose(top = 4))
        body.addView(results, wide().apply { topMargin = dp(8) })
        body.addView(label(R.string.visit_purpose), loose(top = 24))
        body.addView(purposes, wide().apply { topMargin = dp(8) })
        body.addView(label(R.string.visit_note).apply { labelFor = R.id.note }, loose(top = 24))
        body.addView(note, wide().apply { topMargin = dp(8) })
        bottom = if (resources.configuration.fontScale < LARGE) row() else column()
        under = text("", R.dimen.text_chip, R.color.ink3).apply { gravity = Gravity.CENTER }
        under.layoutParams = wide().apply { topMargin = dp(8) }
        scroll = page(getString(R.string.visit_title), body, bottomBar(bottom.apply { layoutParams = wide() }, under))
        showButtons(null)
    }

    /** Where another door is due, saving leads there. */
    private fun showButtons(next: DueView?) {
        bottom.removeAllViews()
        buttons.clear()
        val save = getString(R.string.visit_save)
        if (next == null) {
            buttons += mainButton(save) { save(false) }.apply { id = R.id.save }
            under.text = getString(R.string.visit_where)
        } else {
            buttons += sideButton(save) { save(false) }.apply { id = R.id.save }
            buttons += mainButton(getString(R.string.visit_save_next)) { save(true) }.apply { id = R.id.save_next }
            under.text = getString(R.string.visit_next, listOf(next.room.ifEmpty { next.address }, next.name).filter { it.isNotEmpty() }.joinToString(" "))
        }
        val beside = bottom.orientation == LinearLayout.HORIZONTAL
        buttons.forEachIndexed { at, button ->
            button.minHeight = resources.getDimensionPixelSize(R.dimen.main_button)
            val place = if (beside) rest() else wide()
            if (at > 0) if (beside) place.marginStart = dp(8) else place.topMargin = dp(8)
            // The longer label has more room.
            if (beside && at < buttons.lastIndex) place.weight = SHORTER
            bottom.addView(button, place)
        }
    }

    private fun label(words: Int) = text(getString(words), R.dimen.text_second, R.color.ink2, medium = true)

    private fun showWhere(household: HouseholdView) {
        where.text = listOf(household.address, household.residents.firstOrNull()?.name.orEmpty()).filter { it.isNotEmpty() }.joinToString(" · ")
    }

    private fun save(goOn: Boolean) {
        val chosen = results.chosen.takeIf { it >= 0 } ?: run {
            missing.visibility = View.VISIBLE
            scroll.smoothScrollTo(0, 0)
            return
        }
        saving(true)
        act {
            val purpose = purposesRecorded().getOrNull(purposes.chosen).orEmpty()
            val visit = RecordVisit(household, result(codes[chosen]), purpose, note.text.toString().trim())
            val phone = session.phone()
            keeping.withLock {
                phone.recordVisit(visit, command())
                isKept = false
            }
            session.lastPurpose = purposes.chosen
            SyncJob.soon(this)
            val next = if (goOn) phone.nextDoor(household) else null
            session.message = if (goOn && next == null) R.string.visit_saved_last else R.string.visit_saved
            next?.let { startActivity(intent(this, it.household)) }
            finish()
        }
    }

    private fun result(code: String) = VisitResult.values().first { it.name.equals(code, ignoreCase = true) }

    override fun failed(failure: Throwable) {
        saving(false)
        super.failed(failure)
    }

    private fun saving(now: Boolean) {
        buttons.forEach { it.isEnabled = !now }
        buttons.last().text = getString(if (now) R.string.visit_saving else if (buttons.size > 1) R.string.visit_save_next else R.string.visit_save)
    }

    companion object {
        /** What the core calls this form's drafts. */
        private const val FORM = "visit"
        private const val HOUSEHOLD = "household"
        private const val COMMAND = "command"
        private const val RESULT = "result"
        private const val PURPOSE = "purpose"
        private const val NOTE = "note"
        private const val RESULT_HEIGHT = 56
        private const val CHIP_HEIGHT = 48
        private const val SHORTER = 0.6f

        /** A pause of typing, in milliseconds. */
        private const val PAUSE = 1_000L

        /** From here on buttons stand one above the other. */
        private const val LARGE = 1.3f

        /** Opens the form of a visit to [household]. */
        fun intent(context: Context, household: Id): Intent = Intent(context, VisitActivity::class.java).putExtra(HOUSEHOLD, household)
    }
}

/** Hears of each change of a text. */
private class AfterTyping(private val changed: () -> Unit) : TextWatcher {
    override fun beforeTextChanged(text: CharSequence?, start: Int, count: Int, after: Int) = Unit

    override fun onTextChanged(text: CharSequence?, start: Int, before: Int, count: Int) = Unit

    override fun afterTextChanged(text: Editable?) = changed()
}
