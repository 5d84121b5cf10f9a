package cn.gridwalk.app

import android.app.Activity
import android.content.Intent
import android.view.View
import android.widget.FrameLayout
import android.widget.ScrollView
import cn.gridwalk.app.design.Tone
import cn.gridwalk.app.design.card
import cn.gridwalk.app.design.chip
import cn.gridwalk.app.design.column
import cn.gridwalk.app.design.dp
import cn.gridwalk.app.design.loose
import cn.gridwalk.app.design.padded
import cn.gridwalk.app.design.restDown
import cn.gridwalk.app.design.text
import cn.gridwalk.app.design.thinlyScrolled
import cn.gridwalk.app.design.topBar
import cn.gridwalk.app.design.wayRow
import cn.gridwalk.app.design.wide
import cn.gridwalk.bindings.TenantStatus

/** Me: who is signed in, where, and the way to what concerns the phone. */
class MePage(private val activity: Activity, private val openSync: () -> Unit) {
    private val words = Words(activity)
    private val inside = FrameLayout(activity)

    /** The whole page. */
    val view: View = activity.column(activity.topBar(activity.getString(R.string.tab_me))).apply {
        addView(ScrollView(activity).thinlyScrolled().apply { addView(inside.apply { setPadding(activity.dp(16), activity.dp(8), activity.dp(16), activity.dp(24)) }) }, restDown())
    }

    /** Shows how things stand. */
    fun show(standing: Standing) {
        val body = activity.column()
        body.addView(activity.card(*standing.status.tenants.map(::person).toTypedArray()), wide())
        body.addView(activity.card(syncRow(standing), privacyRow()), wide().apply { topMargin = activity.dp(16) })
        body.addView(activity.text(version(), R.dimen.text_chip, R.color.ink3), activity.loose(top = 16))
        inside.removeAllViews()
        inside.addView(body)
    }

    private fun person(tenant: TenantStatus): View {
        val name = tenant.personName.ifEmpty { activity.getString(R.string.me_no_name) }
        val roles = tenant.roles.map { words.role(it.role) }.distinct().joinToString("、")
        val about = listOf(tenant.tenant, roles).filter { it.isNotEmpty() }.joinToString(" · ")
        val lines = activity.column(activity.text(name, R.dimen.text_title)).padded(16, 16)
        lines.addView(activity.text(about, R.dimen.text_second, R.color.ink2), activity.loose(top = 4))
        return lines
    }

    private fun syncRow(standing: Standing): View {
        val unsent = standing.status.unsent.toInt()
        val refused = standing.status.quarantine.size
        val known = when {
            refused > 0 -> activity.chip(activity.getString(R.string.refused_count, refused), R.drawable.ic_refused, Tone.RED, filled = true)
            unsent > 0 -> activity.chip(activity.getString(R.string.unsent_count, unsent), R.drawable.ic_tray_up, Tone.SLATE)
            else -> null
        }
        return activity.wayRow(R.drawable.ic_sync, activity.getString(R.string.me_sync), known, openSync)
    }

    private fun privacyRow() = activity.wayRow(R.drawable.ic_shield, activity.getString(R.string.me_privacy), null) {
        activity.startActivity(Intent(activity, PrivacyActivity::class.java))
    }

    private fun version(): String {
        val name = activity.packageManager.getPackageInfo(activity.packageName, 0).versionName
        return "${activity.getString(R.string.me_version)} $name"
    }
}
