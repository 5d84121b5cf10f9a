package cn.gridwalk.app

import android.content.Context
import android.os.Bundle
import android.widget.LinearLayout
import cn.gridwalk.app.design.card
import cn.gridwalk.app.design.column
import cn.gridwalk.app.design.padded
import cn.gridwalk.app.design.text
import cn.gridwalk.app.design.wide
import cn.gridwalk.app.design.dp

/** The privacy notice, to be read again at any time. */
class PrivacyActivity : Screen() {
    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        page(getString(R.string.privacy_title), privacyNotice())
    }
}

/** What is collected, what for, where it lies, what is never done, and what one may ask for. */
fun Context.privacyNotice(): LinearLayout {
    val headings = resources.getStringArray(R.array.privacy_headings)
    val paragraphs = resources.getStringArray(R.array.privacy_paragraphs)
    val rows = headings.zip(paragraphs) { heading, paragraph ->
        column(
            text(heading, medium = true),
            text(paragraph, R.dimen.text_second, R.color.ink2).apply { setPadding(0, dp(4), 0, 0) },
        ).padded(16, 12)
    }
    return column(card(*rows.toTypedArray()).apply { layoutParams = wide() })
}
