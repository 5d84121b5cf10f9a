package cn.gridwalk.app

import android.content.ClipboardManager
import android.content.Intent
import android.os.Bundle
import android.text.Editable
import android.text.InputType
import android.text.TextWatcher
import android.util.TypedValue
import android.view.Gravity
import android.widget.EditText
import cn.gridwalk.app.design.bottomBar
import cn.gridwalk.app.design.card
import cn.gridwalk.app.design.column
import cn.gridwalk.app.design.dp
import cn.gridwalk.app.design.fact
import cn.gridwalk.app.design.loose
import cn.gridwalk.app.design.mainButton
import cn.gridwalk.app.design.padded
import cn.gridwalk.app.design.panel
import cn.gridwalk.app.design.sideButton
import cn.gridwalk.app.design.text
import cn.gridwalk.app.design.textButton
import cn.gridwalk.app.design.wide
import cn.gridwalk.bindings.GridwalkException
import cn.gridwalk.bindings.InviteView
import cn.gridwalk.bindings.readInvite

/** Joining a community: the privacy notice first, then a link, what it says, and a button. */
class EnrolActivity : Screen() {
    /** The link so far: opened, pasted or typed. */
    private var link = ""

    /** What went wrong with it, in words. */
    private var trouble: String? = null
    private val joining get() = session.enrolling != null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        link = state?.getString(LINK) ?: intent.dataString.orEmpty()
        act { if (session.consent.given()) showLink() else showConsent() }
        // Begun before the screen was turned.
        if (joining) join()
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        intent.dataString?.let { opened ->
            link = opened
            act { if (session.consent.given()) showLink() }
        }
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        state.putString(LINK, link)
    }

    private fun showConsent() {
        val decline = textButton(getString(R.string.consent_decline), ::finish)
        val agree = mainButton(getString(R.string.consent_agree)) {
            act {
                session.consent.give()
                showLink()
            }
        }
        page(getString(R.string.consent_title), privacyNotice(), bottomBar(agree, decline), back = null)
    }

    private fun showLink() {
        val invite = if (link.isBlank()) null else read()
        if (invite == null) showField() else showInvite(invite)
    }

    private fun read(): InviteView? =
        try {
            readInvite(link).also { trouble = null }
        } catch (e: GridwalkException) {
            trouble = words.error(e)
            null
        }

    private fun showField() {
        val field = EditText(this).apply {
            hint = getString(R.string.enrol_hint)
            setHintTextColor(getColor(R.color.ink3))
            setTextColor(getColor(R.color.ink))
            setTextSize(TypedValue.COMPLEX_UNIT_PX, resources.getDimension(R.dimen.text_body))
            inputType = InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_FLAG_MULTI_LINE or InputType.TYPE_TEXT_VARIATION_URI
            // Whoever has the link can enrol.
            imeOptions = android.view.inputmethod.EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING
            importantForAutofill = android.view.View.IMPORTANT_FOR_AUTOFILL_NO
            isSaveEnabled = false
            gravity = Gravity.TOP
            minLines = 3
            maxLines = 6
            background = panel(R.color.card, edge = R.color.edge)
            padded(12, 12)
            setText(link)
            addTextChangedListener(Typed { typed ->
                link = typed
                // A whole link needs no further tap.
                if (typed.startsWith(SCHEME) && read() != null) showLink()
            })
        }
        val label = text(getString(R.string.enrol_link), R.dimen.text_second, R.color.ink2, medium = true)
        label.labelFor = field.apply { id = android.R.id.edit }.id
        val body = column(label)
        body.addView(field, wide().apply { topMargin = dp(8) })
        trouble?.let { body.addView(text(it, R.dimen.text_second, R.color.red), loose(top = 8)) }
        body.addView(text(getString(R.string.enrol_once), R.dimen.text_second, R.color.ink2), loose(top = 12))
        page(getString(R.string.enrol_title), body, bottomBar(mainButton(getString(R.string.enrol_paste), ::paste)), back = null)
    }

    private fun paste() {
        val clip = getSystemService(ClipboardManager::class.java).primaryClip
        val pasted = clip?.takeIf { it.itemCount > 0 }?.getItemAt(0)?.text?.toString()?.trim().orEmpty()
        if (pasted.isEmpty()) return say(getString(R.string.enrol_nothing_to_paste))
        link = pasted
        showLink()
    }

    private fun showInvite(invite: InviteView) {
        val reads = invite.audiences.map(words::reads).distinct().joinToString("\n") { "· $it" }
        val facts = card(
            fact(getString(R.string.enrol_community), invite.tenant),
            fact(getString(R.string.enrol_role), words.role(invite.role)),
            fact(getString(R.string.enrol_reads), reads),
            fact(getString(R.string.enrol_hub), invite.hub),
        )
        val body = column(facts.apply { layoutParams = wide() })
        trouble?.let { body.addView(text(it, R.dimen.text_second, R.color.red), loose(top = 12)) }
        body.addView(text(getString(R.string.enrol_once), R.dimen.text_second, R.color.ink2), loose(top = 12))
        val join = mainButton(getString(if (joining) R.string.enrol_joining else R.string.enrol_join), ::join)
        join.isEnabled = !joining
        val other = textButton(getString(R.string.enrol_other)) {
            link = ""
            trouble = null
            showLink()
        }
        page(getString(R.string.enrol_title), body, bottomBar(join, other), back = null)
    }

    private fun join() {
        act {
            val joined = session.enrol(link.trim())
            showLink()
            joined.await()
            session.enrolled()
            session.sync()
            SyncJob.nowAndThen(this)
            startActivity(Intent(this, MainActivity::class.java))
            finish()
        }
    }

    override fun failed(failure: Throwable) {
        session.enrolled()
        val invite = read()
        trouble = words.error(failure)
        if (invite == null) showField() else showInvite(invite)
    }

    /** Hears what is typed. */
    private class Typed(private val heard: (String) -> Unit) : TextWatcher {
        override fun beforeTextChanged(text: CharSequence?, start: Int, count: Int, after: Int) = Unit

        override fun onTextChanged(text: CharSequence?, start: Int, before: Int, count: Int) = Unit

        override fun afterTextChanged(text: Editable) = heard(text.toString())
    }

    private companion object {
        const val LINK = "link"
        const val SCHEME = "gridwalk://"
    }
}
