package cn.gridwalk.app.design

import android.content.Context
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.ImageButton
import android.widget.ImageView
import android.widget.LinearLayout
import android.widget.TextView
import cn.gridwalk.app.R

/** The bar on top: back, if there is a way, and the title. */
fun Context.topBar(title: CharSequence, back: (() -> Unit)? = null): LinearLayout {
    val name = text(title, R.dimen.text_title, medium = back == null).apply { padded(if (back == null) 16 else 4, 8) }
    if (android.os.Build.VERSION.SDK_INT >= android.os.Build.VERSION_CODES.P) name.isAccessibilityHeading = true
    return row().apply {
        minimumHeight = dp(56)
        back?.let { addView(iconButton(R.drawable.ic_back, getString(R.string.back), it)) }
        addView(name, rest())
    }
}

/** A button of an icon alone, with what it does in words for those who hear the screen. */
fun Context.iconButton(icon: Int, label: String, act: () -> Unit): ImageButton =
    ImageButton(this).apply {
        setImageDrawable(icon(icon, R.color.ink))
        background = touchable(null)
        contentDescription = label
        layoutParams = LinearLayout.LayoutParams(dp(48), dp(48)).apply { marginStart = dp(4) }
        setOnClickListener { act() }
    }

/** The one filled button of a screen. */
fun Context.mainButton(label: CharSequence, act: () -> Unit): Button =
    button(label, R.color.on_blue, act).apply {
        background = touchable(panel(R.color.blue))
        minHeight = resources.getDimensionPixelSize(R.dimen.main_button)
    }

/** A button beside it: outlined. */
fun Context.sideButton(label: CharSequence, act: () -> Unit): Button =
    button(label, R.color.blue, act).apply {
        background = touchable(panel(R.color.card, edge = R.color.edge))
        minHeight = dp(48)
    }

/** A button of words alone. */
fun Context.textButton(label: CharSequence, act: () -> Unit): Button =
    button(label, R.color.blue, act).apply {
        background = touchable(null)
        minHeight = dp(48)
    }

private fun Context.button(label: CharSequence, ink: Int, act: () -> Unit): Button =
    Button(this, null, 0, android.R.style.Widget_Material_Button_Borderless).apply {
        text = label
        isAllCaps = false
        letterSpacing = 0f
        stateListAnimator = null
        typeface = MEDIUM
        setTextSize(android.util.TypedValue.COMPLEX_UNIT_PX, resources.getDimension(R.dimen.text_body))
        setTextColor(getColor(ink))
        minWidth = dp(64)
        minimumWidth = dp(64)
        padded(12, 4)
        setOnClickListener { act() }
    }

/** What stands at the bottom, in reach of the thumb. */
fun Context.bottomBar(vararg children: View): LinearLayout =
    column(hairline().apply { layoutParams = wide(dp(1)) }).apply {
        setBackgroundColor(getColor(R.color.card))
        addView(column(*children.onEach { it.layoutParams = it.layoutParams ?: wide() }).padded(16, 12), wide())
    }

/** A line across the screen that says how things stand; nothing in it is an alarm. */
fun Context.strip(words: CharSequence, icon: Int): TextView =
    text(words, R.dimen.text_second, R.color.slate).apply {
        gravity = Gravity.CENTER_VERTICAL
        setBackgroundColor(getColor(R.color.slate_tint))
        setCompoundDrawablesRelative(icon(icon, R.color.slate, 20), null, null, null)
        compoundDrawablePadding = dp(8)
        minHeight = dp(40)
        padded(16, 8)
        accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
    }

/** A fact: what it is, and its value. */
fun Context.fact(label: CharSequence, value: CharSequence): LinearLayout =
    column(text(label, R.dimen.text_chip, R.color.ink3), text(value).apply { setPadding(0, dp(4), 0, 0) }).padded(16, 12)

/** A row that leads somewhere: icon, words, what is to be known, and an arrow. */
fun Context.wayRow(icon: Int, label: CharSequence, known: View?, go: () -> Unit): LinearLayout =
    row().apply {
        padded(16, 8)
        minimumHeight = dp(56)
        background = touchable(null)
        isFocusable = true
        addView(picture(icon, R.color.ink2), loose(end = 16))
        addView(text(label), rest())
        known?.let { addView(it, loose(start = 8)) }
        addView(picture(R.drawable.ic_next, R.color.ink3, 20), loose(start = 8))
        setOnClickListener { go() }
    }

/** An icon that says nothing its neighbour does not say in words. */
fun Context.picture(icon: Int, tint: Int, size: Int = 24): ImageView =
    ImageView(this).apply {
        setImageDrawable(icon(icon, tint, size))
        layoutParams = ViewGroup.LayoutParams(dp(size), dp(size))
        importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO
    }

/** Why there is nothing, and what next. */
fun Context.nothing(icon: Int, why: CharSequence, next: CharSequence?): LinearLayout =
    column().apply {
        gravity = Gravity.CENTER
        padded(32, 48)
        val disc = picture(icon, R.color.ink3, 32).apply {
            background = panel(R.color.slate_tint, R.dimen.card_radius)
            padded(16, 16)
        }
        addView(disc, LinearLayout.LayoutParams(dp(64), dp(64)).apply { bottomMargin = dp(16) })
        addView(text(why, medium = true).apply { gravity = Gravity.CENTER })
        next?.let { addView(text(it, R.dimen.text_second, R.color.ink2).apply { gravity = Gravity.CENTER }, loose(top = 8)) }
    }

/** One of the tabs at the bottom. */
class Tab(val icon: Int, val label: String)

/** The tabs at the bottom; the one shown is marked by its colour, its weight and its bar. */
fun Context.tabs(all: List<Tab>, shown: Int, choose: (Int) -> Unit): LinearLayout {
    val bar = row().apply { setBackgroundColor(getColor(R.color.card)) }
    all.forEachIndexed { at, tab ->
        val here = at == shown
        val ink = if (here) R.color.blue else R.color.ink2
        val item = column().apply {
            gravity = Gravity.CENTER_HORIZONTAL
            background = touchable(null)
            isFocusable = true
            isSelected = here
            contentDescription = tab.label
            addView(View(this@tabs).apply { if (here) background = panel(R.color.blue, R.dimen.chip_radius) }, LinearLayout.LayoutParams(dp(32), dp(3)))
            addView(picture(tab.icon, ink), LinearLayout.LayoutParams(dp(24), dp(24)).apply { topMargin = dp(6) })
            val word = text(tab.label, R.dimen.text_chip, ink, medium = here)
            word.importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO
            addView(word, loose(top = 4))
            setOnClickListener { choose(at) }
        }
        bar.addView(item, rest(dp(60)))
    }
    return column(hairline().apply { layoutParams = wide(dp(1)) }, bar.apply { layoutParams = wide() })
}
